"""What a member or an API key may do. Roles and scopes are read anew on each request (ASVS 8.3.2)."""

from django.utils.translation import gettext_lazy as _

from fluenzr.core.errors import Forbidden, NotFound
from fluenzr.workspaces.enums import Role, Scope
from fluenzr.workspaces.models import ApiKey, Member, User, Workspace

# From the most to the least: each may do what those after it may.
RANKS = tuple(Role)


def allows(role: str, needed: Role) -> bool:
    """Whether a role includes another."""
    return RANKS.index(Role(role)) <= RANKS.index(needed)


def member_of(user: User, workspace: Workspace) -> Member:
    """Return the membership of a user.

    Raises:
        NotFound: the user is no member; a stranger learns nothing about the workspace.
    """
    member: Member | None = Member.objects.in_workspace(workspace).filter(user=user).first()
    if member is None or not user.is_active:
        raise NotFound(_("There is no such workspace"))
    return member


def require_role(member: Member, needed: Role) -> None:
    """Raise Forbidden when the member's role does not include the needed one."""
    if not allows(member.role, needed):
        raise Forbidden(_("Your role does not allow this"))


def require_write(key: ApiKey) -> None:
    """Raise Forbidden when the key may only read."""
    if key.scope != Scope.ALL:
        raise Forbidden(_("This API key may only read"))


def actor(who: Member | User | ApiKey) -> str:
    """Return how the audit log and the rows name someone: an address, or `api key <name>`."""
    if isinstance(who, ApiKey):
        return f"api key {who.name}"
    user = who.user if isinstance(who, Member) else who
    return user.email
