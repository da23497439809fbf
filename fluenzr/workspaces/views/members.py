"""The people of a workspace: roles, leaving, invitations."""

from datetime import datetime
from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from fluenzr.core import htmx, listing, problems
from fluenzr.core.errors import DomainError, NotFound
from fluenzr.workspaces import access, guards, invitations, invited, members
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, UserRequest, member_required
from fluenzr.workspaces.models import Invitation, Member, User
from fluenzr.workspaces.settings_forms import InvitationForm

_SORTS = {"email": "user__email", "role": "role", "joined": "created_at"}


@require_http_methods(["GET", "POST"])
@never_cache
@member_required(Role.VIEWER)
def listed(request: MemberRequest) -> HttpResponse:
    """The members; a POST invites somebody and answers with the link."""
    may_change = access.allows(request.member.role, Role.ADMIN)
    roles = [choice for choice in Role.choices if may_change and access.allows(request.member.role, Role(choice[0]))]
    form, sent = _form(roles, request.POST or None), None
    if request.method == "POST":
        access.require_role(request.member, Role.ADMIN)
    if form.is_valid():
        try:
            sent = invitations.invite(by=request.member, now=timezone.now(), **form.cleaned_data)
            form = _form(roles)
        except DomainError as error:
            problems.add_to(form, error)
    rows = Member.objects.in_workspace(request.workspace).select_related("user")
    asked = (
        Invitation.objects.in_workspace(request.workspace).open().select_related("inviter__user").order_by("-sent_at")
    )
    now = timezone.now()
    context = {
        "form": form,
        "sent": sent,
        "asked": [(one, invitations.url_of(one), one.holds(now)) for one in asked.order_by("-sent_at")]
        if may_change
        else [],
        "valid_days": invitations.VALID_DAYS,
        "listing": listing.read(request, rows, sorts=_SORTS, default="joined"),
        "roles": roles,
        "may_change": may_change,
    }
    return htmx.page(request, "workspaces/members.html", context, part="list", status=422 if form.errors else 200)


@require_POST
@member_required(Role.ADMIN)
def change_role(request: MemberRequest, member_id: str) -> HttpResponse:
    """Give a member another role."""
    role = request.POST.get("role", "")
    members.change_role(_member(request, member_id), role=role, by=request.member, now=timezone.now())
    return htmx.go(request, "workspaces:members", said=_("Saved"))


@require_POST
@member_required(Role.VIEWER)
def remove(request: MemberRequest, member_id: str) -> HttpResponse:
    """Take a member out, or leave."""
    member = _member(request, member_id)
    members.remove(member, by=request.member, now=timezone.now())
    if member.user_id == request.user.pk:
        return htmx.go(request, "home")
    return htmx.go(request, "workspaces:members", said=_("%(who)s is no member any more") % {"who": member.user.email})


@require_POST
@member_required(Role.ADMIN)
def change_invitation(request: MemberRequest, invitation_id: str) -> HttpResponse:
    """Send an open invitation again, or revoke it: `act` is resend or revoke."""
    rows = Invitation.objects.in_workspace(request.workspace).open()
    found: Invitation | None = rows.filter(pk=Invitation.key_of(invitation_id)).first()
    if found is None:
        raise NotFound(_("There is no such invitation"))
    now = timezone.now()
    if request.POST.get("act") == "revoke":
        invitations.revoke(found, by=request.member, now=now)
        return htmx.go(request, "workspaces:members", said=_("The invitation is revoked: its link works no more."))
    sent = invitations.resend(found, by=request.member, now=now)
    if sent.is_mailed:
        return htmx.go(request, "workspaces:members", said=_("The invitation is on its way again."))
    said = _("The mail did not leave. Copy the link and pass it on yourself.")
    return htmx.go(request, "workspaces:members", said=said, tone="amber")


@require_http_methods(["GET", "POST"])
@never_cache
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """What an invitation is to: the invited person accepts it, signs in, or signs up for it."""
    if not request.user.is_authenticated:
        return _invite_in(request, token)
    return _answer(cast(UserRequest, request), token, now=timezone.now())


def _answer(request: UserRequest, token: str, *, now: datetime) -> HttpResponse:
    if (member := invitations.accepted(token, user=request.user)) is not None:
        return _enter(request, member)
    try:
        if request.method == "POST":
            return _enter(request, invitations.accept(token, user=request.user, now=now))
        context = {"invitation": invitations.read(token, now=now)}
    except NotFound as error:
        raise Http404 from error
    except DomainError as error:
        return htmx.refusal(request, error)
    return htmx.page(request, "workspaces/invitation.html", context)


def _form(roles: list[tuple[str, Any]], values: QueryDict | None = None) -> InvitationForm:
    form = InvitationForm(values)
    form.fields["role"].choices = roles  # type: ignore[attr-defined]
    return form


def _invite_in(request: HttpRequest, token: str) -> HttpResponse:
    try:
        found = invitations.read(token, now=timezone.now())
    except NotFound as error:
        raise Http404 from error
    invited.remember(request, token)
    context = {"invitation": found, "has_account": User.objects.filter(email=found.email).exists()}
    return htmx.page(request, "workspaces/invitation.html", context)


def _enter(request: UserRequest, member: Member) -> HttpResponse:
    guards.choose(request, member.workspace)
    return htmx.go(request, "home", said=_("Welcome to %(name)s") % {"name": member.workspace.name})


def _member(request: MemberRequest, member_id: str) -> Member:
    rows = Member.objects.in_workspace(request.workspace).select_related("user")
    found: Member | None = rows.filter(pk=Member.key_of(member_id)).first()
    if found is None:
        raise NotFound(_("There is no such member"))
    return found
