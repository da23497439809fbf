"""Invitations to a workspace: a signed link, which the inviter sees and the mail carries. Nothing is stored."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.core.validators import validate_email
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from fluenzr.core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from fluenzr.workspaces import access, audit, members, plans, tenancy
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import AuditEntry, Member, User, Workspace

VALID_DAYS = 7
_SALT = "fluenzr.invitation"
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Invitation:
    """What a valid link says; `inviter` still has the say over such a role."""

    workspace: Workspace
    email: str
    role: str
    inviter: Member

    @property
    def role_label(self) -> str:
        """The role in words."""
        return str(Role(self.role).label)


@dataclass(frozen=True)
class Sent:
    """A fresh link, and whether the mail with it left."""

    url: str
    is_mailed: bool


def invite(*, email: str, role: str, by: Member, now: datetime) -> Sent:
    """Make a link that is good for `VALID_DAYS` days for the person with this address, and mail it to them.

    Raises:
        Invalid: this is no address, or there is no such role.
        Forbidden: see `members.require_authority`.
        Conflict: the person is a member already.
        PlanLimit: the plan allows no more members.
    """
    address = _address(email)
    if role not in Role.values:
        raise Invalid(_("There is no such role"), field="role")
    members.require_authority(by, over=role)
    workspace = by.workspace
    there = Member.objects.in_workspace(workspace)
    if there.filter(user__email=address).exists():
        raise Conflict(_("This person is a member already"), field="email")
    plans.require_room(workspace, plans.Limit.MEMBERS, used=there.count())
    content = {"email": address, "role": role, "by": by.public_id, "at": now.timestamp()}
    token = signing.dumps(content, salt=_SALT)
    changes = {"email": address, "role": role}
    audit.record(
        workspace=workspace, by=access.actor(by), action="member.invited", obj=workspace, changes=changes, now=now
    )
    url = settings.SITE_URL + reverse("workspaces:invitation", args=[token])
    return Sent(url, _mail(address, url=url, by=by))


def read(token: str, *, now: datetime) -> Invitation:
    """Return what a link says.

    Raises:
        NotFound: it is not ours, older than `VALID_DAYS` days, its inviter lost the say, or the person was removed
            since.
    """
    unknown = NotFound(_("This invitation is not valid any more. Ask for a new one."))
    try:
        content: dict[str, Any] = signing.loads(token, salt=_SALT)
    except signing.BadSignature as error:
        raise unknown from error
    at = datetime.fromtimestamp(content["at"], tz=now.tzinfo)
    inviter: Member | None = (
        Member.objects.select_related("workspace", "user").filter(pk=Member.key_of(content["by"])).first()
    )
    if inviter is None or now - at > timedelta(days=VALID_DAYS):
        raise unknown
    try:
        members.require_authority(inviter, over=content["role"])
    except DomainError as error:
        raise unknown from error
    since = AuditEntry.objects.in_workspace(inviter.workspace).filter(action="member.removed", at__gte=at)
    if since.filter(changes__email=content["email"]).exists():
        raise unknown
    return Invitation(inviter.workspace, content["email"], content["role"], inviter)


def accept(token: str, *, user: User, now: datetime) -> Member:
    """Make the invited person a member, with the role that the link names.

    Raises:
        NotFound: see `read`.
        Forbidden: the link is for another address than this person's.
        Conflict: the person is a member already.
        PlanLimit: the plan allows no more members by now.
    """
    invitation = read(token, now=now)
    if user.email != invitation.email:
        raise Forbidden(_("This invitation is for another address. Sign in with the address that it was sent to."))
    by = access.actor(invitation.inviter)
    return tenancy.add_member(workspace=invitation.workspace, user=user, role=invitation.role, by=by, now=now)


def _address(email: str) -> str:
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError as error:
        raise Invalid(_("Email is not a valid address"), field="email") from error
    return address


def _mail(address: str, *, url: str, by: Member) -> bool:
    """Send the link; a mail server that fails is no reason to refuse, since the inviter sees the link as well."""
    names = {"person": by.user.name or by.user.email, "workspace": " ".join(by.workspace.name.split())}
    subject = gettext("%(person)s invites you to %(workspace)s") % names
    body = gettext(
        "%(person)s invites you to work together in %(workspace)s on FluenzR.\n\n"
        "Open this link to accept. It is good for %(days)s days:\n%(url)s\n"
    ) % {**names, "days": VALID_DAYS, "url": url}
    try:
        send_mail(" ".join(subject.split()), body, None, [address])
    except OSError:
        log.warning("The mail of an invitation did not leave", exc_info=True)
        return False
    return True
