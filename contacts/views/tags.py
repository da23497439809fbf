"""Tags: the list, and one to be renamed, merged with another or deleted."""

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts import tagging
from contacts.models import Tag
from contacts.tag_forms import MergeForm, RenameForm, TagFilters
from contacts.views import finding
from fluenzr.core import htmx, listing, problems
from fluenzr.core.errors import DomainError
from fluenzr.workspaces import access
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required


@require_GET
@member_required(Role.VIEWER)
def listed(request: MemberRequest) -> HttpResponse:
    """Show the tags with how many contacts carry each."""
    form = TagFilters(request.GET)
    form.is_valid()
    rows = tagging.counted(request.workspace)
    if query := form.cleaned_data.get("q"):
        rows = rows.filter(name__icontains=query.strip())
    sorts = {"name": "name", "uses": "uses"}
    context = {
        "listing": listing.read(request, rows, sorts=sorts, default="name", filters=form),
        "may_edit": access.allows(request.member.role, Role.MEMBER),
    }
    return htmx.page(request, "contacts/tags.html", context, part="list")


@require_http_methods(["GET", "POST"])
@member_required(Role.MEMBER)
def edit(request: MemberRequest, tag_id: str) -> HttpResponse:
    """Rename a tag; the page also offers to merge and to delete it."""
    tag = finding.tag(request.workspace, tag_id)
    form = RenameForm(request.POST if request.method == "POST" else None, initial={"name": tag.name})
    if request.method == "POST" and form.is_valid():
        try:
            name = form.cleaned_data["name"]
            tagging.rename(tag, name=name, by=access.actor(request.member), now=timezone.now())
        except DomainError as error:
            problems.add_to(form, error, fields={"name.0": "name"})
        else:
            return htmx.go(request, "contacts:tags", said=_("Saved."))
    return _page(request, tag, form=form)


@require_POST
@member_required(Role.MEMBER)
def merge(request: MemberRequest, tag_id: str) -> HttpResponse:
    """Let another tag take the place of this one."""
    tag = finding.tag(request.workspace, tag_id)
    merging = MergeForm(request.POST, workspace=request.workspace, tag=tag)
    if not merging.is_valid():
        return _page(request, tag, merging=merging)
    target = merging.target()
    number = tagging.merge(tag, into=target, by=access.actor(request.member), now=timezone.now())
    said = ngettext(
        "Merged. %(number)s contact carries %(name)s anew.", "Merged. %(number)s contacts carry %(name)s anew.", number
    )
    return htmx.go(request, "contacts:tags", said=said % {"number": number, "name": target.name})


@require_POST
@member_required(Role.MEMBER)
def delete(request: MemberRequest, tag_id: str) -> HttpResponse:
    """Delete a tag; its contacts stay."""
    tag = finding.tag(request.workspace, tag_id)
    tagging.delete(tag, by=access.actor(request.member), now=timezone.now())
    return htmx.go(request, "contacts:tags", said=_("Tag deleted. Its contacts stay."))


def _page(
    request: MemberRequest, tag: Tag, *, form: RenameForm | None = None, merging: MergeForm | None = None
) -> HttpResponse:
    form = form or RenameForm(initial={"name": tag.name})
    merging = merging or MergeForm(workspace=request.workspace, tag=tag)
    context = {
        "tag": tag,
        "form": form,
        "merging": merging,
        "number": tag.taggings.count(),
        "segments": tagging.segments_asking(tag),
    }
    return htmx.page(request, "contacts/tag.html", context, status=422 if form.errors or merging.errors else 200)
