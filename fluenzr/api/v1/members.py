"""`/v1/members`: who is in the workspace, and may look after contacts and tasks."""

from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from fluenzr.api.v1 import answers
from fluenzr.api.v1.bodies import Paged
from fluenzr.api.v1.resource import Resource
from fluenzr.core import clock
from fluenzr.workspaces.models import Member


class MemberQuery(Paged):
    """What a list of members may be asked for."""

    sorts: ClassVar[dict[str, str]] = {"createdAt": "created_at", "email": "user__email"}


class MemberList(Resource):
    """`/v1/members`."""

    def get(self, request: Request) -> Response:
        """List the members; the id is the one that `ownerId` takes."""
        rows = Member.objects.in_workspace(self.workspace).select_related("user")
        return answers.page(rows, self.parameters(MemberQuery), show)


def show(member: Member) -> dict[str, Any]:
    """Return a member as the API shows them."""
    return {
        "id": member.user.public_id,
        "email": member.user.email,
        "name": member.user.name or None,
        "role": member.role,
        "createdAt": clock.to_iso(member.created_at),
    }
