"""Snippets: the list, and the form of one."""

from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns import snippets
from campaigns.forms import SnippetForm
from campaigns.mail import variables
from campaigns.models import Snippet
from fluenzr.core import htmx, listing, problems
from fluenzr.core.errors import DomainError
from fluenzr.workspaces import access
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required


@require_GET
@member_required(Role.VIEWER)
def listed(request: MemberRequest) -> HttpResponse:
    """Show the snippets of the workspace."""
    rows = Snippet.objects.in_workspace(request.workspace)
    sorts = {"name": "name", "changed": "updated_at"}
    may_edit = access.allows(request.member.role, Role.MEMBER)
    context = {"listing": listing.read(request, rows, sorts=sorts, default="name"), "may_edit": may_edit}
    return htmx.page(request, "campaigns/snippets.html", context, part="list")


@require_GET
@member_required(Role.VIEWER)
def menu(request: MemberRequest) -> HttpResponse:
    """Return name and text of every snippet, for the editor's menu."""
    rows = Snippet.objects.in_workspace(request.workspace).order_by("name")
    return JsonResponse({"snippets": list(rows.values("name", "body"))})


@require_http_methods(["GET", "POST"])
@member_required(Role.MEMBER)
def new(request: MemberRequest) -> HttpResponse:
    """Make a snippet."""
    form = SnippetForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        by, now = access.actor(request.member), timezone.now()
        try:
            snippets.create(workspace=request.workspace, by=by, now=now, **form.cleaned_data)
        except DomainError as error:
            problems.add_to(form, error)
        else:
            return htmx.go(request, "campaigns:snippets", said=_("Snippet made."))
    return _shown(request, form)


@require_http_methods(["GET", "POST"])
@member_required(Role.MEMBER)
def edit(request: MemberRequest, snippet_id: str) -> HttpResponse:
    """Change a snippet."""
    snippet = snippets.find(request.workspace, snippet_id)
    name = snippet.name
    values = {"name": name, "body": snippet.body}
    form = SnippetForm(request.POST if request.method == "POST" else None, initial=values)
    if request.method == "POST" and form.is_valid():
        by, now = access.actor(request.member), timezone.now()
        try:
            snippets.update(snippet, changes=form.cleaned_data, by=by, now=now)
        except DomainError as error:
            problems.add_to(form, error)
        else:
            return htmx.go(request, "campaigns:snippets", said=_("Saved."))
    return _shown(request, form, snippet=snippet, name=name)


@require_POST
@member_required(Role.MEMBER)
def delete(request: MemberRequest, snippet_id: str) -> HttpResponse:
    """Delete a snippet; mails that were written with it stay."""
    snippet = snippets.find(request.workspace, snippet_id)
    snippets.delete(snippet, by=access.actor(request.member), now=timezone.now())
    return htmx.go(request, "campaigns:snippets", said=_("Snippet deleted. Mails that were written with it stay."))


def _shown(
    request: MemberRequest, form: SnippetForm, *, snippet: Snippet | None = None, name: str = ""
) -> HttpResponse:
    words = variables.words(request.workspace).items()
    context = {"form": form, "snippet": snippet, "name": name, "variables": words}
    return htmx.page(request, "campaigns/snippet_edit.html", context, status=422 if form.errors else 200)
