"""Thousands of values to look for as one parameter: one each has to be prepared, quoted, sent and parsed by itself.

For the right side of `__in`: `filter(pk__in=among.keys(found))`.
"""

import json
from collections.abc import Iterable
from uuid import UUID

from django.db import connection
from django.db.models.expressions import RawSQL


def keys(values: Iterable[UUID]) -> RawSQL:
    """Return the keys as a subquery."""
    digits = [value.hex for value in values]
    if connection.vendor == "postgresql":
        # Unlike elements of JSON these are counted by its planner.
        return RawSQL("SELECT unnest(%s::uuid[])", ("{" + ",".join(digits) + "}",))
    return listed(json.dumps(digits))


def texts(values: Iterable[str]) -> RawSQL:
    """Return the texts as a subquery."""
    return listed(json.dumps(list(values)))


def listed(encoded: str) -> RawSQL:
    """Return the texts of a JSON list as a subquery."""
    if connection.vendor == "postgresql":
        return RawSQL("SELECT jsonb_array_elements_text(%s::jsonb)", (encoded,))
    return RawSQL("SELECT value FROM json_each(%s)", (encoded,))
