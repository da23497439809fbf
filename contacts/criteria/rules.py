"""A document of criteria, read into a tree: `{"all": [...]}` or `{"any": [...]}` of criteria and further blocks.

A criterion is `{"field": "company", "operator": "contains", "value": "acme"}`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from contacts.criteria import registry
from contacts.criteria.base import Criterion, Field, Known, Operator, Query, Takes, chosen
from fluenzr.core.errors import Invalid, Text
from fluenzr.workspaces.models import Workspace

ALL, ANY = "all", "any"
MAX_DEPTH = 5
MAX_CRITERIA = 50
MAX_TEXT = 500
MAX_DAYS = 3650
MAX_NUMBER = 1e18
YEARS = range(1900, 2201)


@dataclass(frozen=True)
class Block:
    """Criteria and blocks of which all, or any, must be met."""

    match: str
    parts: tuple["Criterion | Block", ...]

    def condition(self, query: Query) -> Q:
        """Return what the contacts must meet."""
        found = Q()
        for part in self.parts:
            one = part.condition(query)
            found = found & one if self.match == ALL else found | one
        return found

    def words(self) -> str:
        """Return the rules as a sentence without its full stop."""
        said = self._joined(is_inner=False)
        return said[:1].upper() + said[1:]

    def _joined(self, *, is_inner: bool = True) -> str:
        parts = [part._joined() if isinstance(part, Block) else part.words() for part in self.parts]
        joined = (_(" and ") if self.match == ALL else _(" or ")).join(parts)
        return f"({joined})" if is_inner and len(parts) > 1 else joined


def read(
    workspace: Workspace, document: object, *, path: str = "rules", fields: Mapping[str, Field] | None = None
) -> Block:
    """Return the tree of a document; `fields` are those of the registry, where many documents are read.

    Raises:
        Invalid: with every problem by its path, such as `rules.all.0.value`.
    """
    reader = _Reader(registry.fields(workspace) if fields is None else fields)
    block = reader.part(document, path)
    if not isinstance(block, Block) or reader.problems:
        raise Invalid(next(iter(reader.problems.values()))[0], details=reader.problems)
    return block


class _Reader:
    """Reads on after a problem, so that all are told at once."""

    def __init__(self, fields: Mapping[str, Field]) -> None:
        self.fields = fields
        self.problems: dict[str, list[Text]] = {}
        self.count = 0

    def part(self, given: object, path: str, *, depth: int = 0) -> Criterion | Block | None:
        """Return the block or, inside one, the criterion at a path; None when it has a problem."""
        try:
            if depth and isinstance(given, Mapping) and "field" in given:
                return self._criterion(given, path)
            return self._block(given, path, depth=depth + 1)
        except Invalid as error:
            for at, sentences in error.details.items():
                self.problems.setdefault(at, []).extend(sentences)
        return None

    def _block(self, given: object, path: str, *, depth: int) -> Block:
        if not isinstance(given, Mapping) or len(given) != 1 or next(iter(given)) not in (ALL, ANY):
            raise Invalid(_("Must be an object with either “all” or “any”"), field=path)
        match, inside = next(iter(given.items()))
        path = f"{path}.{match}"
        if not isinstance(inside, list):
            raise Invalid(_("Must be a list"), field=path)
        if not inside:
            raise Invalid(_("Add at least one condition"), field=path)
        if depth > MAX_DEPTH:
            raise Invalid(_("Blocks may lie at most %(most)s deep") % {"most": MAX_DEPTH}, field=path)
        # One more than there may be, so that the last is told of.
        parts = [self.part(one, f"{path}.{at}", depth=depth) for at, one in enumerate(inside[: MAX_CRITERIA + 1])]
        return Block(match, tuple(part for part in parts if part is not None))

    def _criterion(self, given: Mapping[Any, Any], path: str) -> Criterion:
        self.count += 1
        if self.count > MAX_CRITERIA:
            raise Invalid(_("Rules have at most %(most)s conditions") % {"most": MAX_CRITERIA}, field=path)
        field = self.fields.get(given["field"]) if isinstance(given["field"], str) else None
        if field is None:
            raise Invalid(_("There is no such field"), field=f"{path}.field")
        asked = given.get("operator")
        operator = field.operators.get(asked) if isinstance(asked, str) else None
        if operator is None:
            words = ", ".join(field.operators)
            raise Invalid(_("Must be one of: %(words)s") % {"words": words}, field=f"{path}.operator")
        known = {"field", "operator"} | ({"value"} if operator.takes != Takes.NOTHING else set())
        known |= {field.scope.key} if field.scope is not None else set()
        if unknown := sorted(str(name) for name in given if name not in known):
            raise Invalid(_("Unknown field"), details={f"{path}.{name}": [_("Unknown field")] for name in unknown})
        value = value_for(field, operator, given.get("value"), path=f"{path}.value")
        return Criterion(field, operator, value, self._scope(field, given, path))

    def _scope(self, field: Field, given: Mapping[str, Any], path: str) -> Known | None:
        if field.scope is None or given.get(field.scope.key) is None:
            return None
        name, path = given[field.scope.key], f"{path}.{field.scope.key}"
        if not isinstance(name, str):
            raise Invalid(_("Must be a text"), field=path)
        return chosen(field.scope.choices, name, path=path)[0]


def value_for(field: Field, operator: Operator, given: Any, *, path: str) -> Any:
    """Return a value as the operator takes it: text, number, date, whole days, or the choices.

    Raises:
        Invalid: it does not fit; the error names `path`.
    """
    match operator.takes:
        case Takes.TEXT:
            if not isinstance(given, str) or not given.strip() or len(given) > MAX_TEXT or "\0" in given:
                raise Invalid(_("Write between 1 and %(most)s characters") % {"most": MAX_TEXT}, field=path)
            return given.strip()
        case Takes.NUMBER:
            # "Not a number" is no number either: no comparison holds for it.
            if isinstance(given, bool) or not isinstance(given, int | float) or not abs(given) <= MAX_NUMBER:
                raise Invalid(_("Give a number"), field=path)
            return given
        case Takes.DAYS:
            if type(given) is not int or not 1 <= given <= MAX_DAYS:
                raise Invalid(_("Give a whole number of days from 1 to %(most)s") % {"most": MAX_DAYS}, field=path)
            return given
        case Takes.DAY:
            return _day(given, path)
        case Takes.CHOICES:
            assert field.choices is not None, "a field with such an operator has choices"
            return chosen(field.choices, given, path=path)
    return None


def _day(given: Any, path: str) -> date:
    try:
        found = date.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        found = None
    # Other spellings of ISO 8601 are none that a form could show again.
    if found is None or found.year not in YEARS or found.isoformat() != given:
        raise Invalid(_("Give a date as YYYY-MM-DD"), field=path)
    return found
