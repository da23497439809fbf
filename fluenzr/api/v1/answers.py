"""The envelope of seed 002, and pages of lists (contract A19)."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import QuerySet
from rest_framework.response import Response

Show = Callable[[Any], dict[str, Any]]


def one(data: Any, *, status: int = 200) -> Response:
    """Answer with one object (or whatever is not a page)."""
    return Response({"success": True, "data": data}, status=status)


def created(data: Any) -> Response:
    """Answer that the resource was made: 201."""
    return one(data, status=201)


def page(rows: "QuerySet[Any]", asked: Mapping[str, Any], show: Show) -> Response:
    """Answer with one page of the rows: `asked` are the values of `Paged` parameters, `show` makes an item of a row.

    Two queries and the prefetches of `rows`, whatever the size; a page beyond the end is empty.
    """
    number, size = asked["page"], asked["perPage"]
    total = rows.count()
    start = (number - 1) * size
    found = rows.order_by(*asked["ordering"])[start : start + size] if start < total else []
    return paged([show(row) for row in found], number=number, size=size, total=total)


def paged(items: list[dict[str, Any]], *, number: int, size: int, total: int) -> Response:
    """Answer with items that make up page `number` of `total`."""
    meta = {"page": number, "perPage": size, "total": total, "totalPages": -(-total // size)}
    return Response({"success": True, "data": items, "meta": meta})
