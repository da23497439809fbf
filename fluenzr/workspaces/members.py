"""The people of a workspace after they joined: their roles, and their leaving."""

from collections.abc import Mapping
from datetime import datetime

from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from fluenzr.core.errors import Conflict, Forbidden, Invalid
from fluenzr.workspaces import access, audit
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import Invitation, Member, User, Workspace


def change_role(member: Member, *, role: str, by: Member, now: datetime) -> None:
    """Give a member another role; the same role again changes nothing.

    Raises:
        Invalid: there is no such role.
        Forbidden: see `require_authority`; only owners make owners.
        Conflict: the last owner would be none any more.
    """
    if role not in Role.values:
        raise Invalid(_("There is no such role"), field="role")
    with transaction.atomic():
        current = _locked(member)
        require_authority(by, over=current.role)
        require_authority(by, over=role)
        if current.role == role:
            return
        _keep_an_owner(current)
        changes = {"email": current.user.email, "role": [current.role, role]}
        current.role = role
        current.save(update_fields=["role"])
        member.role = role
        _record(current, "member.role_changed", by=by, changes=changes, now=now)


def remove(member: Member, *, by: Member, now: datetime) -> None:
    """Take a member out of the workspace and end their sessions; what they made stays. Everybody may leave.

    Raises:
        Forbidden: see `require_authority`.
        Conflict: the last owner stays.
    """
    with transaction.atomic():
        current = _locked(member)
        if current.user_id != by.user_id:
            require_authority(by, over=current.role)
        _keep_an_owner(current)
        changes = {"email": current.user.email, "role": current.role}
        _record(current, "member.removed", by=by, changes=changes, now=now)
        # A link that is still out would let them in again.
        Invitation.objects.in_workspace(current.workspace_id).open().filter(email=current.user.email).delete()
        current.delete()
        _end_sessions(current.user, now=now)


def require_authority(by: Member, *, over: str) -> None:
    """Raise Forbidden unless `by` may decide about members of the role `over`: admins may, but not about owners."""
    access.require_role(by, Role.ADMIN)
    if not access.allows(by.role, Role(over)):
        raise Forbidden(_("Only an owner decides about owners"))


def _locked(member: Member) -> Member:
    # The lock makes two changes at once count one after the other, so that no two owners go together.
    Workspace.objects.select_for_update(no_key=True).get(pk=member.workspace_id)
    found: Member | None = Member.objects.select_related("user", "workspace").filter(pk=member.pk).first()
    if found is None:
        raise Conflict(_("This person is no member any more"))
    return found


def _keep_an_owner(member: Member) -> None:
    owners = Member.objects.in_workspace(member.workspace).filter(role=Role.OWNER)
    if member.role == Role.OWNER and owners.count() == 1:
        raise Conflict(_("A workspace keeps at least one owner. Make somebody else an owner first."))


def _end_sessions(user: User, *, now: datetime) -> None:
    # A session names its person only inside its sealed data, so all that live are looked into: removals are rare.
    live = Session.objects.filter(expire_date__gt=now).iterator()
    theirs = [one.pk for one in live if one.get_decoded().get("_auth_user_id") == str(user.pk)]
    Session.objects.filter(pk__in=theirs).delete()


def _record(member: Member, action: str, *, by: Member, changes: Mapping[str, object], now: datetime) -> None:
    actor = access.actor(by)
    audit.record(workspace=member.workspace, by=actor, action=action, obj=member, changes=changes, now=now)
