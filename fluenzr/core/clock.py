"""Time: windows in local time, business days, and the database's clock.

Pure functions over `zoneinfo`, fed with the pinned `tzdata`. Every instant that goes in or out is timezone-aware UTC.
A local time that a change of clocks skips means the first instant after the gap; one that it repeats means the first.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from time import monotonic
from zoneinfo import ZoneInfo, available_timezones

from django.db import connection

DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WORKING_DAYS = frozenset(range(5))
MINUTES_A_DAY = 24 * 60
# A window that opens on no day within this many days never opens: the caller says so instead of guessing.
HORIZON_DAYS = 14


@dataclass(frozen=True)
class Window:
    """When something may happen: days of the week (0 is Monday) and minutes of the local day, end exclusive.

    An end before the start runs over midnight and belongs to the day it began; an equal end means the whole day
    (contract A33).
    """

    zone: str
    days: frozenset[int]
    start: int
    end: int
    holidays: frozenset[date] = frozenset()

    def opens_on(self, day: date) -> bool:
        """Whether the window opens on this local date."""
        return day.weekday() in self.days and day not in self.holidays

    def is_open(self, at: datetime) -> bool:
        """Whether the local time at this instant lies inside."""
        local = at.astimezone(zone(self.zone))
        minute = local.hour * 60 + local.minute
        if self.start == self.end:
            return self.opens_on(local.date())
        if self.start < self.end:
            return self.start <= minute < self.end and self.opens_on(local.date())
        if minute >= self.start:
            return self.opens_on(local.date())
        return minute < self.end and self.opens_on(local.date() - timedelta(days=1))

    def next_open(self, at: datetime) -> datetime | None:
        """Return the first instant from `at` on at which the window is open, or None within `HORIZON_DAYS` days."""
        if self.is_open(at):
            return at
        first = at.astimezone(zone(self.zone)).date()
        # From the day before, as clocks that go back over midnight repeat its evening.
        for offset in range(-1, HORIZON_DAYS + 1):
            openings = self._openings(first + timedelta(days=offset))
            found = [opening for opening in openings if opening >= at and self.is_open(opening)]
            if found:
                return min(found)
        return None

    def next_close(self, at: datetime) -> datetime | None:
        """Return the first instant after `at` at which the window is closed, or None within `HORIZON_DAYS` days."""
        if not self.is_open(at):
            return at
        first = at.astimezone(zone(self.zone)).date()
        end = MINUTES_A_DAY if self.start == self.end else self.end
        for offset in range(-1, HORIZON_DAYS + 1):
            endings = _instants(first + timedelta(days=offset), end, self.zone)
            found = [ending for ending in endings if ending > at and not self.is_open(ending)]
            if found:
                return min(found)
        return None

    def _openings(self, day: date) -> Iterator[datetime]:
        """Yield the instants of a local date at which the window may open: its start, and a change of clocks.

        Clocks that go back may show the start twice, or go from after the end to before it.
        """
        all_day = self.start == self.end
        yield from _instants(day, 0 if all_day else self.start, self.zone)
        ends = _instants(day, MINUTES_A_DAY if all_day else self.end, self.zone)
        if len(ends) == 2:
            yield _change_of_clocks(ends[0], ends[1], self.zone)


@cache
def zone(name: str) -> ZoneInfo:
    """Return the zone of an IANA name; raises `ZoneInfoNotFoundError` for an unknown one."""
    return ZoneInfo(name)


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Return the IANA names that a person may choose."""
    return frozenset(available_timezones() - {"localtime", "Factory"})


def instant(day: date, minute: int, zone_name: str) -> datetime:
    """Return the instant of a local date and minute of the day (24 * 60 is the next midnight)."""
    return _instant(datetime.combine(day, time()) + timedelta(minutes=minute), zone_name)


def _instant(naive: datetime, zone_name: str) -> datetime:
    """Return the first instant at which the clock shows this time, or the end of the gap that skips it."""
    local = naive.replace(tzinfo=zone(zone_name))
    at = local.astimezone(UTC)
    if at.astimezone(zone(zone_name)).replace(tzinfo=None) == naive:
        return at
    return _change_of_clocks(local.replace(fold=1).astimezone(UTC), at, zone_name)


# Whoever plans asks for the same opening of a day again and again; a forecast, for those of a year.
@lru_cache(maxsize=4096)
def _instants(day: date, minute: int, zone_name: str) -> Sequence[datetime]:
    """Return every instant at which the clock shows this time: a second one where clocks go back over it."""
    first = instant(day, minute, zone_name)
    again = first.astimezone(zone(zone_name)).replace(fold=1).astimezone(UTC)
    return (first, again) if again > first else (first,)


def _change_of_clocks(before: datetime, after: datetime, zone_name: str) -> datetime:
    """Return the instant between the two at which the zone's offset changes, to the second."""
    rules = zone(zone_name)
    offset = after.astimezone(rules).utcoffset()
    low, high = int(before.timestamp()), int(after.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, rules).utcoffset() == offset:
            high = middle
        else:
            low = middle
    return datetime.fromtimestamp(high, UTC)


def next_open(windows: Sequence[Window], at: datetime) -> datetime | None:
    """Return the first instant from `at` on at which all windows are open, or None within `HORIZON_DAYS` days."""
    limit = at + timedelta(days=HORIZON_DAYS)
    while at <= limit:
        moved = at
        for window in windows:
            opening = window.next_open(moved)
            if opening is None:
                return None
            moved = opening
        if moved == at:
            return at
        at = moved
    return None


def add_business_days(at: datetime, days: int, zone_name: str, holidays: Iterable[date] = ()) -> datetime:
    """Return the instant `days` working days later, at the same local time of day.

    Monday to Friday but holidays are open. From a closed day the count begins at the start of the next open day
    (semantics, section 4): Friday and one day is Monday, Saturday and one day is the start of Tuesday.
    """
    closed = frozenset(holidays)
    local = at.astimezone(zone(zone_name))
    day, clock = local.date(), local.time().replace(tzinfo=None, fold=0)
    if not _works(day, closed):
        day, clock = _next_working_day(day, closed), time()
    elif not days:
        return at
    for _step in range(days):
        day = _next_working_day(day, closed)
    return _instant(datetime.combine(day, clock), zone_name)


def _works(day: date, closed: frozenset[date]) -> bool:
    return day.weekday() in WORKING_DAYS and day not in closed


def _next_working_day(day: date, closed: frozenset[date]) -> date:
    day += timedelta(days=1)
    while not _works(day, closed):
        day += timedelta(days=1)
    return day


def local_date(at: datetime, zone_name: str) -> date:
    """Return the local calendar date at an instant."""
    return at.astimezone(zone(zone_name)).date()


@lru_cache(maxsize=256)
def local_minute_of_week(at: datetime, zone_name: str) -> int:
    """Return the minutes since Monday 00:00 on the local clock at an instant."""
    local = at.astimezone(zone(zone_name))
    return local.weekday() * MINUTES_A_DAY + local.hour * 60 + local.minute


def database_now() -> datetime:
    """Return the database's time. Leases and due times go by it, so hosts whose clocks differ agree."""
    if connection.vendor == "sqlite":
        return datetime.now(UTC)  # the database has no clock but this host's
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now


class Carried:
    """The database's time, read once and carried on by this host's steady clock: near enough for minutes, and free."""

    def __init__(self) -> None:
        self.read()

    def read(self) -> datetime:
        """Ask the database again, and return its time."""
        at = database_now()
        self._read = at, monotonic()
        return at

    def now(self) -> datetime:
        """Return what its clock says by now."""
        at, mark = self._read
        return at + timedelta(seconds=monotonic() - mark)


def to_iso(at: datetime | None) -> str | None:
    """Return an instant as the APIs print it: UTC, whole seconds, `Z` (contract M33)."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
