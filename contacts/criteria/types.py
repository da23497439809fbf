"""The types of fields: text, number, date, moment, choice, box, and rows that belong to a contact."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar

from django.db.models import Exists, Model, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from contacts.criteria.base import Criterion, Field, Operator, Place, Query, Takes, Within
from fluenzr.core import clock

ONE_DAY = timedelta(days=1)


def by_key(operators: Iterable[Operator]) -> dict[str, Operator]:
    """Return operators by their key, in their order."""
    return {operator.key: operator for operator in operators}


IS_BLANK = Operator("is_blank", _("is blank"), _("%(field)s is blank"), Takes.NOTHING)
IS_NOT_BLANK = Operator("is_not_blank", _("is not blank"), _("%(field)s is not blank"), Takes.NOTHING)
BLANKS = (IS_BLANK, IS_NOT_BLANK)


def equality(takes: Takes) -> tuple[Operator, Operator]:
    """Return the operators `is` and `is_not`."""
    return (
        Operator("is", _("is"), _("%(field)s is %(value)s"), takes),
        Operator("is_not", _("is not"), _("%(field)s is not %(value)s"), takes),
    )


@dataclass(frozen=True, kw_only=True)
class ByText(Field):
    """Text, compared without regard to case. Negations hold for who has none, too.

    `within` says what an index of all fields knows of those with a value.
    """

    type: ClassVar = "text"
    operators: ClassVar = by_key(
        (
            *equality(Takes.TEXT),
            Operator("contains", _("contains"), _("%(field)s contains %(value)s"), Takes.TEXT),
            Operator("contains_not", _("does not contain"), _("%(field)s does not contain %(value)s"), Takes.TEXT),
            Operator("starts_with", _("starts with"), _("%(field)s starts with %(value)s"), Takes.TEXT),
            Operator("ends_with", _("ends with"), _("%(field)s ends with %(value)s"), Takes.TEXT),
            *BLANKS,
        )
    )
    _LOOKUPS: ClassVar = {
        "is": "iexact",
        "is_not": "iexact",
        "contains": "icontains",
        "contains_not": "icontains",
        "starts_with": "istartswith",
        "ends_with": "iendswith",
    }

    place: Place
    within: Within | None = None

    def condition(self, asked: Criterion, query: Query) -> Q:
        """Compare."""
        name, operator = self.place(query), asked.operator.key
        blank = Q(**{f"{name}__isnull": True}) | Q(**{name: ""})
        if operator in ("is_blank", "is_not_blank"):
            return blank if operator == "is_blank" else ~blank
        found = Q(**{f"{name}__{self._LOOKUPS[operator]}": asked.value})
        if operator in ("is_not", "contains_not"):
            return Q(**{f"{name}__isnull": True}) | ~found
        if self.within is None:
            return found
        begins, ends = operator in ("is", "starts_with"), operator in ("is", "ends_with")
        return found & self.within(query, asked.value, begins=begins, ends=ends)


@dataclass(frozen=True, kw_only=True)
class ByNumber(Field):
    """A number."""

    type: ClassVar = "number"
    operators: ClassVar = by_key(
        (
            *equality(Takes.NUMBER),
            Operator("greater", _("is greater than"), _("%(field)s is greater than %(value)s"), Takes.NUMBER),
            Operator("at_least", _("is at least"), _("%(field)s is at least %(value)s"), Takes.NUMBER),
            Operator("less", _("is less than"), _("%(field)s is less than %(value)s"), Takes.NUMBER),
            Operator("at_most", _("is at most"), _("%(field)s is at most %(value)s"), Takes.NUMBER),
            *BLANKS,
        )
    )
    _LOOKUPS: ClassVar = {"greater": "gt", "at_least": "gte", "less": "lt", "at_most": "lte"}

    place: Place

    def condition(self, asked: Criterion, query: Query) -> Q:
        """Compare."""
        name, operator = self.place(query), asked.operator.key
        if operator in ("is_blank", "is_not_blank"):
            return Q(**{f"{name}__isnull": operator == "is_blank"})
        if operator in self._LOOKUPS:
            return Q(**{f"{name}__{self._LOOKUPS[operator]}": asked.value})
        same = Q(**{name: asked.value})
        return same if operator == "is" else Q(**{f"{name}__isnull": True}) | ~same


@dataclass(frozen=True, kw_only=True)
class ByFlag(Field):
    """A box that is ticked or not; one that was never shown is not."""

    type: ClassVar = "checkbox"
    operators: ClassVar = by_key(
        (
            Operator("yes", _("is ticked"), _("%(field)s is ticked"), Takes.NOTHING),
            Operator("no", _("is not ticked"), _("%(field)s is not ticked"), Takes.NOTHING),
        )
    )

    place: Place

    def condition(self, asked: Criterion, query: Query) -> Q:
        """Ask whether it is ticked."""
        name = self.place(query)
        ticked = Q(**{name: True})
        return ticked if asked.operator.key == "yes" else Q(**{f"{name}__isnull": True}) | ~ticked


_SINCE: tuple[Operator, ...] = (
    Operator("is", _("is on"), _("%(field)s is on %(value)s"), Takes.DAY),
    Operator("before", _("is before"), _("%(field)s is before %(value)s"), Takes.DAY),
    Operator("after", _("is after"), _("%(field)s is after %(value)s"), Takes.DAY),
    Operator("in_last_days", _("is in the last … days"), _("%(field)s is in the last %(value)s"), Takes.DAYS),
    Operator("days_ago", _("is more than … days ago"), _("%(field)s is more than %(value)s ago"), Takes.DAYS),
    Operator("in_next_days", _("is in the next … days"), _("%(field)s is in the next %(value)s"), Takes.DAYS),
    *BLANKS,
)


@dataclass(frozen=True, kw_only=True)
class ByDate(Field):
    """A calendar date, kept as `YYYY-MM-DD`; today is that of the workspace."""

    type: ClassVar = "date"
    operators: ClassVar = by_key(_SINCE)

    place: Place

    def condition(self, asked: Criterion, query: Query) -> Q:
        """Compare."""
        name, operator = self.place(query), asked.operator.key
        if operator in ("is_blank", "is_not_blank"):
            return Q(**{f"{name}__isnull": operator == "is_blank"})
        start, end = self._bounds(asked, query)
        found = Q()
        if start is not None:
            found &= Q(**{f"{name}__gte": start})
        if end is not None:
            found &= Q(**{f"{name}__lt": end})
        return found

    def _bounds(self, asked: Criterion, query: Query) -> tuple[Any, Any]:
        """Return the first value that is meant and the first after those, or None where there is no end."""
        today = clock.local_date(query.now, query.workspace.timezone)
        return tuple(day and day.isoformat() for day in _days(asked, today))  # type: ignore[return-value]  # of two


def _days(asked: Criterion, today: date) -> tuple[date | None, date | None]:
    match asked.operator.key:
        case "is":
            return asked.value, asked.value + ONE_DAY
        case "before":
            return None, asked.value
        case "after":
            return asked.value + ONE_DAY, None
    distance = timedelta(days=asked.value)
    match asked.operator.key:
        case "in_last_days":
            return today - distance, today + ONE_DAY
        case "days_ago":
            return None, today - distance
    return today, today + distance + ONE_DAY


@dataclass(frozen=True, kw_only=True)
class ByMoment(ByDate):
    """A point in time: a day is that of the workspace, "the last 7 days" are 7 times 24 hours."""

    def _bounds(self, asked: Criterion, query: Query) -> tuple[Any, Any]:
        match asked.operator.key:
            case "in_last_days":
                return query.now - timedelta(days=asked.value), query.now + timedelta(microseconds=1)
            case "days_ago":
                return None, query.now - timedelta(days=asked.value)
            case "in_next_days":
                return query.now, query.now + timedelta(days=asked.value)
        zone = query.workspace.timezone
        start, end = _days(asked, query.now.date())
        return start and clock.instant(start, 0, zone), end and clock.instant(end, 0, zone)


@dataclass(frozen=True, kw_only=True)
class ByChoice(Field):
    """One of several values; a criterion may name more than one of them. `within` is as with a text."""

    type: ClassVar = "choice"
    operators: ClassVar = by_key((*equality(Takes.CHOICES), *BLANKS))

    place: Place
    within: Within | None = None

    def condition(self, asked: Criterion, query: Query) -> Q:
        """Compare."""
        name, operator = self.place(query), asked.operator.key
        if operator in ("is_blank", "is_not_blank"):
            return Q(**{f"{name}__isnull": operator == "is_blank"})
        found = Q(**{f"{name}__in": [one.key for one in asked.value]})
        if operator == "is_not":
            return Q(**{f"{name}__isnull": True}) | ~found
        if self.within is None:
            return found
        anywhere = Q()
        for one in asked.value:
            anywhere |= self.within(query, one.key, begins=True, ends=True)
        return found & anywhere


@dataclass(frozen=True, kw_only=True)
class ByState(ByChoice):
    """One of several values, and always one."""

    type: ClassVar = "state"
    operators: ClassVar = by_key(equality(Takes.CHOICES))


@dataclass(frozen=True, kw_only=True)
class ByRow(Field):
    """Rows that belong to a contact: `model` has a `contact`, and `column` is what the choices name."""

    model: type[Model]
    column: str

    def condition(self, asked: Criterion, query: Query) -> Q:
        """Look for rows."""
        rows: Any = self.model._default_manager.filter(contact=OuterRef("pk"))
        match asked.operator.key:
            case "is_blank":
                return ~Q(Exists(rows))
            case "is_not_blank":
                return Q(Exists(rows))
        keys = [one.key for one in asked.value]
        match asked.operator.key:
            case "has_any":
                return Q(Exists(rows.filter(**{f"{self.column}__in": keys})))
            case "has_none":
                return ~Q(Exists(rows.filter(**{f"{self.column}__in": keys})))
        found = Q()
        for key in keys:
            found &= Q(Exists(rows.filter(**{self.column: key})))
        return found
