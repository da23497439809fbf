"""Who may see a page: the door of every view for members."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django_htmx.http import HttpResponseClientRedirect

from fluenzr.core import htmx
from fluenzr.core.errors import DomainError, NotFound
from fluenzr.workspaces import access
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import Member, User, Workspace

SESSION_KEY = "workspace"

View = Callable[..., HttpResponseBase]


class UserRequest(HttpRequest):
    """A request of somebody who signed in."""

    user: User


class MemberRequest(UserRequest):
    """A request of a member: of whom, in which workspace, and what others they belong to."""

    member: Member
    workspace: Workspace
    memberships: list[Member]


def member_required(role: Role) -> Callable[[View], View]:
    """Let in members of the current workspace whose role includes `role`; the view gets a `MemberRequest`.

    Who is not signed in signs in first; who belongs to no workspace is sent to make one; a lesser role gets a 403.
    A DomainError that the view does not handle is answered here: NotFound is a 404, others say their sentence.
    """

    def guard(view: View) -> View:
        @wraps(view)
        @_signed_in
        def answer(request: HttpRequest, *args: Any, **options: Any) -> HttpResponseBase:
            known = cast(MemberRequest, request)
            if not enter(known):
                return redirect("workspaces:new")
            try:
                access.require_role(known.member, role)
                return view(known, *args, **options)
            except NotFound as error:
                raise Http404 from error
            except DomainError as error:
                return htmx.refusal(request, error)

        return answer

    return guard


def _signed_in(view: View) -> View:
    """Send who is not signed in to the page for that; whole, also where htmx would put it into a part of another."""
    guarded = login_required(view)

    def answer(request: HttpRequest, *args: Any, **options: Any) -> HttpResponseBase:
        if request.user.is_authenticated or not htmx.is_htmx(request):
            return guarded(request, *args, **options)
        shown = urlsplit(request.headers.get("HX-Current-URL", ""))._replace(scheme="", netloc="").geturl()
        return HttpResponseClientRedirect(redirect_to_login(shown).url)

    return answer


def in_shell(view: View) -> View:
    """Let a view that is not ours stand in the layout, for whoever is signed in."""

    @wraps(view)
    @_signed_in
    def answer(request: HttpRequest, *args: Any, **options: Any) -> HttpResponseBase:
        return view(request, *args, **options) if enter(cast(MemberRequest, request)) else redirect("workspaces:new")

    return answer


def enter(request: MemberRequest) -> bool:
    """Set the member and the workspace that the session is in, else the oldest one; False when there is none."""
    rows = Member.objects.filter(user=request.user).select_related("workspace").order_by("created_at", "id")
    request.memberships = list(rows)
    if not request.memberships:
        return False
    chosen = request.session.get(SESSION_KEY)
    found = [one for one in request.memberships if one.workspace.public_id == chosen]
    request.member = (found or request.memberships)[0]
    # Spares the query for the person who is known already.
    request.member.user = request.user
    request.workspace = request.member.workspace
    return True


def choose(request: HttpRequest, workspace: Workspace) -> None:
    """Let the session go on in another workspace of the person."""
    request.session[SESSION_KEY] = workspace.public_id
