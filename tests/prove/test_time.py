"""Every change of clocks in every zone from 2024 to 2030: windows, slots, delays and working days."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from campaigns import slots
from campaigns.nodes.base import Facts, Go, Step, WaitUntil
from campaigns.nodes.delay import Delay
from fluenzr.core import clock
from fluenzr.core.clock import Window

EVERY_DAY = frozenset(range(7))
BEGIN, END = datetime(2024, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
FREE = slots.Pace(timedelta())
NO_CAP = slots.Cap(None, "UTC")


def transitions(zone: str) -> Iterator[datetime]:
    """Every instant in the years at which the offset of the zone changes, to the minute."""
    rules = clock.zone(zone)
    at, offset = BEGIN, BEGIN.astimezone(rules).utcoffset()
    while at < END:
        following = at + 7 * DAY
        if following.astimezone(rules).utcoffset() != offset:
            low, high = at, following
            while high - low > MINUTE:
                middle = low + (high - low) / 2
                low, high = (middle, high) if middle.astimezone(rules).utcoffset() == offset else (low, middle)
            offset = following.astimezone(rules).utcoffset()
            yield high.replace(second=0, microsecond=0)
        at = following


def sides(zone: str, at: datetime) -> tuple[object, ...]:
    """What makes a change what it is: when, and from which offset to which."""
    rules = clock.zone(zone)
    return at, *((at + side).astimezone(rules).utcoffset() for side in (-MINUTE, MINUTE))


ALL = [(zone, at) for zone in sorted(clock.zone_names()) for at in transitions(zone)]
# One zone stands for those whose clocks do the same at the same moment.
DIFFERENT = list({sides(zone, at): (zone, at) for zone, at in ALL}.values())


def windows_around(zone: str, at: datetime) -> list[Window]:
    """Windows that begin, end or lie where clocks change."""
    local = at.astimezone(clock.zone(zone))
    minute = local.hour * 60 + local.minute
    pairs = [(-90, 90), (-30, 30), (-75, -15), (15, 75), (-30, 240), (0, 0), (30, -30)]
    return [Window(zone, EVERY_DAY, (minute + start) % 1440, (minute + end) % 1440) for start, end in pairs]


def is_open(window: Window, at: datetime) -> bool:
    """Whether the clock on the wall shows a time of the window (which here has all days)."""
    local = at.astimezone(clock.zone(window.zone))
    minute = local.hour * 60 + local.minute
    if window.start <= window.end:
        return window.start <= minute < window.end or window.start == window.end
    return minute >= window.start or minute < window.end


def test_there_is_something_to_prove() -> None:
    assert len({zone for zone, _at in ALL}) > 150
    assert len(ALL) > 1979


def test_next_open_is_the_first_open_minute_around_every_change() -> None:
    wrong = []
    for zone, change in DIFFERENT:
        for window in windows_around(zone, change):
            at = change - timedelta(hours=3)
            ahead = [at + number * MINUTE for number in range(60 * 34)]
            opened = [moment for moment in ahead if is_open(window, moment)]
            for moment in ahead[: 6 * 60 : 17]:
                first = next(found for found in opened if found >= moment)
                if window.next_open(moment) != first:
                    wrong.append((zone, change, window, moment))
    assert wrong == []


def test_slots_lie_inside_the_window_and_none_is_skipped_or_doubled() -> None:
    wrong = []
    for zone, change in DIFFERENT:
        for window in windows_around(zone, change)[:4]:
            pace = slots.Pace(timedelta(minutes=10))
            lane = slots.Lane(window, pace, FREE, NO_CAP, NO_CAP)
            begin = change - DAY
            taken, _after = slots.take(lane, now=begin, until=change + DAY, count=1000)
            open_minutes = sum(is_open(window, begin + number * MINUTE) for number in range(2 * 1440))
            gaps = [later - earlier for earlier, later in pairwise(taken)]
            fits = abs(len(taken) - open_minutes / 10) <= 6  # each opening may round up by one
            if not fits or min(gaps) < timedelta(minutes=10) or not all(is_open(window, at) for at in taken):
                wrong.append((zone, change, window))
    assert wrong == []


def test_daily_limit_counts_local_days_across_every_change() -> None:
    wrong = []
    for zone, change in ALL:
        window = Window(zone, EVERY_DAY, 9 * 60, 18 * 60)
        lane = slots.Lane(window, slots.Pace(timedelta(minutes=5)), FREE, slots.Cap(5, zone), NO_CAP)
        taken, _after = slots.take(lane, now=change - 2 * DAY, until=change + 2 * DAY, count=1000)
        days = Counter(clock.local_date(at, zone) for at in taken)
        first, last = clock.local_date(change - DAY, zone), clock.local_date(change + DAY, zone)
        inner = [days[first + number * DAY] for number in range((last - first).days + 1)]
        if set(inner) != {5} or max(days.values()) > 5:
            wrong.append((zone, change, days))
    assert wrong == []


def test_72_hours_are_72_hours_across_every_change() -> None:
    data, _problems = Delay.clean({"days": 3})
    wrong = []
    for zone, change in ALL:
        sent_at = change - timedelta(hours=30)
        due = sent_at + timedelta(hours=72)
        early = Delay.run(Step("wait", data, sent_at, Facts(), zone, due - MINUTE))
        late = Delay.run(Step("wait", data, sent_at, Facts(), zone, due + MINUTE))
        if not (isinstance(early, WaitUntil) and early.at == due and late == Go(at=due)):
            wrong.append((zone, change))
    assert wrong == []


@pytest.mark.parametrize("days", [1, 3])
def test_working_days_keep_the_local_time_across_every_change(days: int) -> None:
    wrong = []
    for zone, change in ALL:
        rules = clock.zone(zone)
        for hours in range(0, 96, 5):
            at = change - timedelta(hours=hours)
            end = clock.add_business_days(at, days, zone)
            start, stop = at.astimezone(rules), end.astimezone(rules)
            weekend = start.weekday() > 4
            wanted = (datetime.min.time() if weekend else start.time()).replace(fold=0)
            naive = datetime.combine(stop.date(), wanted)
            shown = naive.replace(tzinfo=rules).astimezone(UTC).astimezone(rules).replace(tzinfo=None) == naive
            in_gap = (
                (end - timedelta(seconds=1)).astimezone(rules).replace(tzinfo=None) < naive < stop.replace(tzinfo=None)
            )
            steps = working_days(start.date(), stop.date())
            if stop.weekday() > 4 or steps != days + weekend or not ((shown and stop.time() == wanted) or in_gap):
                wrong.append((zone, at, end))
    assert wrong == []


def working_days(first: date, last: date) -> int:
    """How many working days lie behind `first`, up to `last`."""
    return sum((first + number * DAY).weekday() < 5 for number in range(1, (last - first).days + 1))
