"""Fields of bodies and parameters: strict about types, and in the API's own words."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from fluenzr.core import clock
from fluenzr.workspaces.models import Member, User

MAX_INTEGER = 2_147_483_647  # what an integer column of PostgreSQL holds
MAX_AMOUNT = Decimal("999999999999.99")  # what a column of money holds
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class Text(serializers.CharField):
    """A string; numbers and booleans are none. Trimmed unless `trim_whitespace=False`."""

    def to_internal_value(self, data: Any) -> str:
        """Return the text."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Whole(serializers.IntegerField):
    """A whole number that a column can hold; `"9"` and `true` are none."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_value": 0, "max_value": MAX_INTEGER} | options)

    def to_internal_value(self, data: Any) -> int:
        """Return the number."""
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class Amount(serializers.Field[Decimal, Any, float, Any]):
    """An amount of money: a JSON number of at most two decimals, not negative."""

    default_error_messages = {"invalid": _("Must be an amount of at most two decimals, such as 99.90")}

    def to_internal_value(self, data: Any) -> Decimal:
        """Return the amount."""
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        amount = Decimal(str(data))
        if not (amount.is_finite() and 0 <= amount <= MAX_AMOUNT and amount == round(amount, 2)):
            self.fail("invalid")
        return round(amount, 2)

    def to_representation(self, value: Decimal) -> float:
        """Return the number."""
        return float(value)


class Choice(serializers.ChoiceField):
    """One of a few words; the error lists them."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the word."""
        if not isinstance(data, str) or data not in self.choices:
            words = ", ".join(str(word) for word in self.choices)
            raise serializers.ValidationError(gettext("Must be one of: %(words)s") % {"words": words})
        return data


class Document(serializers.JSONField):
    """A JSON object that is kept, or checked further by the domain."""

    default_error_messages = {"object": _("Must be an object")}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the object as it came."""
        if not isinstance(data, dict):
            self.fail("object")
        return data


class Texts(serializers.ListField):
    """A list of strings, such as ids or tags."""

    def __init__(self, *, each: int = 200, **options: Any) -> None:
        super().__init__(child=Text(max_length=each), **{"max_length": 10_000} | options)


class Instant(serializers.Field[datetime, str, str, Any]):
    """A moment, ISO 8601 (contract A31).

    With an offset it is that moment; a date alone is its local midnight, or the end of its day with `end=True`, in
    `context["zone"]`; a time without an offset is refused.
    """

    default_error_messages = {
        "invalid": _("Must be a date, or a time with its offset, in ISO 8601"),
        "zone": _("A time needs an offset, such as Z or +01:00"),
    }

    def __init__(self, *, end: bool = False, **options: Any) -> None:
        self.end = end
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> datetime:
        """Return the moment, in UTC."""
        if not isinstance(data, str):
            self.fail("invalid")
        try:
            if _DATE.fullmatch(data):
                minutes = clock.MINUTES_A_DAY if self.end else 0
                return clock.instant(date.fromisoformat(data), minutes, self.context.get("zone", "UTC"))
            at = datetime.fromisoformat(data)
            if at.tzinfo is None:
                self.fail("zone")
            return at.astimezone(ZoneInfo("UTC"))
        except (ValueError, OverflowError):
            self.fail("invalid")

    def to_representation(self, value: datetime) -> str:
        """Return the moment as the API prints it."""
        return clock.to_iso(value) or ""


class Reference(serializers.Field[Any, str, str, Any]):
    """The id of one object of the workspace; becomes the object. Any other id is refused alike (contract A30).

    `only` is the method of the queryset that keeps those that may be referred to.
    """

    default_error_messages = {"unknown": _("There is no such object in this workspace")}

    def __init__(self, model: type[models.Model], *, only: str = "all", **options: Any) -> None:
        self.model: Any = model
        self.only = only
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> Any:
        """Return the object."""
        key = self.model.key_of(data)
        rows = getattr(self.model.objects.in_workspace(self.context["workspace"]), self.only)()
        found = None if key is None else rows.filter(pk=key).first()
        if found is None:
            self.fail("unknown")
        return found

    def to_representation(self, value: Any) -> str:
        """Return the id."""
        return str(value.public_id)


class Colleague(serializers.Field[User, str, str, Any]):
    """The id of somebody who is a member of the workspace; becomes the user."""

    default_error_messages = {"unknown": _("There is no such object in this workspace")}

    def to_internal_value(self, data: Any) -> User:
        """Return the user."""
        key = User.key_of(data)
        rows = Member.objects.in_workspace(self.context["workspace"]).select_related("user")
        found: Member | None = None if key is None else rows.filter(user=key).first()
        if found is None:
            self.fail("unknown")
        return found.user

    def to_representation(self, value: User) -> str:
        """Return the id."""
        return value.public_id


class CommaList(serializers.Field[list[Any], str, str, Any]):
    """A query parameter of several values parted by commas; each is checked by `child`."""

    def __init__(self, child: "serializers.Field[Any, Any, Any, Any]", **options: Any) -> None:
        self.child = child
        super().__init__(**options)

    def bind(self, field_name: str, parent: Any) -> None:
        """Make the field one of a serializer's, whose context its child reads, too."""
        super().bind(field_name, parent)
        self.child.bind(field_name="", parent=cast(Any, self))

    def to_internal_value(self, data: str) -> list[Any]:
        """Return the values, doubles once."""
        return [self.child.run_validation(item.strip()) for item in dict.fromkeys(data.split(","))]

    def to_representation(self, value: Sequence[Any]) -> str:
        """Return the values joined."""
        return ",".join(map(str, value))


@cache
def label_of(name: str) -> str:
    """Return the words of a camelCase name: `emailAccountId` is `Email account ID`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower()
    words = re.sub(r"\bid(s?)\b", r"ID\1", words)
    return words[:1].upper() + words[1:]
