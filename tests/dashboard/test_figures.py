from datetime import UTC, datetime, timedelta

import pytest

from campaigns.models import Campaign, Tally
from fluenzr.dashboard import figures
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_account, make_campaign, make_workspace

pytestmark = pytest.mark.django_db


def tally(campaign: Campaign, at: datetime, **counts: int) -> None:
    account = campaign.lanes.get().account_id
    Tally.objects.create(
        workspace=campaign.workspace, campaign=campaign, node="mail_1", account=account, slot=at, **counts
    )


def test_month_goes_by_local_days() -> None:
    campaign = make_campaign(make_workspace(timezone="Asia/Tokyo"))
    # 15:00 UTC is midnight in Tokyo.
    tally(campaign, datetime(2026, 3, 1, 14, 45, tzinfo=UTC), sent=3, opened=1)
    tally(campaign, datetime(2026, 3, 1, 15, 0, tzinfo=UTC), sent=5)
    tally(campaign, NOW - timedelta(days=31), sent=100)

    month = figures.month(campaign.workspace, now=NOW)

    assert [list(one.values[-2:]) for one in month.chart.series] == [[3, 5], [1, 0], [0, 0]]
    assert [(row.total, row.rate) for row in month.rows] == [(8, None), (1, 12.5), (0, 0.0)]
    assert len(month.chart.labels) == 30


def test_rate_over_nothing_is_unknown(workspace: Workspace) -> None:
    assert [row.rate for row in figures.month(workspace, now=NOW).rows] == [None, None, None]


def test_sendings_count_the_day_of_the_account() -> None:
    workspace = make_workspace(timezone="UTC")
    account = make_account(workspace, timezone="Asia/Tokyo", daily_limit=40)
    campaign = make_campaign(workspace, account=account)
    tally(campaign, datetime(2026, 3, 1, 14, 45, tzinfo=UTC), sent=3)
    tally(campaign, datetime(2026, 3, 1, 15, 0, tzinfo=UTC), sent=5)

    (sending,) = figures.sendings(workspace, accounts=[account], tomorrow={account.pk: 7}, now=NOW)

    assert (sending.sent, sending.tomorrow, sending.cap) == (5, 7, 40)
