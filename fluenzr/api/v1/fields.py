"""`/v1/fields`: the custom fields of the workspace."""

from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from contacts import fields
from contacts.enums import FieldType
from contacts.models import CustomField
from fluenzr.api.v1 import answers
from fluenzr.api.v1.bodies import Body, Paged
from fluenzr.api.v1.resource import Resource
from fluenzr.api.v1.values import Choice, Text, Texts
from fluenzr.core import clock


class ChangeBody(Body):
    """What may change: the technical name and the type may not."""

    ignored: ClassVar[tuple[str, ...]] = ("id", "key", "type", "createdAt")

    label = Text(required=False, max_length=100)  # type: ignore[assignment]  # a field named as DRF's attribute
    default = serializers.JSONField(required=False, allow_null=True)  # the domain checks it by the type
    options = Texts(required=False, each=200, max_length=500)


class FieldBody(Body):
    """A new field."""

    key = Text(max_length=100)
    type = Choice(FieldType.choices, source="kind")
    label = Text(required=False, max_length=100)  # type: ignore[assignment]  # a field named as DRF's attribute
    default = serializers.JSONField(required=False, allow_null=True)  # the domain checks it by the type
    options = Texts(required=False, each=200, max_length=500)


class FieldQuery(Paged):
    """What a list of fields may be asked for."""

    sorts: ClassVar[dict[str, str]] = {"createdAt": "created_at", "key": "key", "label": "label"}


class FieldList(Resource):
    """`/v1/fields`."""

    def get(self, request: Request) -> Response:
        """List the fields."""
        return answers.page(CustomField.objects.in_workspace(self.workspace), self.parameters(FieldQuery), show)

    def post(self, request: Request) -> Response:
        """Create a field."""
        field = fields.create(workspace=self.workspace, by=self.by, now=self.now, **self.body(FieldBody))
        return answers.created(show(field))


class FieldOne(Resource):
    """`/v1/fields/:id`."""

    def get(self, request: Request, field_id: str) -> Response:
        """Show a field."""
        return answers.one(show(self.find(CustomField, field_id)))

    def put(self, request: Request, field_id: str) -> Response:
        """Change label, default or options."""
        field: CustomField = self.find(CustomField, field_id)
        changes = self.body(ChangeBody, partial=True)
        return answers.one(show(fields.update(field, changes=changes, by=self.by, now=self.now)))

    def delete(self, request: Request, field_id: str) -> Response:
        """Delete a field with what contacts hold in it."""
        field: CustomField = self.find(CustomField, field_id)
        shown = {"id": field.public_id}
        return answers.one(shown | {"deleted": fields.delete(field, by=self.by, now=self.now)})


def show(field: CustomField) -> dict[str, Any]:
    """Return a field as the API shows it."""
    return {
        "id": field.public_id,
        "key": field.key,
        "label": field.label,
        "type": field.kind,
        "default": field.default,
        "options": field.options,
        "createdAt": clock.to_iso(field.created_at),
    }
