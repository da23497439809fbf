"""The timeline of a campaign (contract A10, A11): mails in the buckets where things happened to them.

Sums over all time equal the sums of `/stats/emails`, for both are read from the same tallies.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, Tally
from campaigns.models.event import ALL_TIME
from campaigns.periods import Period
from campaigns.statistics import COUNTS, summed
from fluenzr.core import clock
from fluenzr.core.errors import Invalid

INTERVALS = ("hour", "day", "week")
LENGTHS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}
MOST_BUCKETS = 1000
SLOT = timedelta(minutes=15)


def buckets(campaign: Campaign, *, period: Period, interval: str, now: datetime) -> list[dict[str, Any]]:
    """Return `/stats/timeline`: mails accepted, first opens, replies and our extras in the buckets where they happened.

    Buckets are local time of the campaign's zone and filled with zeros: a day is `2025-01-16`, a week its Monday, an
    hour `2025-01-16T09:00:00+01:00`. An open `period` begins on the local day of the start and ends with today.

    Raises:
        Invalid: an unknown interval, or more than 1,000 buckets.
    """
    if interval not in INTERVALS:
        raise Invalid(_("The interval is hour, day or week"), field="interval")
    period = _closed(campaign, period, now)
    found = {label: dict.fromkeys(COUNTS, 0) for label in _labels(period, interval, campaign.timezone)}
    for row in summed(_within(campaign, period), by="slot"):
        bucket = found[_label(row["slot"], interval, campaign.timezone)]
        for name in COUNTS:
            bucket[name] += row[name]
    return [{"date": label, **counts} for label, counts in found.items()]


def _closed(campaign: Campaign, period: Period, now: datetime) -> Period:
    today = clock.local_date(now, campaign.timezone)
    first = clock.local_date(campaign.started_at or now, campaign.timezone)
    end = period.end or clock.instant(today + timedelta(days=1), 0, campaign.timezone)
    start = period.start or min(clock.instant(first, 0, campaign.timezone), end - SLOT)
    # From the beginning of a quarter of an hour, as slots are; every zone's offset is a multiple of it.
    past = timedelta(minutes=start.minute % 15, seconds=start.second, microseconds=start.microsecond)
    return Period(start - past, end)


def _within(campaign: Campaign, period: Period) -> "QuerySet[Any]":
    inside: QuerySet[Any] = Tally.objects.filter(campaign=campaign, slot__gte=period.start, slot__lt=period.end)
    return inside.exclude(slot=ALL_TIME)


def _label(slot: datetime, interval: str, zone: str) -> str:
    local = slot.astimezone(clock.zone(zone))
    if interval == "hour":
        return local.replace(minute=0).isoformat()
    day = local.date()
    return (day - timedelta(days=day.weekday()) if interval == "week" else day).isoformat()


def _labels(period: Period, interval: str, zone: str) -> Iterator[str]:
    """Yield the labels of all buckets that the closed period touches, each once, in order."""
    start, end = period.start or ALL_TIME, period.end or ALL_TIME
    if (end - start) / LENGTHS[interval] > MOST_BUCKETS:
        message = _("That would be more than %(most)d points; choose a longer interval or a shorter period")
        raise Invalid(message % {"most": MOST_BUCKETS}, field="interval")
    if interval == "hour":
        # By quarters, so that a day with 23 or 25 hours, or one moved by half an hour, has each of them once.
        quarters = int(-(-(end - start) // SLOT))
        yield from dict.fromkeys(_label(start + SLOT * step, interval, zone) for step in range(quarters))
        return
    first, last = clock.local_date(start, zone), clock.local_date(end - timedelta(microseconds=1), zone)
    yield from dict.fromkeys(_label_of_day(day, interval) for day in _days(first, last))


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=offset) for offset in range((last - first).days + 1))


def _label_of_day(day: date, interval: str) -> str:
    return _label(datetime(day.year, day.month, day.day, tzinfo=UTC), interval, "UTC")
