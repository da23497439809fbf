from datetime import UTC, datetime

import pytest

from campaigns import periods, timeline
from campaigns.models import Campaign, Tally
from campaigns.models.event import ALL_TIME
from fluenzr.core.errors import Invalid
from fluenzr.workspaces.models import Workspace
from tests.builders import make_campaign

NOW = datetime(2025, 1, 17, 15, 0, tzinfo=UTC)


@pytest.fixture
def campaign(workspace: Workspace) -> Campaign:
    return make_campaign(workspace, timezone="Europe/Paris", started_at=datetime(2025, 1, 16, 8, 0, tzinfo=UTC))


def count(campaign: Campaign, slot: datetime, node: str = "mail_1", **counts: int) -> None:
    Tally.objects.create(workspace=campaign.workspace, campaign=campaign, node=node, slot=slot, **counts)


def points(campaign: Campaign, interval: str, since: str | None, until: str | None) -> list[tuple[str, int]]:
    period = periods.parse(since=since, until=until, zone=campaign.timezone)
    return [
        (point["date"], point["sent"])
        for point in timeline.buckets(campaign, period=period, interval=interval, now=NOW)
    ]


def test_buckets_by_day_have_every_count_and_the_seeds_keys_first(campaign: Campaign) -> None:
    count(campaign, datetime(2025, 1, 16, 9, 0, tzinfo=UTC), sent=30, opened=10, clicked=3, bounced=1, unsubscribed=2)
    count(campaign, datetime(2025, 1, 16, 9, 15, tzinfo=UTC), sent=20, opened=8, replied=2)
    count(campaign, ALL_TIME, sent=50, opened=18, replied=2)
    period = periods.parse(since="2025-01-16", until="2025-01-16", zone="Europe/Paris")
    point = timeline.buckets(campaign, period=period, interval="day", now=NOW)[0]
    assert list(point.items()) == [
        ("date", "2025-01-16"),
        ("sent", 50),
        ("opened", 18),
        ("replied", 2),
        ("clicked", 3),
        ("bounced", 1),
        ("unsubscribed", 2),
    ]


def test_buckets_run_from_the_start_to_today_and_are_filled_with_zeros(campaign: Campaign) -> None:
    count(campaign, datetime(2025, 1, 17, 9, 0, tzinfo=UTC), sent=1)
    assert points(campaign, "day", None, None) == [("2025-01-16", 0), ("2025-01-17", 1)]


def test_buckets_are_local_days_of_the_campaigns_zone(campaign: Campaign) -> None:
    count(campaign, datetime(2025, 1, 15, 23, 0, tzinfo=UTC), sent=1)  # 00:00 on the 16th in Paris
    count(campaign, datetime(2025, 1, 16, 22, 45, tzinfo=UTC), sent=2)
    count(campaign, datetime(2025, 1, 16, 23, 0, tzinfo=UTC), sent=4)  # the 17th
    assert points(campaign, "day", "2025-01-16", "2025-01-16") == [("2025-01-16", 3)]


def test_buckets_of_a_week_are_named_by_their_monday(campaign: Campaign) -> None:
    count(campaign, datetime(2025, 1, 19, 12, 0, tzinfo=UTC), sent=1)
    count(campaign, datetime(2025, 1, 20, 12, 0, tzinfo=UTC), sent=2)
    assert points(campaign, "week", "2025-01-16", "2025-01-21") == [("2025-01-13", 1), ("2025-01-20", 2)]


def test_buckets_of_an_hour_carry_their_offset(campaign: Campaign) -> None:
    count(campaign, datetime(2025, 1, 16, 8, 45, tzinfo=UTC), sent=1)
    found = points(campaign, "hour", "2025-01-16", "2025-01-16")
    assert len(found) == 24
    assert found[9] == ("2025-01-16T09:00:00+01:00", 1)


def test_buckets_have_25_hours_when_clocks_go_back(campaign: Campaign) -> None:
    count(campaign, datetime(2025, 10, 26, 0, 30, tzinfo=UTC), sent=1)
    count(campaign, datetime(2025, 10, 26, 1, 30, tzinfo=UTC), sent=2)
    found = points(campaign, "hour", "2025-10-26", "2025-10-26")
    assert len(found) == 25
    assert found[2:4] == [("2025-10-26T02:00:00+02:00", 1), ("2025-10-26T02:00:00+01:00", 2)]


def test_buckets_follow_a_zone_of_half_hours(workspace: Workspace) -> None:
    campaign = make_campaign(workspace, timezone="Asia/Kolkata")
    count(campaign, datetime(2025, 1, 16, 3, 30, tzinfo=UTC), sent=1)
    found = points(campaign, "hour", "2025-01-16T03:45:00Z", "2025-01-16T04:00:00Z")
    assert found == [("2025-01-16T09:00:00+05:30", 0)]


def test_buckets_between_two_instants_count_whole_quarters(campaign: Campaign) -> None:
    count(campaign, datetime(2025, 1, 16, 9, 0, tzinfo=UTC), sent=1)
    count(campaign, datetime(2025, 1, 16, 9, 15, tzinfo=UTC), sent=2)
    count(campaign, datetime(2025, 1, 16, 9, 30, tzinfo=UTC), sent=4)
    assert points(campaign, "day", "2025-01-16T09:20:00Z", "2025-01-16T09:29:00Z") == [("2025-01-16", 2)]


def test_buckets_of_a_campaign_that_never_started_are_those_of_today(workspace: Workspace) -> None:
    assert points(make_campaign(workspace), "day", None, None) == [("2025-01-17", 0)]


@pytest.mark.parametrize(("interval", "until"), [("hour", "2025-02-28"), ("day", "2028-01-01"), ("week", "2099-01-01")])
def test_buckets_beyond_a_thousand_are_refused(campaign: Campaign, interval: str, until: str) -> None:
    with pytest.raises(Invalid) as error:
        points(campaign, interval, "2025-01-16", until)
    assert list(error.value.details) == ["interval"]


def test_an_unknown_interval_is_refused(campaign: Campaign) -> None:
    with pytest.raises(Invalid) as error:
        points(campaign, "month", None, None)
    assert list(error.value.details) == ["interval"]
