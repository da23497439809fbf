"""Who of the workspace may look after contacts."""

from collections.abc import Mapping

from fluenzr.workspaces.models import Member, User, Workspace


def candidates(workspace: Workspace) -> dict[str, User]:
    """Return the members of a workspace by their public ids as users, in the order of their addresses: one query."""
    members = Member.objects.in_workspace(workspace).select_related("user").order_by("user__email")
    return {one.user.public_id: one.user for one in members}


def choices(users: Mapping[str, User]) -> list[tuple[str, str]]:
    """Return people as a form offers them."""
    return [(key, user.name or user.email) for key, user in users.items()]
