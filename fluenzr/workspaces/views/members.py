"""The people of a workspace: roles, leaving, invitations."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from fluenzr.core import htmx, listing, problems
from fluenzr.core.errors import DomainError, NotFound
from fluenzr.workspaces import access, guards, invitations, members
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required
from fluenzr.workspaces.models import Member
from fluenzr.workspaces.settings_forms import InvitationForm

_SORTS = {"email": "user__email", "role": "role", "joined": "created_at"}


@require_http_methods(["GET", "POST"])
@never_cache
@member_required(Role.VIEWER)
def listed(request: MemberRequest) -> HttpResponse:
    """The members; a POST invites somebody and answers with the link."""
    may_change = access.allows(request.member.role, Role.ADMIN)
    form, sent = InvitationForm(request.POST or None), None
    roles = [choice for choice in Role.choices if may_change and access.allows(request.member.role, Role(choice[0]))]
    form.fields["role"].choices = roles  # type: ignore[attr-defined]
    if request.method == "POST":
        access.require_role(request.member, Role.ADMIN)
    if form.is_valid():
        try:
            sent = invitations.invite(by=request.member, now=timezone.now(), **form.cleaned_data)
        except DomainError as error:
            problems.add_to(form, error)
    rows = Member.objects.in_workspace(request.workspace).select_related("user")
    context = {
        "form": form,
        "sent": sent,
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


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
def invitation(request: MemberRequest, token: str) -> HttpResponse:
    """What an invitation is to, and its acceptance by the person who is signed in."""
    guards.enter(request)
    now = timezone.now()
    try:
        if request.method == "POST":
            member = invitations.accept(token, user=request.user, now=now)
            guards.choose(request, member.workspace)
            return htmx.go(request, "home", said=_("Welcome to %(name)s") % {"name": member.workspace.name})
        context = {"invitation": invitations.read(token, now=now)}
    except NotFound as error:
        raise Http404 from error
    except DomainError as error:
        return htmx.refusal(request, error)
    return htmx.page(request, "workspaces/invitation.html", context)


def _member(request: MemberRequest, member_id: str) -> Member:
    rows = Member.objects.in_workspace(request.workspace).select_related("user")
    found: Member | None = rows.filter(pk=Member.key_of(member_id)).first()
    if found is None:
        raise NotFound(_("There is no such member"))
    return found
