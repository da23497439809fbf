"""Locks that many hold at once, against whoever wants to change the row."""

from typing import TypeVar

from django.db import connection, models
from django.db.models import QuerySet

Row = TypeVar("Row", bound=models.Model)


def held(rows: "QuerySet[Row]") -> list[Row]:
    """Return rows that nobody changes before this transaction ends; who holds them so must not change them either.

    SQLite has one writer at a time anyway.
    """
    if connection.vendor != "postgresql":
        return list(rows)
    order, values = rows.query.sql_with_params()
    return list(rows.model._default_manager.raw(f"{order} FOR SHARE", values))
