"""Pages of the person who is signed in: profile, search, and which workspace they are in."""

from typing import cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fluenzr.core import htmx, search
from fluenzr.workspaces import guards, tenancy
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.forms import ProfileForm, WorkspaceForm
from fluenzr.workspaces.guards import MemberRequest, UserRequest, member_required
from fluenzr.workspaces.models import Workspace


@require_http_methods(["GET", "POST"])
@member_required(Role.VIEWER)
def profile(request: MemberRequest) -> HttpResponse:
    """Name, language and time zone of the person."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if form.is_valid():
        form.save()
        return htmx.go(request, "workspaces:profile", said=_("Saved"))
    return htmx.page(request, "workspaces/profile.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
@member_required(Role.VIEWER)
def find(request: MemberRequest) -> HttpResponse:
    """Search over everything, as a page or under the search box."""
    typed = request.GET.get("q", "")
    context = {"searched": typed, "found": search.find(request.member, typed)}
    return htmx.page(request, "workspaces/search.html", context, part="hits")


@require_POST
@login_required
def enter(request: HttpRequest, workspace_id: str) -> HttpResponse:
    """Go on in another workspace of the person."""
    known = cast(MemberRequest, request)
    guards.enter(known)
    for one in known.memberships:
        if one.workspace.public_id == workspace_id:
            guards.choose(known, one.workspace)
            return htmx.go(request, "home")
    raise Http404


@require_http_methods(["GET", "POST"])
@login_required
def new(request: UserRequest) -> HttpResponse:
    """Make another workspace, or the first one of somebody who belongs to none."""
    form = WorkspaceForm(request.POST or None)
    if settings.SIGN_UP_OPEN and form.is_valid():
        guards.choose(request, _made(request, form))
        return htmx.go(request, "home")
    context = {"form": form, "is_open": settings.SIGN_UP_OPEN}
    return htmx.page(request, "workspaces/new.html", context, status=422 if form.errors else 200)


def _made(request: UserRequest, form: WorkspaceForm) -> Workspace:
    user, data = request.user, form.cleaned_data
    return tenancy.create_workspace(
        name=data["workspace"],
        owner=user,
        by=user.email,
        now=timezone.now(),
        timezone=user.timezone,
        tracking_mode=data["tracking_mode"],
    )
