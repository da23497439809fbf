from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.enums import CampaignStatus, Phase
from campaigns.models import Campaign, CampaignAccount, Enrolment
from fluenzr.dashboard import tomorrow
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces.models import Workspace
from tests.builders import make_account, make_running

pytestmark = pytest.mark.django_db

# A Monday.
MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def running(account: Account, people: int, *, due: datetime = MORNING, **fields: Any) -> Campaign:
    """A campaign that runs, with so many people whose mail is due."""
    options = {"timezone": "UTC", **fields}
    campaign = make_running(account.workspace, people=people, account=account, **options)
    Enrolment.objects.filter(campaign=campaign).update(phase=Phase.MAIL, next_run_at=due)
    return campaign


def found(*accounts: Account, now: datetime = MORNING) -> list[int]:
    counts = tomorrow.sends(accounts[0].workspace, accounts=accounts, now=now)
    return [counts.get(account.pk, 0) for account in accounts]


def test_what_leaves_today_is_not_counted(workspace: Workspace) -> None:
    account = make_account(workspace)
    running(account, 3)
    running(account, 2, due=MORNING + timedelta(days=1))
    running(account, 1, due=MORNING + timedelta(days=2))

    assert found(account) == [2]


def test_what_the_cap_of_today_holds_back_leaves_tomorrow_up_to_that_cap(workspace: Workspace) -> None:
    account = make_account(workspace, daily_limit=2, timezone="UTC", count_date=MORNING.date(), count_today=1)
    running(account, 6)

    assert found(account) == [2]


def test_campaigns_share_the_cap_of_their_account(workspace: Workspace) -> None:
    account = make_account(workspace, daily_limit=3, timezone="UTC")
    for _number in range(2):
        running(account, 4, due=MORNING + timedelta(days=1))

    assert found(account) == [3]


def test_sending_hours_and_paces_hold(workspace: Workspace) -> None:
    account = make_account(workspace)
    hours = {"send_hours_start": 9, "send_hours_end": 11, "max_emails_per_hour": 2}
    # Of Monday's two hours nothing is left at 18:00.
    running(account, 9, **hours)

    assert found(account, now=MORNING + timedelta(hours=10)) == [4]
    assert found(account, now=MORNING + timedelta(days=3)) == [4]
    # Saturday is no day of work.
    Campaign.objects.update(send_days=["monday"])
    assert found(account, now=MORNING + timedelta(hours=10)) == [0]


def test_people_without_an_account_are_shared_out(workspace: Workspace) -> None:
    one, two = make_account(workspace), make_account(workspace)
    campaign = running(one, 3, due=MORNING + timedelta(days=1))
    CampaignAccount.objects.create(workspace=workspace, campaign=campaign, account=two, position=1)
    Enrolment.objects.update(account=None)

    assert found(one, two) == [2, 1]


def test_paused_campaigns_and_broken_accounts_send_nothing(workspace: Workspace) -> None:
    account, broken = make_account(workspace), make_account(workspace, status="error")
    running(account, 2, due=MORNING + timedelta(days=1))
    running(broken, 2, due=MORNING + timedelta(days=1))
    Campaign.objects.filter(lanes__account=account).update(status=CampaignStatus.PAUSED)

    assert found(account, broken) == [0, 0]


def test_other_workspaces_are_left_out(workspace: Workspace, other_workspace: Workspace) -> None:
    theirs = make_account(other_workspace)
    running(theirs, 2, due=MORNING + timedelta(days=1))

    assert tomorrow.sends(workspace, accounts=[theirs], now=MORNING) == {}


def test_queries_do_not_grow(workspace: Workspace) -> None:
    account = make_account(workspace)

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            found(account)
        return len(caught)

    running(account, 1)
    one = queries()
    running(account, 3)
    running(account, 3)

    assert queries() == one == 2
