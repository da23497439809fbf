"""What a template may do to a value. Nothing else is callable, and each call is small.

Every filter takes and returns plain values. The size of what comes out is known before it is built, because a few
chained `replace` can ask for gigabytes.
"""

from collections.abc import Callable
from contextvars import ContextVar
from datetime import date, datetime
from functools import wraps
from typing import Any
from urllib.parse import quote

from django.utils import dateparse
from django.utils.html import escape
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from markupsafe import Markup as Markup

from campaigns.mail import dates

MAX_VALUE = 50_000
# Characters that all filters of one rendering may go through.
BUDGET = 3_000_000
SHORT = 30
budget: ContextVar[list[int]] = ContextVar("budget")

Filter = Callable[..., Any]
FILTERS: dict[str, Filter] = {}


class TooMuch(Exception):
    """A filter would make something too large, or all of them together do too much."""


def _afford(*sizes: int) -> None:
    left = budget.get(None) or [BUDGET]
    left[0] -= sum(sizes) + 1
    if max(sizes) > MAX_VALUE or left[0] < 0:
        raise TooMuch


def text_of(value: object) -> str:
    """Return a value as text; nothing is "". Markup loses its mark, so what a filter made of it is escaped again."""
    if type(value) is str:
        return value
    if value is None or value is False:
        return ""
    if isinstance(value, str | int | float | date):
        return str(value)
    return "" if not str(value) else str(value)


def _named(*names: str) -> Callable[[Filter], Filter]:
    """Register the decorated filter; its value comes as it is, its arguments must be plain."""

    def register(function: Filter) -> Filter:
        @wraps(function)
        def guarded(value: object, *arguments: object) -> object:
            _afford(len(text_of(value)), *[len(text_of(argument)) for argument in arguments])
            return function(value, *arguments)

        FILTERS.update(dict.fromkeys(names, guarded))
        return function

    return register


@_named("uppercase", "upcase")
def uppercase(value: object) -> str:
    """`{{ company | uppercase }}`."""
    return text_of(value).upper()


@_named("lowercase", "downcase")
def lowercase(value: object) -> str:
    """`{{ company | lowercase }}`."""
    return text_of(value).lower()


@_named("capitalize")
def capitalize(value: object) -> str:
    """First letter large, the others as they are (`mcDonald` keeps its D)."""
    text = text_of(value)
    return text[:1].upper() + text[1:]


@_named("titlecase")
def titlecase(value: object) -> str:
    """Each word's first letter large and the others small, for data in capitals."""
    return " ".join(word[:1].upper() + word[1:].lower() for word in text_of(value).split(" "))


@_named("short")
def short(value: object) -> object:
    """A date in digits, as its reader writes it; any other text cut at a word, at most 30 characters."""
    day = _day(value)
    if day is not None:
        return dates.written(day, "short")
    return _cut(text_of(value), SHORT)


@_named("long")
def long(value: object) -> object:
    """A date in words; any other value as it is."""
    day = _day(value)
    return value if day is None else dates.written(day, "long")


@_named("date")
def date_(value: object, pattern: object = "medium") -> object:
    """A date by a pattern: `DD/MM/YYYY`, `%d/%m/%Y`, or `short`, `medium`, `long`; what is no date stays as it is."""
    day = _day(value)
    return value if day is None else dates.written(day, text_of(pattern))


def _day(value: object) -> date | None:
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not 8 <= len(value) <= 40:
        return None
    try:
        found = dateparse.parse_date(value[:10]) or dateparse.parse_datetime(value)
    except ValueError:
        return None
    return found.date() if isinstance(found, datetime) else found


@_named("default")
def default(value: object, fallback: object = "") -> object:
    """The fallback where the value is blank."""
    return fallback if value is None or not text_of(value).strip() else value


@_named("append")
def append(value: object, more: object = "") -> str:
    """Text behind the value."""
    return text_of(value) + text_of(more)


@_named("prepend")
def prepend(value: object, more: object = "") -> str:
    """Text before the value."""
    return text_of(more) + text_of(value)


@_named("replace")
def replace(value: object, old: object, new: object = "") -> str:
    """Each `old` becomes `new`."""
    text, old_text, new_text = text_of(value), text_of(old), text_of(new)
    if not old_text:
        return text
    _afford(len(text) + text.count(old_text) * len(new_text))
    return text.replace(old_text, new_text)


@_named("remove")
def remove(value: object, old: object) -> str:
    """Without each `old`."""
    return text_of(value).replace(text_of(old), "") if text_of(old) else text_of(value)


@_named("strip")
def strip(value: object) -> str:
    """Without blanks at both ends."""
    return text_of(value).strip()


@_named("truncate")
def truncate(value: object, length: object = 50) -> str:
    """At most so many characters, with an ellipsis where something was cut."""
    return _cut(text_of(value), _count(length))


def _cut(text: str, length: int) -> str:
    # Django counts and composes characters; where there is nothing to compose or cut, that takes long for nothing.
    return text if text.isascii() and len(text) <= length else Truncator(text).chars(length)


@_named("truncatewords")
def truncatewords(value: object, length: object = 15) -> str:
    """At most so many words."""
    return Truncator(text_of(value)).words(_count(length))


@_named("first_word")
def first_word(value: object) -> str:
    """`Jean Paul` gives `Jean`."""
    return (text_of(value).split() or [""])[0]


@_named("size")
def size(value: object) -> int:
    """How many characters the value has."""
    return len(text_of(value))


@_named("escape")
def escape_(value: object) -> Markup:
    """As text of HTML; in HTML that is done anyway, and not twice."""
    text = text_of(value)
    _afford(6 * len(text))
    return Markup(escape(text))


@_named("url_encode")
def url_encode(value: object) -> str:
    """As part of a URL."""
    text = text_of(value)
    _afford(9 * len(text))
    return quote(text, safe="")


def _count(number: object) -> int:
    try:
        return max(0, min(int(text_of(number) or 0), MAX_VALUE))
    except ValueError:
        raise ValueError(_("this is no number of characters")) from None
