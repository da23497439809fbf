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


def _among_all(query: Query, text: str) -> Q:
    """Look for a value in the text of all own fields, as PostgreSQL writes it; SQLite writes other text."""
    if not connection.features.supports_json_field_contains:
        return Q()
    written = json.dumps(text, ensure_ascii=False)[1:-1]
    return Q(**{f"{query.name(Cast('custom', TextField()))}__icontains": written})


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
