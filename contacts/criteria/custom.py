"""The fields that a workspace added: each is asked about by its type."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection
from django.db.models import Q, TextField
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from contacts.criteria.base import Field, Listed, Place, Query
from contacts.criteria.types import ByChoice, ByDate, ByFlag, ByNumber, ByText
from contacts.enums import FieldType
from contacts.models import CustomField
from fluenzr.workspaces.models import Workspace

PREFIX = "customFields."


def _text_of(key: str) -> Place:
    # Cast, as lookups of the transform itself would compare with JSON.
    return lambda query: query.name(Cast(KeyTextTransform(key, "custom"), TextField()))


def _value_of(key: str) -> Place:
    return lambda query: query.name(KeyTransform(key, "custom"))


def as_text() -> Cast:
    """Return all own fields as one text, of which PostgreSQL has an index."""
    return Cast("custom", TextField())


def written(text: str, *, within: str) -> Q:
    """Return what must be true of `as_text()`, called `within` in the query, where a field has this text.

    It finds more than that: parts of values, and keys. Nothing is asked of SQLite, which writes other text.
    """
    if not connection.features.supports_json_field_contains:
        return Q()
    return Q(**{f"{within}__icontains": json.dumps(text, ensure_ascii=False)[1:-1]})


def _among_all(query: Query, text: str, *, begins: bool, ends: bool) -> Q:
    return written(text, within=query.name(as_text()))


_TYPES: dict[str, tuple[Callable[..., Field], Callable[[str], Place]]] = {
    FieldType.TEXT: (ByText, _text_of),
    FieldType.URL: (ByText, _text_of),
    FieldType.NUMBER: (ByNumber, _value_of),
    FieldType.DATE: (ByDate, _text_of),
    FieldType.DROPDOWN: (ByChoice, _text_of),
    FieldType.CHECKBOX: (ByFlag, _value_of),
}


# Kept as the text that is asked for.
_WRITTEN = (FieldType.TEXT, FieldType.URL, FieldType.DROPDOWN)


def custom(workspace: Workspace) -> Iterator[Field]:
    """Yield the workspace's own fields."""
    for field in CustomField.objects.in_workspace(workspace).order_by("label", "key"):
        kind, place = _TYPES[field.kind]
        more: dict[str, Any] = {}
        if field.kind == FieldType.DROPDOWN:
            more["choices"] = Listed([(option, option) for option in field.options])
        if field.kind in _WRITTEN:
            more["within"] = _among_all
        yield kind(
            key=f"{PREFIX}{field.key}", label=field.label, heading=_("Own fields"), place=place(field.key), **more
        )
