"""Queries whose SQL is made once.

For a query that each request asks, the ORM takes several times as long to write the SQL as the database to answer.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet


@dataclass(frozen=True)
class _Plan:
    """The SQL for one number of values; `places` says which of its parameters stand for which of the values."""

    sql: str
    parameters: Sequence[Any]
    places: Sequence[tuple[int, int]]
    compiler: Any
    converters: Any


class Prepared:
    """A query for the rows that some values stand for. `ask` returns it, a `values_list` of columns.

    Nothing of it but the values, which are keys or texts, may differ from one call to the next.
    """

    def __init__(self, ask: "Callable[[Sequence[Any]], QuerySet[Any, Any]]") -> None:
        self._ask = ask
        self._plans: dict[tuple[str, int], _Plan] = {}

    def rows(self, values: Sequence[Any]) -> list[Sequence[Any]]:
        """Return the rows for these distinct values: one query, none without values."""
        if not values:
            return []
        of = (connection.vendor, len(values))
        plan = self._plans.get(of) or self._plans.setdefault(of, self._planned(values))
        parameters = list(plan.parameters)
        for place, number in plan.places:
            parameters[place] = _adapted(values[number])
        with connection.cursor() as cursor:
            cursor.execute(plan.sql, parameters)
            found = cursor.fetchall()
        return list(plan.compiler.apply_converters(found, plan.converters))

    def _planned(self, values: Sequence[Any]) -> _Plan:
        # Random, so that nothing else among the parameters is one of them.
        marks = [uuid.uuid4() if isinstance(value, uuid.UUID) else uuid.uuid4().hex for value in values]
        compiler: Any = self._ask(marks).query.get_compiler(connection.alias)
        sql, parameters = compiler.as_sql()
        numbers = {_adapted(mark): number for number, mark in enumerate(marks)}
        known = [(place, value) for place, value in enumerate(parameters) if isinstance(value, str | uuid.UUID)]
        places = [(place, numbers[value]) for place, value in known if value in numbers]
        converters = compiler.get_converters([expression for expression, _sql, _alias in compiler.select])
        return _Plan(sql, tuple(parameters), places, compiler, converters)


def _adapted(value: Any) -> Any:
    """Return a value as the database's columns of its kind take it."""
    return value.hex if isinstance(value, uuid.UUID) and not connection.features.has_native_uuid_field else value
