"""Who may see a page: the door of every view for members."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from fluenzr.core import htmx
from fluenzr.core.errors import DomainError, NotFound
from fluenzr.workspaces import access
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import Member, User, Workspace

SESSION_KEY = "workspace"

View = Callable[..., HttpResponse]


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
        @login_required
        def answer(request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
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


def in_shell(view: View) -> View:
    """Let a view that is not ours stand in the layout, for whoever is signed in."""

    @wraps(view)
    @login_required
    def answer(request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
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


def choose(request: MemberRequest, workspace: Workspace) -> None:
    """Let the session go on in another workspace of the person."""
    request.session[SESSION_KEY] = workspace.public_id
