"""Queries whose SQL is made once.

For a query that each request asks, the ORM takes several times as long to write the SQL as the database to answer.
PostgreSQL keeps the plan of such a statement with the connection, too, so that it need not think again either.
"""

import random
import uuid
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from django.db import NotSupportedError, connection
from django.db.models import Model, QuerySet

# So often a connection sends a statement as it is before PostgreSQL keeps it; psycopg forgets the rarest of 100.
SENT_BEFORE_KEPT = 5
# So many shapes of one query are remembered.
SHAPES = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class _Plan:
    """The SQL for one shape; `places` says which of its parameters stand for which of the values."""

    sql: str
    parameters: Sequence[Any]
    places: Sequence[tuple[int, int]]
    compiler: Any
    converters: Any


class Prepared:
    """A query for the rows that some values stand for. `ask` returns it, a `values_list` of columns.

    Nothing of it but the values, which are keys, texts or moments, may differ from one call to the next; what else
    does is its shape, which `ask` gets behind the values.
    """

    def __init__(self, ask: "Callable[..., QuerySet[Any, Any]]") -> None:
        self._ask = ask
        self._plans: dict[Hashable, _Plan] = {}

    def rows(self, values: Sequence[Any], *shape: Hashable) -> list[Sequence[Any]]:
        """Return the rows for these distinct values: one query, none without values."""
        if not values:
            return []
        of = (connection.vendor, tuple(map(type, values)), shape)
        plan = self._plans.get(of)
        if plan is None:
            if len(self._plans) >= SHAPES:
                self._plans.clear()
            plan = self._plans[of] = self._planned(values, shape)
        parameters = list(plan.parameters)
        for place, number in plan.places:
            parameters[place] = _adapted(values[number])
        found = _fetched(plan.sql, parameters)
        return list(plan.compiler.apply_converters(found, plan.converters)) if plan.converters else found

    def _planned(self, values: Sequence[Any], shape: Sequence[Hashable]) -> _Plan:
        marks = [_mark(value) for value in values]
        compiler: Any = self._ask(marks, *shape).query.get_compiler(connection.alias)
        sql, parameters = compiler.as_sql()
        numbers = {_adapted(mark): number for number, mark in enumerate(marks)}
        kinds = (str, uuid.UUID, datetime)
        known = [(place, value) for place, value in enumerate(parameters) if isinstance(value, kinds)]
        places = [(place, numbers[value]) for place, value in known if value in numbers]
        converters = compiler.get_converters([expression for expression, _sql, _alias in compiler.select])
        return _Plan(sql, tuple(parameters), places, compiler, converters)


def columns(model: type[Model], only: Collection[str] = ()) -> list[str]:
    """Return the columns from which `instance` makes an object: all of them, or `only` these, in the model's order."""
    return [field.attname for field in model._meta.concrete_fields if not only or field.attname in only]


def instance(model: type[Model], values: Sequence[Any], names: Sequence[str] = ()) -> Any:
    """Return the object that the values of its `columns` describe, as if the ORM had fetched it."""
    return model.from_db(connection.alias, names or columns(model), values)


def reached(at: str, names: Iterable[str]) -> list[str]:
    """Return the columns of what a relation leads to, as the rows that are asked for name them."""
    return [f"{at}__{name}" for name in names]


def _mark(value: Any) -> Any:
    """Return a value of the same kind, random, so that nothing else among the parameters is equal to it."""
    if isinstance(value, uuid.UUID):
        return uuid.uuid4()
    return _EPOCH + timedelta(microseconds=random.getrandbits(50)) if isinstance(value, datetime) else uuid.uuid4().hex


def _adapted(value: Any) -> Any:
    """Return a value as the database's columns of its kind take it."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value.hex if isinstance(value, uuid.UUID) and not connection.features.has_native_uuid_field else value


def _fetched(sql: str, parameters: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        raw: Any = connection.connection
        if connection.vendor == "postgresql":
            # Django's own writes the values into the statement, so that each is another one.
            cursor.cursor = psycopg.Cursor(raw)
            # A pooler that gives each transaction another connection cannot keep what belongs to one.
            is_pooled = connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS")
            raw.prepare_threshold = None if is_pooled else SENT_BEFORE_KEPT
        try:
            cursor.execute(sql, parameters)
        except NotSupportedError:
            # A migration has changed a column since ("cached plan must not change result type").
            if connection.in_atomic_block:
                raise
            cursor.execute("DEALLOCATE ALL")
            cursor.execute(sql, parameters)
        return list(cursor.fetchall())
