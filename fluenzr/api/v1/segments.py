"""`/v1/segments`: saved rules of whom is meant, who that is, and what rules may ask."""

from datetime import datetime
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from contacts import segments
from contacts.criteria import registry, rules
from contacts.criteria.base import Field, Listed, Takes
from contacts.models import Segment
from fluenzr.api.v1 import answers
from fluenzr.api.v1.bodies import Body, Paged
from fluenzr.api.v1.contact_bodies import CONTACTS, show_all
from fluenzr.api.v1.contacts import SORTS
from fluenzr.api.v1.resource import Resource
from fluenzr.api.v1.values import Document, Text
from fluenzr.core import clock
from fluenzr.core.errors import Invalid

SEGMENTS = Segment.objects.select_related("workspace")


class SegmentBody(Body):
    """What may be written."""

    ignored: ClassVar[tuple[str, ...]] = ("id", "contactsCount", "createdAt", "updatedAt")

    name = Text(max_length=segments.MAX_NAME)
    rules = Document()


class RulesBody(Body):
    """Rules that are only asked about."""

    rules = Document()


class SegmentQuery(Paged):
    """What a list of segments may be asked for."""

    sorts: ClassVar[dict[str, str]] = {"createdAt": "created_at", "updatedAt": "updated_at", "name": "name"}


class MembersQuery(Paged):
    """What the contacts of a segment may be asked for."""

    sorts: ClassVar[dict[str, str]] = SORTS


class SegmentList(Resource):
    """`/v1/segments`."""

    def get(self, request: Request) -> Response:
        """List the segments, without counting each."""
        return answers.page(Segment.objects.in_workspace(self.workspace), self.parameters(SegmentQuery), shown)

    def post(self, request: Request) -> Response:
        """Save rules."""
        segment = segments.create(workspace=self.workspace, by=self.by, now=self.now, **self.body(SegmentBody))
        return answers.created(counted(segment, now=self.now))


class SegmentOne(Resource):
    """`/v1/segments/:id`."""

    def get(self, request: Request, segment_id: str) -> Response:
        """Show a segment."""
        return answers.one(counted(self.find(SEGMENTS, segment_id), now=self.now))

    def put(self, request: Request, segment_id: str) -> Response:
        """Change name or rules."""
        segment: Segment = self.find(SEGMENTS, segment_id)
        changes = self.body(SegmentBody, partial=True)
        segment = segments.update(segment, changes=changes, by=self.by, now=self.now)
        return answers.one(counted(segment, now=self.now))

    def delete(self, request: Request, segment_id: str) -> Response:
        """Delete a segment; its contacts stay."""
        segment: Segment = self.find(SEGMENTS, segment_id)
        gone = {"id": segment.public_id, "deleted": True}
        segments.delete(segment, by=self.by, now=self.now)
        return answers.one(gone)


class SegmentContacts(Resource):
    """`/v1/segments/:id/contacts`."""

    def get(self, request: Request, segment_id: str) -> Response:
        """List who is in the segment now."""
        segment: Segment = self.find(SEGMENTS, segment_id)
        rows = CONTACTS.in_workspace(self.workspace)
        rows = segments.narrowed(rows, self.workspace, {"rules": segment.rules}, now=self.now)
        return answers.page_of(rows, self.parameters(MembersQuery), show_all)


class SegmentCount(Resource):
    """`/v1/segments/count`."""

    post_reads: ClassVar[bool] = True

    def post(self, request: Request) -> Response:
        """Say whom rules mean, in words and how many, without saving them."""
        given = self.body(RulesBody)["rules"]
        count = segments.matching(self.workspace, given, now=self.now).count()
        return answers.one({"words": rules.read(self.workspace, given).words(), "contactsCount": count})


class SegmentFields(Resource):
    """`/v1/segments/fields`."""

    def get(self, request: Request) -> Response:
        """List what rules may ask about, and how."""
        found = registry.fields(self.workspace).values()
        types = {field.type: shown_operators(field) for field in found}
        return answers.one({"fields": [shown_field(field) for field in found], "types": types})


def shown(segment: Segment) -> dict[str, Any]:
    """Return a segment as lists show it."""
    return {
        "id": segment.public_id,
        "name": segment.name,
        "rules": segment.rules,
        "createdAt": clock.to_iso(segment.created_at),
        "updatedAt": clock.to_iso(segment.updated_at),
    }


def counted(segment: Segment, *, now: datetime) -> dict[str, Any]:
    """Return a segment with the number of its contacts; null while its rules name something that was deleted."""
    try:
        count = segments.contacts(segment, now=now).count()
    except Invalid:
        count = None
    return shown(segment) | {"contactsCount": count}


def shown_field(field: Field) -> dict[str, Any]:
    """Return a field; `scope` is what else a criterion of it may say, `choices` its values where they are fixed."""
    fixed = [value for value, _label in field.choices.pairs] if isinstance(field.choices, Listed) else None
    scope = field.scope.key if field.scope is not None else None
    return {"field": field.key, "label": str(field.label), "type": field.type, "choices": fixed, "scope": scope}


def shown_operators(field: Field) -> dict[str, str | None]:
    """Return the operators of a field's type, each with what its `value` is, or null when it takes none."""
    return {key: None if one.takes == Takes.NOTHING else one.takes for key, one in field.operators.items()}
