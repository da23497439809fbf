"""Invitations to a workspace: a row while it is open, and a signed link that the inviter sees and the mail carries."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from fluenzr.core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from fluenzr.workspaces import access, audit, members, plans, tenancy
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import Invitation, Member, User

VALID_DAYS = 7
_SALT = "fluenzr.invitation"
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sent:
    """An invitation, its link, and whether the mail with it left."""

    invitation: Invitation
    url: str
    is_mailed: bool


def invite(*, email: str, role: str, by: Member, now: datetime) -> Sent:
    """Invite the person with this address for `VALID_DAYS` days, and mail them the link.

    Whoever is invited already is invited anew, as what is said now; the old link stays good.

    Raises:
        Invalid: this is no address, or there is no such role.
        Forbidden: see `members.require_authority`.
        Conflict: the person is a member already.
        PlanLimit: members and open invitations together fill the plan.
    """
    address = _address(email)
    if role not in Role.values:
        raise Invalid(_("There is no such role"), field="role")
    members.require_authority(by, over=role)
    workspace = by.workspace
    with transaction.atomic():
        tenancy.lock(workspace)
        there = Member.objects.in_workspace(workspace)
        if there.filter(user__email=address).exists():
            raise Conflict(_("This person is a member already"), field="email")
        asked = Invitation.objects.in_workspace(workspace).holding(now).exclude(email=address)
        plans.require_room(workspace, plans.Limit.MEMBERS, used=there.count() + asked.count())
        expires_at = now + timedelta(days=VALID_DAYS)
        # The same row again, so that a link that is out already stays good.
        invitation = Invitation.objects.update_or_create(
            workspace=workspace,
            email=address,
            accepted_at=None,
            defaults={"role": role, "inviter": by, "sent_at": now, "expires_at": expires_at},
        )[0]
        _record(invitation, "member.invited", by=by, now=now)
    return _send(invitation)


def resend(invitation: Invitation, *, by: Member, now: datetime) -> Sent:
    """Mail the link again, good for `VALID_DAYS` days from now; who sends it again answers for it from now on.

    Raises:
        Forbidden: see `members.require_authority`.
        Conflict: somebody accepted or revoked it meanwhile.
        PlanLimit: it had ended, and the plan is full by now.
    """
    return invite(email=_still_open(invitation, by=by).email, role=invitation.role, by=by, now=now)


def revoke(invitation: Invitation, *, by: Member, now: datetime) -> None:
    """End an open invitation: its link lets nobody in any more.

    Raises:
        Forbidden: see `members.require_authority`.
        Conflict: somebody accepted or revoked it meanwhile.
    """
    with transaction.atomic():
        current = _still_open(invitation, by=by)
        _record(current, "member.invitation_revoked", by=by, now=now)
        current.delete()


def read(token: str, *, now: datetime) -> Invitation:
    """Return the invitation behind a link.

    Raises:
        NotFound: it is not ours, over, revoked or accepted, or its inviter lost the say over such a role.
    """
    unknown = NotFound(_("This invitation is not valid any more. Ask for a new one."))
    found = _rows(token).select_related("workspace", "inviter__user", "inviter__workspace").first()
    if found is None or not found.holds(now):
        raise unknown
    try:
        members.require_authority(found.inviter, over=found.role)
    except DomainError as error:
        raise unknown from error
    return found


def accept(token: str, *, user: User, now: datetime) -> Member:
    """Make the invited person a member, with the role of the invitation.

    Raises:
        NotFound: see `read`.
        Forbidden: the invitation is for another address than this person's.
        Conflict: the person is a member already.
        PlanLimit: the plan allows no more members by now.
    """
    with transaction.atomic():
        invitation = read(token, now=now)
        if user.email != invitation.email:
            raise Forbidden(_("This invitation is for another address. Sign in with the address that it was sent to."))
        by = access.actor(invitation.inviter)
        member = tenancy.add_member(workspace=invitation.workspace, user=user, role=invitation.role, by=by, now=now)
        invitation.accepted_at = now
        invitation.save(update_fields=["accepted_at"])
    return member


def accepted(token: str, *, user: User) -> Member | None:
    """Return the membership that this person has by a link used before, if they still have it."""
    row = _rows(token).filter(email=user.email).first()
    if row is None or row.accepted_at is None:
        return None
    member: Member | None = Member.objects.in_workspace(row.workspace_id).filter(user=user).first()
    return member


def url_of(invitation: Invitation) -> str:
    """Return the link of an invitation."""
    token = signing.dumps(invitation.public_id, salt=_SALT)
    return settings.SITE_URL + reverse("workspaces:invitation", args=[token])


def _rows(token: str) -> QuerySet[Invitation]:
    """Return the invitation behind a link, or none."""
    try:
        key = Invitation.key_of(signing.loads(token, salt=_SALT))
    except signing.BadSignature:
        key = None
    return Invitation.objects.filter(pk=key) if key else Invitation.objects.none()


def _still_open(invitation: Invitation, *, by: Member) -> Invitation:
    rows = Invitation.objects.in_workspace(by.workspace_id).open().select_related("workspace")
    current: Invitation | None = rows.filter(pk=invitation.pk).first()
    if current is None:
        raise Conflict(_("This invitation is not open any more"))
    members.require_authority(by, over=current.role)
    return current


def _address(email: str) -> str:
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError as error:
        raise Invalid(_("Email is not a valid address"), field="email") from error
    return address


def _record(invitation: Invitation, action: str, *, by: Member, now: datetime) -> None:
    changes = {"email": invitation.email, "role": invitation.role}
    workspace = invitation.workspace
    audit.record(workspace=workspace, by=access.actor(by), action=action, obj=workspace, changes=changes, now=now)


def _send(invitation: Invitation) -> Sent:
    """Mail the link; a mail server that fails is no reason to refuse, since the inviter sees the link as well."""
    url, inviter = url_of(invitation), invitation.inviter
    names = {
        "person": inviter.user.name or inviter.user.email,
        "workspace": " ".join(invitation.workspace.name.split()),
    }
    subject = gettext("%(person)s invites you to %(workspace)s") % names
    body = gettext(
        "%(person)s invites you to work together in %(workspace)s on FluenzR.\n\n"
        "Open this link to accept. It is good for %(days)s days:\n%(url)s\n"
    ) % {**names, "days": VALID_DAYS, "url": url}
    try:
        send_mail(" ".join(subject.split()), body, None, [invitation.email])
    except OSError:
        log.warning("The mail of an invitation did not leave", exc_info=True)
        return Sent(invitation, url, is_mailed=False)
    return Sent(invitation, url, is_mailed=True)
