import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from importlib import resources
from zoneinfo import ZoneInfoNotFoundError

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fluenzr.core import clock
from fluenzr.core.clock import Window

WEEK = frozenset(range(5))
EVERY_DAY = frozenset(range(7))
QUICK = settings(max_examples=60)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


zones = st.sampled_from(sorted(clock.zone_names()))
instants = st.integers(0, 7 * 366 * 24 * 3600).map(lambda seconds: utc(2024, 1, 1) + timedelta(seconds=seconds))
minutes = st.integers(0, 24 * 60)
windows = st.builds(
    Window,
    zone=zones,
    days=st.frozensets(st.integers(0, 6), min_size=1),
    start=st.integers(0, 24 * 60 - 1),
    end=minutes,
)


def office(zone: str = "Europe/Paris", days: frozenset[int] = WEEK, start: int = 9, end: int = 18) -> Window:
    return Window(zone, days, start * 60, end * 60)


def tzdata_names() -> list[str]:
    return resources.files("tzdata").joinpath("zones").read_text().split()


def by_the_wall(window: Window, at: datetime) -> bool:
    """Whether somebody who reads the clock on the wall and the rule finds the window open."""
    local = at.astimezone(clock.zone(window.zone))
    minute, yesterday = local.hour * 60 + local.minute, local.date() - timedelta(days=1)
    if window.start < window.end:
        return local.weekday() in window.days and window.start <= minute < window.end
    if window.start == window.end:
        return local.weekday() in window.days
    evening = local.weekday() in window.days and minute >= window.start
    return evening or (yesterday.weekday() in window.days and minute < window.end)


def test_zone_data_is_the_pinned_package() -> None:
    assert zoneinfo.TZPATH == ()
    assert zoneinfo.available_timezones() == set(tzdata_names())
    assert {"Europe/Paris", "UTC", "America/Nuuk"} <= clock.zone_names()
    with pytest.raises(ZoneInfoNotFoundError):
        clock.zone("Mars/Olympus")


@QUICK
@given(windows, instants)
def test_window_is_open_by_the_clock_on_the_wall(window: Window, at: datetime) -> None:
    assert window.is_open(at) == by_the_wall(window, at)


@QUICK
@given(windows, instants)
def test_next_open_is_the_first_open_moment(window: Window, at: datetime) -> None:
    opening = window.next_open(at)
    if opening is None:
        return
    assert opening >= at
    assert by_the_wall(window, opening)
    if opening > at:
        assert not by_the_wall(window, at)
        gap = opening - at
        assert not any(by_the_wall(window, at + gap * part / 97) for part in range(97))
        assert not by_the_wall(window, opening - timedelta(seconds=1))


@QUICK
@given(zones, st.dates(date(2024, 1, 1), date(2030, 12, 31)), minutes)
def test_instant_shows_that_time_or_ends_the_gap(zone: str, day: date, minute: int) -> None:
    at = clock.instant(day, minute, zone)
    wanted = datetime.combine(day, time()) + timedelta(minutes=minute)
    shown = at.astimezone(clock.zone(zone)).replace(tzinfo=None)
    before = (at - timedelta(seconds=1)).astimezone(clock.zone(zone)).replace(tzinfo=None)
    assert shown == wanted or before < wanted < shown
    assert at.astimezone(clock.zone(zone)).fold == 0


def test_gap_means_the_first_valid_instant() -> None:
    assert clock.instant(date(2026, 3, 29), 150, "Europe/Paris") == utc(2026, 3, 29, 1)
    assert clock.instant(date(2026, 3, 29), 180, "Europe/Paris") == utc(2026, 3, 29, 1)
    assert clock.instant(date(2026, 4, 24), 15, "Africa/Cairo") == utc(2026, 4, 23, 22)


def test_repeated_hour_means_the_first() -> None:
    assert clock.instant(date(2026, 10, 25), 150, "Europe/Paris") == utc(2026, 10, 25, 0, 30)
    assert clock.instant(date(2026, 10, 4), 105, "Australia/Lord_Howe") == utc(2026, 10, 3, 15, 15)


def test_window_in_a_gap_waits_for_its_next_day() -> None:
    window = Window("Europe/Paris", EVERY_DAY, 120, 150)
    assert window.next_open(utc(2026, 3, 28, 22)) == utc(2026, 3, 30)


def test_window_over_a_gap_opens_at_its_end() -> None:
    assert office(days=EVERY_DAY, start=2).next_open(utc(2026, 3, 28, 22)) == utc(2026, 3, 29, 1)


def test_window_opens_again_where_clocks_go_back_before_its_start() -> None:
    window = Window("Europe/Paris", EVERY_DAY, 150, 175)
    assert window.next_open(utc(2026, 10, 25, 0)) == utc(2026, 10, 25, 0, 30)
    assert window.next_open(utc(2026, 10, 25, 1, 10)) == utc(2026, 10, 25, 1, 30)


def test_window_opens_again_where_clocks_go_back_into_it() -> None:
    # Cairo: 23:59 is followed by 23:00 on Thursday, 29 October 2026.
    window = Window("Africa/Cairo", EVERY_DAY, 22 * 60, 23 * 60 + 30)
    assert window.next_open(utc(2026, 10, 29, 20, 45)) == utc(2026, 10, 29, 21)
    assert window.next_open(utc(2026, 10, 29, 21, 30)) == utc(2026, 10, 30, 20)


def test_end_is_exclusive_and_start_inclusive() -> None:
    window = office("UTC")
    assert [window.is_open(utc(2026, 3, 2, hour)) for hour in (8, 9, 17, 18)] == [False, True, True, False]


def test_overnight_window_belongs_to_the_day_it_began() -> None:
    window = office("UTC", days=frozenset({4}), start=22, end=6)
    friday = utc(2026, 3, 6)
    opened = {hour: window.is_open(friday + timedelta(hours=hour)) for hour in (5, 21, 22, 24, 29, 30, 46)}
    assert opened == {5: False, 21: False, 22: True, 24: True, 29: True, 30: False, 46: False}
    assert window.next_open(friday) == utc(2026, 3, 6, 22)


def test_equal_start_and_end_is_all_day() -> None:
    window = office("Europe/Paris", start=9, end=9)
    assert window.is_open(utc(2026, 3, 2, 3))
    assert window.next_open(utc(2026, 2, 28, 12)) == utc(2026, 3, 1, 23)


def test_window_never_opens_without_days_or_among_holidays() -> None:
    days = frozenset(date(2026, 3, 1) + timedelta(days=number) for number in range(20))
    assert office(days=frozenset()).next_open(utc(2026, 3, 2)) is None
    assert Window("UTC", WEEK, 540, 1080, days).next_open(utc(2026, 3, 2)) is None


def test_holiday_is_closed() -> None:
    window = Window("UTC", WEEK, 540, 1080, frozenset({date(2026, 3, 2)}))
    assert window.next_open(utc(2026, 3, 2, 10)) == utc(2026, 3, 3, 9)


def test_next_open_is_where_all_windows_are_open() -> None:
    paris, new_york = office(), office("America/New_York")
    assert clock.next_open([paris, new_york], utc(2026, 3, 2, 9)) == utc(2026, 3, 2, 14)
    assert clock.next_open([paris, office("Asia/Tokyo")], utc(2026, 3, 2, 9)) == utc(2026, 3, 3, 8)
    assert clock.next_open([office("UTC", start=9, end=10), office("UTC", start=11, end=12)], utc(2026, 3, 2)) is None


def test_business_days_pass_over_the_weekend() -> None:
    friday, saturday = utc(2026, 3, 6, 10, 20, 30), utc(2026, 3, 7, 10)
    assert clock.add_business_days(friday, 1, "UTC") == utc(2026, 3, 9, 10, 20, 30)
    assert clock.add_business_days(friday, 3, "UTC") == utc(2026, 3, 11, 10, 20, 30)
    assert clock.add_business_days(saturday, 1, "UTC") == utc(2026, 3, 10)
    assert clock.add_business_days(saturday, 0, "UTC") == utc(2026, 3, 9)
    assert clock.add_business_days(friday, 0, "UTC") == friday


def test_business_days_pass_over_holidays() -> None:
    holidays = [date(2026, 4, 3), date(2026, 4, 6)]
    assert clock.add_business_days(utc(2026, 4, 2, 9), 1, "UTC", holidays) == utc(2026, 4, 7, 9)


def test_business_days_are_local_days() -> None:
    # Friday evening in New York is Saturday already in UTC.
    assert clock.add_business_days(utc(2026, 3, 7, 1), 1, "America/New_York") == utc(2026, 3, 10, 0)


def test_business_day_in_a_gap_is_its_end() -> None:
    # Cairo: no 00:00 to 00:59 on Friday, 24 April 2026.
    assert clock.add_business_days(utc(2026, 4, 22, 22, 15, 9), 1, "Africa/Cairo") == utc(2026, 4, 23, 22)


def test_no_business_days_from_a_repeated_hour_are_none() -> None:
    # Cairo: 23:30 comes twice on Thursday, 29 October 2026; this is the second.
    second = utc(2026, 10, 29, 21, 30)
    assert clock.add_business_days(second, 0, "Africa/Cairo") == second


@QUICK
@given(zones, instants, st.integers(0, 30))
def test_business_days_end_on_a_working_day_and_count_each_once(zone: str, at: datetime, days: int) -> None:
    end = clock.add_business_days(at, days, zone)
    rules = clock.zone(zone)
    first, last = at.astimezone(rules).date(), end.astimezone(rules).date()
    working = [
        day
        for day in (first + timedelta(days=number) for number in range((last - first).days + 1))
        if day.weekday() < 5
    ]
    assert last.weekday() < 5
    assert end >= at
    assert len(working) - 1 == days
    clock_time = at.astimezone(rules).time() if first.weekday() < 5 else None
    if clock_time is not None and end.astimezone(rules).time() != clock_time:
        assert not shown_on(last, clock_time, zone)


def shown_on(day: date, clock_time: object, zone: str) -> bool:
    """Whether the clock of the zone shows this time on that day."""
    naive = datetime.combine(day, clock_time)  # type: ignore[arg-type]
    rules = clock.zone(zone)
    return naive.replace(tzinfo=rules).astimezone(UTC).astimezone(rules).replace(tzinfo=None) == naive


def test_window_closes_at_its_end_and_never_when_it_is_always_open() -> None:
    office = Window("Europe/Paris", frozenset(range(5)), 9 * 60, 18 * 60)
    assert office.next_close(utc(2026, 3, 2, 10)) == utc(2026, 3, 2, 17)
    assert office.next_close(utc(2026, 3, 2, 17)) == utc(2026, 3, 2, 17)
    assert Window("UTC", frozenset(range(7)), 0, 24 * 60).next_close(utc(2026, 3, 2)) is None
    assert Window("UTC", frozenset(range(5)), 0, 0).next_close(utc(2026, 3, 2)) == utc(2026, 3, 7)
    nights = Window("UTC", frozenset([4]), 22 * 60, 4 * 60)
    assert nights.next_close(utc(2026, 3, 6, 23)) == utc(2026, 3, 7, 4)


def test_local_date_and_minute_of_the_week() -> None:
    at = utc(2026, 3, 1, 23, 30)
    assert clock.local_date(at, "Europe/Paris") == date(2026, 3, 2)
    assert clock.local_minute_of_week(at, "Europe/Paris") == 30
    assert clock.local_minute_of_week(at, "UTC") == 7 * 24 * 60 - 30


@pytest.mark.django_db
def test_database_now_is_aware_and_goes_on() -> None:
    first, second = clock.database_now(), clock.database_now()
    assert first.utcoffset() == timedelta()
    assert first <= second < first + timedelta(minutes=1)


def test_to_iso_is_utc_in_whole_seconds() -> None:
    at = utc(2026, 3, 2, 10, 0, 1).replace(microsecond=999_999).astimezone(clock.zone("Asia/Kolkata"))
    assert clock.to_iso(at) == "2026-03-02T10:00:01Z"
    assert clock.to_iso(None) is None
