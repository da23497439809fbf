"""From when to when: the `from` and `to` of the statistics and the activity (contract A11, A31)."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.utils.translation import gettext_lazy as _

from fluenzr.core import clock
from fluenzr.core.errors import Invalid

FIRST_YEAR, LAST_YEAR = 1970, 9000
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)


@dataclass(frozen=True)
class Period:
    """Instants in UTC: `start` belongs to it, `end` does not; None is open."""

    start: datetime | None = None
    end: datetime | None = None


def parse(*, since: str | None, until: str | None, zone: str) -> Period:
    """Return the period between two ISO 8601 texts, either of which may be missing.

    A date alone is local in `zone`; as `to` it includes its whole day. An instant as `to` includes its whole second,
    because that is all that an answer prints of a time.

    Raises:
        Invalid: `from` or `to` is no date or instant with an offset, or they are the wrong way round.
    """
    start = _instant(since, zone=zone, path="from", days_later=0) if since is not None else None
    end = _instant(until, zone=zone, path="to", days_later=1) if until is not None else None
    if start is not None and end is not None and start >= end:
        raise Invalid(_("The period ends before it begins"), field="to")
    return Period(start, end)


def _instant(text: str, *, zone: str, path: str, days_later: int) -> datetime:
    try:
        if _DATE.match(text):
            day = _plausible(date.fromisoformat(text)) + timedelta(days=days_later)
            return clock.instant(day, 0, zone)
        at = datetime.fromisoformat(text)
        _plausible(at.date())
    except ValueError as error:
        raise Invalid(_("Give a date (2025-01-16) or a time in ISO 8601 (2025-01-16T09:00:00Z)"), field=path) from error
    if at.tzinfo is None:
        raise Invalid(_("Give the time's offset, such as Z or +01:00"), field=path)
    at = at.astimezone(UTC)
    return at + timedelta(seconds=1) if days_later and not at.microsecond else at


def _plausible(day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(day)
    return day
