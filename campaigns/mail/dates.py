"""Dates in mails, in the reader's language, by patterns that people know from spreadsheets or from programs."""

import re
from datetime import date

from django.utils import dateformat, dates, formats
from django.utils.translation import get_language, override

MAX_PATTERN = 60

# Of Django's formats, by the name that a template uses.
NAMED = {"short": "SHORT_DATE_FORMAT", "medium": "DATE_FORMAT", "long": "DATE_FORMAT"}
_TOKENS = re.compile(r"dddd|ddd|DD|D|MMMM|MMM|MM|M|YYYY|YY|%[a-zA-Z%]|.", re.DOTALL)
_DJANGO = {
    "YYYY": "Y",
    "YY": "y",
    "MM": "m",
    "M": "n",
    "DD": "d",
    "D": "j",
    "%Y": "Y",
    "%y": "y",
    "%m": "m",
    "%d": "d",
    "%e": "j",
    "%j": "z",
}
_WORDS = {"dddd": "day", "%A": "day", "ddd": "day3", "%a": "day3", "MMMM": "month", "%B": "month"} | {
    "MMM": "month3",
    "%b": "month3",
}


class Day(date):
    """A date that writes itself in a language."""

    language: str = "en"

    @classmethod
    def of(cls, day: date, language: str) -> "Day":
        """Return the same date, with its reader's language."""
        made = cls(day.year, day.month, day.day)
        made.language = language
        return made

    def __str__(self) -> str:
        return written(self, "medium")


def written(day: date, pattern: str) -> str:
    """Return the date by a pattern, or by one of the names in NAMED; an unknown letter stands for itself."""
    language = day.language if isinstance(day, Day) else get_language() or "en"
    with override(language):
        if pattern == "long":
            return f"{dates.WEEKDAYS[day.weekday()]} {_by_django(day, formats.get_format('DATE_FORMAT'))}"
        if pattern in NAMED:
            return _by_django(day, formats.get_format(NAMED[pattern]))
        return "".join(_part(day, part) for part in _TOKENS.findall(pattern[:MAX_PATTERN]))


def _by_django(day: date, pattern: str) -> str:
    return str(dateformat.format(day, pattern))


def _part(day: date, part: str) -> str:
    if part in _DJANGO:
        return _by_django(day, _DJANGO[part])
    word = _WORDS.get(part)
    if word == "day":
        return str(dates.WEEKDAYS[day.weekday()])
    if word == "day3":
        return str(dates.WEEKDAYS_ABBR[day.weekday()])
    if word == "month":
        return str(dates.MONTHS[day.month])
    if word == "month3":
        return str(dates.MONTHS_3[day.month]).capitalize()
    return "%" if part == "%%" else part
