"""`/v1/tags`: the words that mark contacts; they come about when a contact gets them."""

from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from contacts import tagging
from contacts.models import Tag
from fluenzr.api.v1 import answers
from fluenzr.api.v1.bodies import Body, Paged
from fluenzr.api.v1.resource import Resource
from fluenzr.api.v1.values import Reference, Text

TAGS = Tag.objects.select_related("workspace")


class TagBody(Body):
    """What may be written."""

    ignored: ClassVar[tuple[str, ...]] = ("id", "contactsCount")

    name = Text(max_length=tagging.MAX_LENGTH)


class MergeBody(Body):
    """The tag that takes the place of another."""

    into = Reference(Tag)


class TagQuery(Paged):
    """What a list of tags may be asked for; they come by name."""

    sorts: ClassVar[dict[str, str]] = {"name": "name", "contactsCount": "uses"}
    default_ordering: ClassVar[tuple[str, ...]] = ("name", "pk")
    name = serializers.CharField(required=False)


class TagList(Resource):
    """`/v1/tags`."""

    def get(self, request: Request) -> Response:
        """List the tags with how many contacts carry each."""
        asked = self.parameters(TagQuery)
        rows = tagging.counted(self.workspace)
        if "name" in asked:
            rows = rows.filter(name__icontains=asked["name"])
        return answers.page(rows, asked, show)


class TagOne(Resource):
    """`/v1/tags/:id`."""

    def get(self, request: Request, tag_id: str) -> Response:
        """Show a tag."""
        return answers.one(self._shown(tag_id))

    def put(self, request: Request, tag_id: str) -> Response:
        """Rename a tag; segments that name it follow."""
        tag: Tag = self.find(TAGS, tag_id)
        changes = self.body(TagBody, partial=True)
        if "name" in changes:
            tagging.rename(tag, name=changes["name"], by=self.by, now=self.now)
        return answers.one(self._shown(tag_id))

    def delete(self, request: Request, tag_id: str) -> Response:
        """Take a tag off everybody and delete it."""
        tagging.delete(self.find(TAGS, tag_id), by=self.by, now=self.now)
        return answers.one({"id": tag_id, "deleted": True})

    def _shown(self, tag_id: str) -> dict[str, Any]:
        return show(self.find(tagging.counted(self.workspace), tag_id))


class TagMerge(Resource):
    """`/v1/tags/:id/merge`."""

    def post(self, request: Request, tag_id: str) -> Response:
        """Let another tag take the place of this one; the answer is the other, and how many carry it anew."""
        tag, into = self.find(TAGS, tag_id), self.body(MergeBody)["into"]
        added = tagging.merge(tag, into=into, by=self.by, now=self.now)
        return answers.one(show(tagging.counted(self.workspace).get(pk=into.pk)) | {"added": added})


def show(tag: Any) -> dict[str, Any]:
    """Return a tag of `tagging.counted` as the API shows it."""
    return {"id": tag.public_id, "name": tag.name, "contactsCount": tag.uses}
