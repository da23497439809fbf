"""`/v1/snippets`: pieces of text that people copy into mails."""

from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from campaigns import snippets
from campaigns.models import Snippet
from fluenzr.api.v1 import answers
from fluenzr.api.v1.bodies import Body, Paged
from fluenzr.api.v1.resource import Resource
from fluenzr.api.v1.values import Text
from fluenzr.core import clock


class SnippetBody(Body):
    """What may be written."""

    ignored: ClassVar[tuple[str, ...]] = ("id", "createdAt", "updatedAt")

    name = Text(max_length=snippets.MAX_NAME)
    body = Text(max_length=snippets.MAX_BODY)


class SnippetQuery(Paged):
    """What a list of snippets may be asked for."""

    sorts: ClassVar[dict[str, str]] = {"createdAt": "created_at", "name": "name"}


class SnippetList(Resource):
    """`/v1/snippets`."""

    def get(self, request: Request) -> Response:
        """List the snippets."""
        return answers.page(Snippet.objects.in_workspace(self.workspace), self.parameters(SnippetQuery), show)

    def post(self, request: Request) -> Response:
        """Create a snippet."""
        row = snippets.create(workspace=self.workspace, by=self.by, now=self.now, **self.body(SnippetBody))
        return answers.created(show(row))


class SnippetOne(Resource):
    """`/v1/snippets/:id`."""

    def get(self, request: Request, snippet_id: str) -> Response:
        """Show a snippet."""
        return answers.one(show(snippets.find(self.workspace, snippet_id)))

    def put(self, request: Request, snippet_id: str) -> Response:
        """Change the given fields of a snippet; mails that were written with it stay."""
        row = snippets.find(self.workspace, snippet_id)
        changes = self.body(SnippetBody, partial=True)
        return answers.one(show(snippets.update(row, changes=changes, by=self.by, now=self.now)))

    def delete(self, request: Request, snippet_id: str) -> Response:
        """Delete a snippet; mails that were written with it stay."""
        row = snippets.find(self.workspace, snippet_id)
        shown = {"id": row.public_id, "deleted": True}
        snippets.delete(row, by=self.by, now=self.now)
        return answers.one(shown)


def show(row: Snippet) -> dict[str, Any]:
    """Return a snippet as the API shows it."""
    return {
        "id": row.public_id,
        "name": row.name,
        "body": row.body,
        "createdAt": clock.to_iso(row.created_at),
        "updatedAt": clock.to_iso(row.updated_at),
    }
