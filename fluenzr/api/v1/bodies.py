"""Bases of what a request may hold: bodies and query parameters, both strict about names (contract A22, A25)."""

import threading
from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.functional import lazy
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from fluenzr.api.v1 import paging
from fluenzr.api.v1.values import label_of

MAX_PER_PAGE = 100
_made = threading.local()


def _say_required(label: Any) -> str:
    return _("%(label)s is required") % {"label": _(label_of(label)) if isinstance(label, str) else label}


# Translated when somebody has to read it, as hardly any request has a field to complain about.
_required: Any = lazy(_say_required, str)


class Strict(serializers.Serializer[Any]):
    """A set of named fields; any other name is an error."""

    unknown = "Unknown field"
    # Names that an answer holds and a body may repeat, so that what was got can be put back; they change nothing.
    ignored: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def checker(cls, *, data: Any, partial: bool, context: Mapping[str, Any]) -> "Strict":
        """Return what checks these values."""
        return cls(data=data, partial=partial, context=context)

    def get_fields(self) -> dict[str, Any]:
        """Return the fields, with "<Label> is required" for what is missing (contract M22)."""
        fields = super().get_fields()
        for name, field in fields.items():
            message = _required(name if field.label is None else field.label)
            for code in {"required", "null", "blank"} & field.error_messages.keys():
                field.error_messages[code] = message
        return fields

    def to_internal_value(self, data: Any) -> Any:
        """Return the values by their `source`; raises ValidationError with all problems at once."""
        if not isinstance(data, Mapping):
            raise ValidationError({"": [_("Must be an object")]})
        problems: dict[str, Any] = {}
        values: Any = {}
        try:
            values = super().to_internal_value(data)
        except ValidationError as error:
            problems |= error.detail if isinstance(error.detail, dict) else {"": error.detail}
        known = {*self.fields, *self.ignored}
        problems |= {name: [_(self.unknown)] for name in data if name not in known}
        if problems:
            raise ValidationError(problems)
        return values


class Body(Strict):
    """The JSON body of a request. Declare fields of `values`, camelCase names, `source=` for the domain's name."""


class Nothing(Body):
    """The body of a call that takes none: empty, or an empty object."""


class Parameters(Strict):
    """The query string of a request."""

    unknown = "Unknown parameter"

    @classmethod
    def checker(cls, *, data: Any, partial: bool, context: Mapping[str, Any]) -> "Strict":
        """Return what checks these values: one for each thread, as its fields take longer to make than to ask.

        And one for each language, for some words of DRF's are translated once.
        """
        made, of = _made.__dict__.setdefault("checkers", {}), (cls, get_language())
        found: Strict = made.get(of) or made.setdefault(of, cls(data={}))
        for checked in ("_validated_data", "_errors"):
            found.__dict__.pop(checked, None)
        found.initial_data, found.partial, found._context = data, partial, context
        return found

    @classmethod
    def items_of(cls, query: Any) -> dict[str, str]:
        """Return the parameters by name.

        Raises:
            ValidationError: one is given twice.
        """
        doubles = {name: [_("Given more than once")] for name, values in query.lists() if len(values) > 1}
        if doubles:
            raise ValidationError(doubles)
        items: dict[str, str] = query.dict()
        return items


class Paged(Parameters):
    """Parameters of a list.

    Its values also hold `ordering`, terms for `order_by`, ties by key (contract A21), `listed`, the name by which
    `paging` remembers the list, and `is_whole`, whether no filter was given.
    """

    # What `sort` may name, and the column behind it; empty where the list has one fixed order.
    sorts: ClassVar[dict[str, str]] = {}
    default_ordering: ClassVar[tuple[str, ...]] = ("-created_at", "-pk")

    page = serializers.IntegerField(min_value=1, default=1)
    perPage = serializers.IntegerField(min_value=1, max_value=MAX_PER_PAGE, default=20)  # noqa: N815 - the API's name
    sort = serializers.CharField(required=False)
    order = serializers.CharField(required=False)

    def get_fields(self) -> dict[str, Any]:
        """Return the fields, without `sort` and `order` where the order is fixed."""
        fields = super().get_fields()
        if not self.sorts:
            del fields["sort"], fields["order"]
        return fields

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Add `ordering`: newest first unless asked otherwise; `sort` alone rises."""
        sort, order = attrs.pop("sort", None), attrs.pop("order", None)
        if sort is not None and sort not in self.sorts:
            raise ValidationError({"sort": [_("Must be one of: %(words)s") % {"words": ", ".join(self.sorts)}]})
        if order not in (None, "asc", "desc"):
            raise ValidationError({"order": [_("Must be one of: %(words)s") % {"words": "asc, desc"}]})
        attrs["ordering"] = self._ordering(sort, order)
        attrs["listed"] = listed(self)
        attrs["is_whole"] = paging.HOW.issuperset(self.initial_data)
        return attrs

    def _ordering(self, sort: str | None, order: str | None) -> tuple[str, ...]:
        if sort is None and order is None:
            return self.default_ordering
        column = self.sorts[sort] if sort is not None else self.default_ordering[0].lstrip("-")
        sign = "-" if order == "desc" else ""
        return (f"{sign}{column}", f"{sign}pk")


def listed(asked: "serializers.Serializer[Any]") -> str:
    """Return the name of the list that a query or a search asks for."""
    return paging.name_of(asked.context["workspace"].pk, asked.context["path"], asked.initial_data)
