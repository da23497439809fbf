"""A field that a segment may ask about, and the query that its conditions become part of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from django.db.models import Q, QuerySet
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from fluenzr.core.errors import Invalid, Text
from fluenzr.workspaces.models import Workspace

MAX_VALUES = 200


class Takes(StrEnum):
    """What an operator wants to be told."""

    NOTHING = "nothing"
    TEXT = "text"
    NUMBER = "number"
    DAY = "day"
    DAYS = "days"
    CHOICES = "choices"


@dataclass(frozen=True)
class Operator:
    """A way to ask. `label` stands between field and value; `words` is the whole, with %(field)s and %(value)s."""

    key: str
    label: Text
    words: Text
    takes: Takes


@dataclass(frozen=True)
class Known:
    """One value that may be chosen: how rules name it, what it is in the database, and to people."""

    value: str
    key: Any
    label: str


class Choices(Protocol):
    """The values that an operator chooses among."""

    def offered(self) -> Sequence[tuple[str, Text]]:
        """Return values and labels for a select; of very many, the first."""

    def known(self, values: Sequence[str]) -> dict[str, Known]:
        """Return those of the values that exist."""


@dataclass(frozen=True)
class Listed:
    """A few fixed values."""

    pairs: Sequence[tuple[str, Text]]

    def offered(self) -> Sequence[tuple[str, Text]]:
        """Return them all."""
        return self.pairs

    def known(self, values: Sequence[str]) -> dict[str, Known]:
        """Return those that are in the list."""
        labels = dict(self.pairs)
        return {value: Known(value, value, str(labels[value])) for value in values if value in labels}


@dataclass
class Rows:
    """Rows of the workspace, by public id, or by the column `by`; `label` is the column that people read.

    What was looked up is kept, so rules that name many rows, and many rules, cost no more queries than one.
    """

    MOST: ClassVar[int] = 500

    rows: QuerySet[Any]
    label: str = "name"
    by: str = ""
    _first: dict[str, Known] | None = None

    def offered(self) -> Sequence[tuple[str, Text]]:
        """Return the first by label."""
        return [(one.value, one.label) for one in self._loaded().values()]

    def known(self, values: Sequence[str]) -> dict[str, Known]:
        """Return those that exist in the workspace."""
        first = self._loaded()
        found = {value: first[value] for value in values if value in first}
        missing = [value for value in values if value not in first]
        if not missing or len(first) < self.MOST:
            return found
        if self.by:
            more = self.rows.filter(**{f"{self.by}__in": missing})
        else:
            model: Any = self.rows.model
            more = self.rows.filter(pk__in=[key for key in map(model.key_of, missing) if key is not None])
        return found | self._by_value(more)

    def _loaded(self) -> dict[str, Known]:
        if self._first is None:
            self._first = self._by_value(self.rows.order_by(self.label)[: self.MOST])
        return self._first

    def _by_value(self, rows: QuerySet[Any]) -> dict[str, Known]:
        columns = ["pk", self.label, *([self.by] if self.by else [])]
        found = [Known(self._value(row), row.pk, str(getattr(row, self.label))) for row in rows.only(*columns)]
        return {one.value: one for one in found}

    def _value(self, row: Any) -> str:
        return str(getattr(row, self.by) if self.by else row.public_id)


@dataclass(frozen=True)
class Scope:
    """What narrows a field down, such as the campaign of a mail; `key` is its place in a criterion."""

    key: str
    label: Text
    anything: Text
    choices: Choices


@dataclass
class Query:
    """The query under construction: when and where it is asked, and the expressions that conditions compare.

    `prefix` keeps the names of two queries apart that narrow the same rows.
    """

    workspace: Workspace
    now: datetime
    prefix: str = "asked"
    aliases: dict[str, Any] = field(default_factory=dict)

    def name(self, expression: Any) -> str:
        """Return a name by which conditions may speak of an expression."""
        name = f"{self.prefix}_{len(self.aliases)}"
        self.aliases[name] = expression
        return name


@dataclass(frozen=True)
class Criterion:
    """One question, checked: `value` fits what the operator takes; choices are `Known`s."""

    field: "Field"
    operator: Operator
    value: Any = None
    scope: Known | None = None

    def condition(self, query: Query) -> Q:
        """Return what the contacts must meet."""
        return self.field.condition(self, query)

    def words(self) -> str:
        """Return the question as part of a sentence."""
        return self.field.words(self)


Place = Callable[[Query], str]


class Within(Protocol):
    """What an index knows of the rows where a field holds a text, without regard to case: true of more than those."""

    def __call__(self, query: Query, text: str, *, begins: bool, ends: bool) -> Q:
        """Return the condition; `begins` and `ends` say whether the field does so with the text."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """Something known of contacts. A subclass is a `type`: it has operators and says what they mean to the database."""

    type: ClassVar[str] = ""
    operators: ClassVar[Mapping[str, Operator]] = {}

    key: str
    label: Text
    heading: Text = ""
    choices: Choices | None = None
    scope: Scope | None = None

    def condition(self, asked: Criterion, query: Query) -> Q:
        """Return what the contacts must meet."""
        raise NotImplementedError

    def words(self, asked: Criterion) -> str:
        """Return the question as part of a sentence, such as `Company contains “acme”`."""
        return str(asked.operator.words) % {"field": self.label, "value": said(asked)}


def said(asked: Criterion) -> str:
    """Return the value of a criterion in words."""
    match asked.operator.takes:
        case Takes.TEXT:
            return gettext("“%(text)s”") % {"text": asked.value}
        case Takes.DAYS:
            return ngettext("%(days)s day", "%(days)s days", asked.value) % {"days": asked.value}
        case Takes.DAY:
            return str(asked.value.isoformat())
        case Takes.CHOICES:
            names = [gettext("“%(text)s”") % {"text": one.label} for one in asked.value]
            return _(" or ").join(names)
        case Takes.NUMBER:
            return f"{asked.value:g}"
    return ""


def chosen(choices: Choices, given: Any, *, path: str) -> tuple[Known, ...]:
    """Return the values that were chosen, each once.

    Raises:
        Invalid: none or too many are given, or one does not exist; the details name `path` or `path.index`.
    """
    values = given if isinstance(given, list) else [given]
    if not values or not all(isinstance(value, str) and value for value in values):
        raise Invalid(_("Choose at least one value"), field=path)
    if len(values) > MAX_VALUES:
        raise Invalid(gettext("Choose at most %(most)s values") % {"most": MAX_VALUES}, field=path)
    known = choices.known(values)
    places = [path if given is value else f"{path}.{at}" for at, value in enumerate(values)]
    if unknown := [place for place, value in zip(places, values, strict=True) if value not in known]:
        raise Invalid(_("There is no such value"), details={place: [_("There is no such value")] for place in unknown})
    return tuple(known[value] for value in dict.fromkeys(values))
