"""Workspaces and who belongs to them."""

import re
from datetime import datetime

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from fluenzr.core import bus, clock
from fluenzr.core.errors import Conflict, Invalid
from fluenzr.workspaces import audit, plans
from fluenzr.workspaces.enums import Role, TrackingMode
from fluenzr.workspaces.facts import WorkspaceCreated
from fluenzr.workspaces.models import Member, User, Workspace

# An address to sign in with: whether mail reaches it is for the confirmation mail to find out.
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


def create_workspace(
    *,
    name: str,
    owner: User,
    by: str,
    now: datetime,
    plan: str | None = None,
    timezone: str = "UTC",
    tracking_mode: str = TrackingMode.FULL,
) -> Workspace:
    """Create a workspace with its owner; `plan` is the installation's default when not given.

    Raises:
        Invalid: the name is blank, or the plan or the time zone unknown.
    """
    chosen = plan or settings.DEFAULT_PLAN
    _check_plan(chosen)
    if not name.strip():
        raise Invalid(_("Name is required"), field="name")
    if timezone not in clock.zone_names():
        raise Invalid(_("Timezone is not a known time zone"), field="timezone")
    with transaction.atomic():
        workspace = Workspace.objects.create(
            name=name.strip(),
            plan=chosen,
            timezone=timezone,
            language=owner.language,
            tracking_mode=TrackingMode(tracking_mode),
        )
        Member.objects.create(workspace=workspace, user=owner, role=Role.OWNER)
        changes = {"name": workspace.name, "plan": workspace.plan, "owner": owner.email}
        audit.record(workspace=workspace, by=by, action="workspace.created", obj=workspace, changes=changes, now=now)
        bus.publish(WorkspaceCreated(workspace_id=workspace.pk, at=now))
    return workspace


def create_user(*, email: str, password: str, name: str = "", is_admin: bool = False) -> User:
    """Create a person who can sign in; `is_admin` opens all of the Django admin. See `check_password` for new ones.

    Raises:
        Invalid: this is no address.
        Conflict: somebody has this address.
    """
    if not _ADDRESS.fullmatch(email.strip()):
        raise Invalid(_("Email is not a valid address"), field="email")
    try:
        with transaction.atomic():
            return User.objects.create_user(email, password, name=name, is_staff=is_admin, is_superuser=is_admin)
    except IntegrityError as error:
        raise Conflict(_("A user with this email exists already")) from error


def check_password(password: str) -> None:
    """Raise Invalid, with every reason, when Django's validators refuse the password."""
    try:
        validate_password(password)
    except ValidationError as error:
        raise Invalid(error.messages[0], details={"password": error.messages}) from error


def change_plan(workspace: Workspace, *, plan: str, by: str, now: datetime) -> None:
    """Give the workspace another plan. What exceeds its limits stays and works; only more of it is refused.

    Raises:
        Invalid: there is no such plan.
    """
    _check_plan(plan)
    before = workspace.plan
    with transaction.atomic():
        workspace.plan = plan
        workspace.save(update_fields=["plan", "updated_at"])
        changes = {"plan": [before, plan]}
        action = "workspace.plan_changed"
        audit.record(workspace=workspace, by=by, action=action, obj=workspace, changes=changes, now=now)


def add_member(*, workspace: Workspace, user: User, role: str, by: str, now: datetime) -> Member:
    """Add a person to the workspace.

    Raises:
        Invalid: there is no such role.
        Conflict: the person is a member already.
        PlanLimit: the plan allows no more members.
    """
    if role not in Role.values:
        raise Invalid(_("Role must be one of %(roles)s") % {"roles": ", ".join(Role.values)}, field="role")
    with transaction.atomic():
        lock(workspace)
        members = Member.objects.in_workspace(workspace)
        if members.filter(user=user).exists():
            raise Conflict(_("This person is a member already"))
        plans.require_room(workspace, plans.Limit.MEMBERS, used=members.count())
        member = Member.objects.create(workspace=workspace, user=user, role=role)
        changes = {"email": user.email, "role": role}
        audit.record(workspace=workspace, by=by, action="member.added", obj=member, changes=changes, now=now)
    return member


def lock(workspace: Workspace) -> None:
    """Let changes of who belongs to a workspace wait for each other, until the transaction ends."""
    Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)


def _check_plan(plan: str) -> None:
    if plan not in plans.PLANS:
        raise Invalid(_("Plan must be one of %(plans)s") % {"plans": ", ".join(plans.PLANS)}, field="plan")
