"""The rows that an import refused, as a table to be repaired and imported again."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from contacts.models import Import, RejectedRow


def head(origin: Import) -> list[str]:
    """Return the names of the columns: the line and the reason, then those of the file."""
    return [_("Line"), _("Reason"), *origin.header]


def rows(origin: Import) -> Iterator[list[Any]]:
    """Return the rows in the order of the file."""
    found = RejectedRow.objects.filter(origin=origin).order_by("line", "pk")
    for line, reason, cells in found.values_list("line", "reason", "cells").iterator(chunk_size=2000):
        yield [line, reason, *cells]
