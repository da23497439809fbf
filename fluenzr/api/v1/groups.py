"""`/v1/groups`."""

from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from contacts import grouping
from contacts.enums import GroupKind
from contacts.models import Contact, Group
from fluenzr.api.v1 import answers, references
from fluenzr.api.v1.bodies import Body, Paged, Parameters
from fluenzr.api.v1.resource import Resource
from fluenzr.api.v1.values import Choice, CommaList, Text, Texts
from fluenzr.core import clock

GROUPS = Group.objects.with_members()


class GroupBody(Body):
    """What may be written."""

    ignored: ClassVar[tuple[str, ...]] = ("id", "contactsCount", "createdAt", "updatedAt")

    name = Text(max_length=grouping.MAX_NAME)
    description = Text(required=False, allow_null=True, allow_blank=True, max_length=10_000)
    type = Choice(GroupKind.choices, required=False, source="kind")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A null description is none."""
        if "description" in attrs:
            attrs["description"] = attrs["description"] or ""
        return attrs


class GroupQuery(Paged):
    """What a list of groups may be asked for."""

    sorts: ClassVar[dict[str, str]] = {"createdAt": "created_at", "name": "name"}


class GroupList(Resource):
    """`/v1/groups`."""

    def get(self, request: Request) -> Response:
        """List the groups."""
        return answers.page(GROUPS.in_workspace(self.workspace), self.parameters(GroupQuery), show)

    def post(self, request: Request) -> Response:
        """Create a group."""
        group = grouping.create(workspace=self.workspace, by=self.by, now=self.now, **self.body(GroupBody))
        return answers.created(show(GROUPS.get(pk=group.pk)))


class GroupOne(Resource):
    """`/v1/groups/:id`."""

    def get(self, request: Request, group_id: str) -> Response:
        """Show a group."""
        return answers.one(show(self.find(GROUPS, group_id)))

    def put(self, request: Request, group_id: str) -> Response:
        """Change the given fields of a group."""
        group: Group = self.find(Group, group_id)
        grouping.update(group, changes=self.body(GroupBody, partial=True), by=self.by, now=self.now)
        return answers.one(show(GROUPS.get(pk=group.pk)))

    def delete(self, request: Request, group_id: str) -> Response:
        """Delete a group; its contacts stay."""
        group: Group = self.find(Group, group_id)
        shown = {"id": group.public_id, "deleted": True}
        grouping.delete(group, by=self.by, now=self.now)
        return answers.one(shown)


class ContactIdsBody(Body):
    """The contacts that join or leave."""

    contactIds = Texts(min_length=1)  # noqa: N815 - the API's name


class ContactIdsQuery(Parameters):
    """The same in the query string, for clients whose DELETE has no body (contract A38)."""

    contactIds = CommaList(serializers.CharField(), required=False)  # noqa: N815 - the API's name


class GroupContacts(Resource):
    """`/v1/groups/:id/contacts`."""

    def post(self, request: Request, group_id: str) -> Response:
        """Put contacts into the group; those in it already are skipped."""
        group: Group = self.find(Group, group_id)
        ids = self.body(ContactIdsBody)["contactIds"]
        found = references.known(Contact, self.workspace, ids)
        added = grouping.add(group=group, contact_ids=found.values(), now=self.now, source="api")
        return self._counted("added", added, ids, found)

    def delete(self, request: Request, group_id: str) -> Response:
        """Take contacts out of the group; those not in it are skipped."""
        group: Group = self.find(Group, group_id)
        ids = (self.parameters(ContactIdsQuery) or self.body(ContactIdsBody))["contactIds"]
        found = references.known(Contact, self.workspace, ids)
        return self._counted("removed", grouping.remove(group=group, contact_ids=list(found.values())), ids, found)

    def _counted(self, verb: str, done: int, ids: list[str], found: dict[str, Any]) -> Response:
        skipped = len(set(found.values())) - done
        return answers.one({verb: done, "skipped": skipped, "errors": references.unknown_entries(ids, found)})


def show(group: Any) -> dict[str, Any]:
    """Return a group of `GROUPS` as the API shows it."""
    return {
        "id": group.public_id,
        "name": group.name,
        "description": group.description or None,
        "type": group.kind,
        "contactsCount": group.members,
        "createdAt": clock.to_iso(group.created_at),
        "updatedAt": clock.to_iso(group.updated_at),
    }
