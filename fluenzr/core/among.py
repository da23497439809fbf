"""Thousands of values to look for as one parameter: one each has to be prepared, quoted, sent and parsed by itself."""

import json
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, Func, Q, Value
from django.db.models.expressions import RawSQL


class _IsAny(Func):
    """Whether a column is an element of an array of this `kind`."""

    template = "(%(expressions)s::%(kind)s[]))"
    arg_joiner = " = ANY("
    output_field = BooleanField()


def keys(column: str, values: Iterable[UUID]) -> Func | Q:
    """Return the condition that the column is one of these keys."""
    return _condition(column, [value.hex for value in values], kind="uuid")


def hashes(column: str, values: Iterable[str]) -> Func | Q:
    """Return the condition that the column is one of these texts, which are of letters and digits alone."""
    return _condition(column, list(values), kind="varchar")


def _condition(column: str, bare: Sequence[str], *, kind: str) -> Func | Q:
    if connection.vendor == "postgresql":
        # Not a subquery: where a table was never analysed, that is gone through anew for each of its rows.
        return _IsAny(column, Value("{" + ",".join(bare) + "}"), kind=kind)
    found: dict[str, Any] = {f"{column}__in": listed(json.dumps(bare))}
    return Q(**found)


def listed(encoded: str) -> RawSQL:
    """Return the texts of a JSON list as a subquery, for the right side of `__in`."""
    if connection.vendor == "postgresql":
        return RawSQL("SELECT jsonb_array_elements_text(%s::jsonb)", (encoded,))
    return RawSQL("SELECT value FROM json_each(%s)", (encoded,))
