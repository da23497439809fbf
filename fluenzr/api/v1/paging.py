"""Fetching a page of a list at a cost that does not grow with the list (contract A19).

Two things would: to count a list, and to walk to a page far back. Both are remembered for seconds, by what was asked of
which workspace: the total, and a few places, which are the sort keys of rows whose position is known. A page behind a
place begins at its key. A list of a few rows is read exactly each time, which costs less than to remember.
"""

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db.models import F, Model, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan

from fluenzr.core.prepared import Prepared

# What is asked of a list that does not change which rows it has.
HOW = frozenset({"page", "perPage", "sort", "order"})
# So many rows are counted and skipped anew for each request.
FEW = 1000
TOTAL_SECONDS = 10
# How long a list may be read on as it was; rows that came to its front meanwhile do not move its pages.
PLACE_SECONDS = 60
# Readers that are at different places of one list at once, in one process.
PLACES = 20


def name_of(workspace: object, path: str, asked: Mapping[str, Any]) -> str:
    """Return the name under which a list is remembered: it differs with all that was asked but page and order."""
    kept = {key: value for key, value in asked.items() if key not in HOW}
    text = json.dumps([str(workspace), path, kept], sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


class Whole:
    """A list of all that belongs to one thing, whose SQL is written once; `rows` makes the `values_list` of its key."""

    def __init__(self, rows: "Callable[[Any], QuerySet[Any, Any]]") -> None:
        self.rows = rows
        self.pages = Prepared(lambda values, *cut: _page(rows(values[0]), values[1:], *cut))

    def of(self, key: UUID) -> "Part":
        """Return the rows of the thing with this key."""
        return Part(self, key)


@dataclass(frozen=True)
class Part:
    """The rows of a `Whole` that belong to one thing."""

    whole: Whole
    key: UUID

    def queryset(self) -> "QuerySet[Any, Any]":
        """Return them as the ORM asks for them."""
        return self.whole.rows(self.key)


def read(rows: "QuerySet[Any, Any] | Part", asked: Mapping[str, Any]) -> tuple[list[Any], int]:
    """Return the rows of the page that was asked for, and how many there are on all pages.

    `asked` are the values of `bodies.Paged`. One query for a page that is not full, which says the total by itself; a
    second one for the total where it is not remembered; a third one for a page far back that no place is near to.
    """
    size, name = asked["perPage"], asked["listed"]
    start = (asked["page"] - 1) * size
    if start < FEW:
        found = _fetched(rows, (), asked["ordering"], None, start, size)
        if len(found) < size and (found or not start):
            return found, start + len(found)
        return found, max(_total(rows, name), start + len(found) if found else 0)
    total = _total(rows, name)
    found = _far(rows, asked, start) if start < total else []
    return found, total


def _fetched(rows: "QuerySet[Any, Any] | Part", after: Sequence[Any], *cut: Any) -> list[Any]:
    if isinstance(rows, Part):
        return rows.whole.pages.rows((rows.key, *after), *cut)
    return list(_page(rows, after, *cut))


def _page(
    rows: "QuerySet[Any, Any]",
    after: Sequence[Any],
    ordering: Sequence[Any],
    order: "_Order | None",
    start: int,
    size: int,
) -> "QuerySet[Any, Any]":
    """Return so many rows from `start` on; with an `order` those behind a key, and with their own keys."""
    ordered = rows.order_by(*ordering)
    if order is not None:
        ordered = order.keyed(order.after(ordered, after))
    return ordered[start : start + size]


def _queryset(rows: "QuerySet[Any, Any] | Part") -> "QuerySet[Any, Any]":
    return rows.queryset() if isinstance(rows, Part) else rows


def _total(rows: "QuerySet[Any, Any] | Part", name: str) -> int:
    key = f"total:{name}"
    known: int | None = cache.get(key)
    if known is not None:
        return known
    total = _queryset(rows).order_by().count()
    if total > FEW:
        cache.set(key, total, TOTAL_SECONDS)
    return total


def _far(rows: "QuerySet[Any, Any] | Part", asked: Mapping[str, Any], start: int) -> list[Any]:
    """Return the rows of a page far back, and remember where the next one begins."""
    size, ordering = asked["perPage"], asked["ordering"]
    order = _order_of(_queryset(rows), ordering)
    if order is None:
        return _fetched(rows, (), ordering, None, start, size)
    places = _Places(f"places:{asked['listed']}:{order}")
    position, place = places.before(start)
    if start - position >= FEW:
        # Narrow, so that an index alone leads there; the rows themselves are fetched for one page only.
        ordered = _queryset(rows).order_by(*ordering).prefetch_related(None)
        narrow = order.after(ordered, place.key).values_list(*order.columns)
        skipped = start - position
        keys = list(narrow[skipped - 1 : skipped])
        if not keys:
            return []
        position, place = start, _Place(keys[0], place.expires)
        places.note(position, place)
    found = _fetched(rows, place.key, ordering, order, start - position, size)
    if len(found) == size:
        places.note(start + size, _Place(order.key_of(found[-1]), place.expires))
    return [order.without_key(row) for row in found]


@dataclass(frozen=True)
class _Order:
    """An order in which a key says which rows come after it."""

    columns: tuple[str, ...]
    falls: bool

    def __str__(self) -> str:
        return ("-" if self.falls else "") + ",".join(self.columns)

    def keyed(self, rows: "QuerySet[Any, Any]") -> "QuerySet[Any, Any]":
        """Return rows that tell their key: objects do, a `values_list` gets it at its end."""
        fields: Any = rows._fields  # type: ignore[attr-defined]
        return rows if fields is None else rows.values_list(*fields, *self.columns)

    def key_of(self, row: Any) -> tuple[Any, ...]:
        """Return the key of a row that is `keyed`."""
        if isinstance(row, Model):
            return tuple(getattr(row, column) for column in self.columns)
        return tuple(row[-len(self.columns) :])

    def without_key(self, row: Any) -> Any:
        """Return a row as it was before it was `keyed`."""
        return row if isinstance(row, Model) else row[: -len(self.columns)]

    def after(self, rows: "QuerySet[Any, Any]", key: Sequence[Any]) -> "QuerySet[Any, Any]":
        """Return the rows behind a key; all of them for the empty key."""
        if not key:
            return rows
        compare = TupleLessThan if self.falls else TupleGreaterThan
        # On SQLite the ORM takes the comparison apart, so that no index leads to the key but by its first column.
        first = {f"{self.columns[0]}__{'lte' if self.falls else 'gte'}": key[0]}
        return rows.filter(compare(Tuple(*(F(column) for column in self.columns)), key), **first)


def _order_of(rows: "QuerySet[Any, Any]", ordering: Sequence[Any]) -> _Order | None:
    """Return the order of the terms; None where keys do not say it: expressions, columns of others, both directions.

    A column that may be null is none either, for no row comes before or after it.
    """
    if not all(isinstance(term, str) for term in ordering):
        return None
    falling = {term.startswith("-") for term in ordering}
    names = [term.removeprefix("-") for term in ordering]
    primary: Any = rows.model._meta.pk
    known = {field.name for field in rows.model._meta.concrete_fields if not field.null and not field.is_relation}
    columns = tuple(dict.fromkeys(primary.name if name == "pk" else name for name in names))
    if len(falling) != 1 or not known.issuperset(columns) or columns[-1] != primary.name:
        return None
    return _Order(columns, falls=falling.pop())


@dataclass(frozen=True)
class _Place:
    """The key of the row before a position. What is reached from a place expires with it."""

    key: tuple[Any, ...]
    expires: float


class _Places:
    """The places of one list in one order."""

    def __init__(self, name: str) -> None:
        self._name = name
        now = time.time()
        kept: dict[int, _Place] = cache.get(name) or {}
        self._places = {position: place for position, place in kept.items() if place.expires > now}

    def before(self, start: int) -> tuple[int, _Place]:
        """Return the last known place up to this position; the beginning where there is none."""
        nearest = max((position for position in self._places if position <= start), default=0)
        return nearest, self._places.get(nearest) or _Place((), time.time() + PLACE_SECONDS)

    def note(self, position: int, place: _Place) -> None:
        """Remember a place; the one that was noted first is forgotten when there are too many."""
        self._places.pop(position, None)
        self._places[position] = place
        for stale in list(self._places)[:-PLACES]:
            del self._places[stale]
        cache.set(self._name, self._places, PLACE_SECONDS)
