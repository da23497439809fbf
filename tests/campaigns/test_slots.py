from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns import slots
from campaigns.slots import Cap, Lane, Pace, Slot
from fluenzr.core import clock
from fluenzr.core.clock import Window

ALWAYS = Window("UTC", frozenset(range(7)), 0, 0)
OFFICE = Window("UTC", frozenset(range(5)), 9 * 60, 18 * 60)
FREE, NO_CAP = Pace(timedelta()), Cap(None, "UTC")
HOUR = timedelta(hours=1)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


MONDAY = utc(2026, 3, 2, 10)


def make_lane(**changes: Any) -> Lane:
    fields = {"window": ALWAYS, "campaign_pace": FREE, "account_pace": FREE, "account_day": NO_CAP, "plan_day": NO_CAP}
    return Lane(**(fields | changes))


def used_up(zone: str = "UTC", limit: int = 50) -> Cap:
    return Cap(limit, zone, {clock.local_date(MONDAY, zone): limit})


@pytest.mark.parametrize(
    ("lane", "expected"),
    [
        (make_lane(), Slot(MONDAY, "")),
        (make_lane(window=OFFICE), Slot(MONDAY, "")),
        (make_lane(blocked="account_error"), Slot(None, "account_error")),
        (make_lane(window=Window("UTC", frozenset(), 0, 0)), Slot(None, "window_never_opens")),
        (make_lane(window=Window("UTC", frozenset({2}), 0, 0)), Slot(utc(2026, 3, 4), "window")),
        (make_lane(retry_at=MONDAY + HOUR), Slot(MONDAY + HOUR, "account_retry")),
        (make_lane(retry_at=MONDAY - HOUR), Slot(MONDAY, "")),
        (make_lane(account_day=used_up()), Slot(utc(2026, 3, 3), "account_daily")),
        (make_lane(account_day=used_up("Asia/Tokyo")), Slot(utc(2026, 3, 2, 15), "account_daily")),
        (make_lane(plan_day=used_up()), Slot(utc(2026, 3, 3), "plan_daily")),
        (make_lane(campaign_pace=Pace(HOUR, MONDAY + HOUR)), Slot(MONDAY + HOUR, "campaign_hourly")),
        (make_lane(account_pace=Pace(HOUR, MONDAY + HOUR)), Slot(MONDAY + HOUR, "account_hourly")),
    ],
)
def test_slot_and_the_rule_that_holds_it(lane: Lane, expected: Slot) -> None:
    assert slots.slot(lane, MONDAY) == expected


def test_used_up_day_is_the_reason_although_the_night_follows() -> None:
    lane = make_lane(window=OFFICE, account_day=used_up())
    assert slots.slot(lane, MONDAY) == Slot(utc(2026, 3, 3, 9), "account_daily")


def test_closed_window_is_the_reason_although_a_pace_follows() -> None:
    lane = make_lane(window=OFFICE, campaign_pace=Pace(HOUR, utc(2026, 3, 2, 18, 5)))
    assert slots.slot(lane, utc(2026, 3, 2, 17, 59)) == Slot(utc(2026, 3, 3, 9), "window")


def test_limit_of_nothing_is_not_foreseeable() -> None:
    assert slots.slot(make_lane(account_day=Cap(0, "UTC")), MONDAY) == Slot(None, "account_daily")


def test_take_stops_at_the_end_of_its_time_and_at_its_count() -> None:
    lane = make_lane(campaign_pace=Pace(timedelta(minutes=2)))
    times, after = slots.take(lane, now=MONDAY, until=MONDAY + timedelta(minutes=5), count=100)
    assert times == [MONDAY + timedelta(minutes=minutes) for minutes in (0, 2, 4)]
    assert after.campaign_pace.next_at == MONDAY + timedelta(minutes=6)
    assert slots.take(lane, now=MONDAY, until=MONDAY + HOUR, count=2)[0] == times[:2]


def test_day_goes_on_at_local_midnight() -> None:
    lane = make_lane(account_day=Cap(2, "Europe/Paris"), campaign_pace=Pace(timedelta(minutes=1)))
    times, after = slots.take(lane, now=utc(2026, 3, 2, 22, 58), until=utc(2026, 3, 3, 12), count=100)
    assert times == [utc(2026, 3, 2, 22, 58), utc(2026, 3, 2, 22, 59), utc(2026, 3, 2, 23), utc(2026, 3, 2, 23, 1)]
    assert after.account_day.taken == {date(2026, 3, 2): 2, date(2026, 3, 3): 2}


def test_gap_between_two_is_at_least_the_least() -> None:
    assert Pace.an_hour(None, None, 90).gap == timedelta(seconds=90)
    assert Pace.an_hour(3600, None, 90).gap == timedelta(seconds=90)
    assert Pace.an_hour(None, None).gap == timedelta()


@given(st.integers(1, 200), st.floats(0, 60), st.data())
@settings(max_examples=15)
def test_no_sliding_hour_exceeds_the_limit_and_nearly_all_is_used(limit: int, late: float, data: st.DataObject) -> None:
    lane = make_lane(campaign_pace=Pace.an_hour(limit, None))
    times, _after = slots.take(lane, now=MONDAY, until=MONDAY + 3 * HOUR, count=10_000)
    seed = data.draw(st.randoms(use_true_random=False))
    sent = sorted(at + timedelta(seconds=seed.uniform(0, late)) for at in times)
    for number, at in enumerate(sent[limit:]):
        assert at - sent[number] > HOUR
    assert len(times) >= 0.95 * 3 * limit


@given(
    st.sampled_from(sorted(clock.zone_names())),
    st.integers(0, 7 * 365 * 24),
    st.integers(1, 20),
    st.integers(0, 23),
    st.integers(1, 24),
)
@settings(max_examples=30)
def test_daily_limit_holds_on_every_local_day(zone: str, hours: int, limit: int, start: int, end: int) -> None:
    window = Window(zone, frozenset(range(7)), start * 60, end * 60)
    lane = make_lane(window=window, account_day=Cap(limit, zone), campaign_pace=Pace(timedelta(minutes=7)))
    begin = utc(2024, 1, 1) + timedelta(hours=hours)
    times, _after = slots.take(lane, now=begin, until=begin + timedelta(days=3), count=200)
    assert max(Counter(clock.local_date(at, zone) for at in times).values()) <= limit
    assert [at for at in times if not window.is_open(at)] == []
    assert times == sorted(set(times))


@given(
    limit=st.none() | st.integers(1, 200),
    daily=st.none() | st.integers(0, 30),
    start=st.integers(0, 22),
    hours=st.integers(1, 30),
    count=st.integers(1, 60),
)
def test_slots_taken_together_are_those_taken_one_by_one(
    limit: int | None, daily: int | None, start: int, hours: int, count: int
) -> None:
    window = Window("Europe/Paris", frozenset(range(5)), start * 60, start * 60 + 90)
    lane = make_lane(window=window, account_pace=Pace.an_hour(limit, None), account_day=Cap(daily, "Asia/Tokyo"))
    until = MONDAY + hours * HOUR
    together, after = slots.take(lane, now=MONDAY, until=until, count=count)
    one_by_one, alone = [], lane
    while len(one_by_one) < count and (at := slots.slot(alone, MONDAY).at) is not None and at <= until:
        one_by_one.append(at)
        alone = alone.use(at)
    assert (together, after) == (one_by_one, alone)
