"""What an address of a page names."""

from typing import Any, TypeVar

from django.db.models import QuerySet
from django.http import Http404

from fluenzr.core.ids import PublicIdMixin

Row = TypeVar("Row", bound=PublicIdMixin)


def one(model: type[Row], rows: QuerySet[Any], public_id: str) -> Row:
    """Return the row with this id among `rows`, which are of one workspace.

    Raises:
        Http404: it is not among them; a stranger's row and one that never was get the same answer.
    """
    key = model.key_of(public_id)
    found: Row | None = rows.filter(pk=key).first() if key else None
    if found is None:
        raise Http404
    return found
