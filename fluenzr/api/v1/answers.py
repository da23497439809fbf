"""The envelope of seed 002, and pages of lists (contract A19)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from rest_framework.response import Response

from fluenzr.api.v1 import paging

Rows = QuerySet[Any, Any] | paging.Part
Show = Callable[[Any], dict[str, Any]]
ShowAll = Callable[[Sequence[Any]], list[dict[str, Any]]]


def one(data: Any, *, status: int = 200) -> Response:
    """Answer with one object (or whatever is not a page)."""
    return Response({"success": True, "data": data}, status=status)


def created(data: Any) -> Response:
    """Answer that the resource was made: 201."""
    return one(data, status=201)


def page(rows: Rows, asked: Mapping[str, Any], show: Show) -> Response:
    """Answer with one page of the rows: `asked` are the values of `Paged` parameters, `show` makes an item of a row.

    What it costs says `paging.read`, and the prefetches of `rows`; a page beyond the end is empty.
    """
    return page_of(rows, asked, lambda found: [show(row) for row in found])


def page_of(rows: Rows, asked: Mapping[str, Any], show_all: ShowAll) -> Response:
    """Answer like `page`, where the items of a page are made together: `show_all` may ask for more about them."""
    found, total = paging.read(rows, asked)
    number, size = asked["page"], asked["perPage"]
    meta = {"page": number, "perPage": size, "total": total, "totalPages": -(-total // size)}
    return Response({"success": True, "data": show_all(found), "meta": meta})
