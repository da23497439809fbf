"""Groups: the list, one with its members, the forms."""

from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts import grouping
from contacts.forms import ContactFilters, GroupForm
from contacts.models import Contact, Group, Membership
from contacts.views import finding
from fluenzr.core import htmx, listing, problems
from fluenzr.core.errors import DomainError
from fluenzr.core.listing import Column
from fluenzr.workspaces import access, lists
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required

COLUMNS = (
    Column("name", gettext_lazy("Name"), sort="name", is_fixed=True),
    Column("kind", gettext_lazy("Kind")),
    Column("members", gettext_lazy("Contacts"), sort="members", is_numeric=True),
    Column("made", gettext_lazy("Made"), sort="made"),
)


@require_GET
@member_required(Role.VIEWER)
def listed(request: MemberRequest) -> HttpResponse:
    """Show the groups with how many are in each."""
    rows = Group.objects.in_workspace(request.workspace).with_members()
    sorts = {"name": "name", "members": "members", "made": "created_at"}
    found = lists.read(request, rows, columns=COLUMNS, sorts=sorts, default="name")
    context = {"listing": found, "may_edit": _may_edit(request)}
    return htmx.page(request, "contacts/groups.html", context, part="list")


@require_GET
@member_required(Role.VIEWER)
def shown(request: MemberRequest, group_id: str) -> HttpResponse:
    """Show a group and who is in it."""
    group = finding.group(request.workspace, group_id)
    rows = Contact.objects.in_workspace(request.workspace).in_groups([group.pk])
    sorts = {"email": "email_key", "company": "company", "status": "status"}
    context = {
        "group": group,
        "listing": listing.read(request, rows, sorts=sorts, default="email", total=group.memberships.count()),
        "may_edit": _may_edit(request),
    }
    return htmx.page(request, "contacts/group.html", context, part="list")


@require_GET
@member_required(Role.MEMBER)
def adding(request: MemberRequest, group_id: str) -> HttpResponse:
    """Look for contacts who are not in the group yet, to put them into it."""
    group = finding.group(request.workspace, group_id)
    form = ContactFilters(request.GET, workspace=request.workspace)
    outside = Membership.objects.filter(group=group, contact=OuterRef("pk"))
    rows = finding.narrowed(request.workspace, form).filter(~Exists(outside))
    sorts = {"email": "email_key", "name": "last_name", "company": "company", "status": "status"}
    found = listing.read(request, rows, sorts=sorts, default="email", filters=form, most=listing.MOST_COUNTED)
    context = {"group": group, "listing": found}
    return htmx.page(request, "contacts/group_add.html", context, part="list")


@require_http_methods(["GET", "POST"])
@member_required(Role.MEMBER)
def new(request: MemberRequest) -> HttpResponse:
    """Make a group."""
    form = GroupForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        by, now = access.actor(request.member), timezone.now()
        try:
            group = grouping.create(workspace=request.workspace, by=by, now=now, **form.cleaned_data)
        except DomainError as error:
            problems.add_to(form, error, fields={"type": "kind"})
        else:
            return htmx.go(request, "contacts:group", group.public_id, said=_("Group made."))
    return htmx.page(request, "contacts/group_edit.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@member_required(Role.MEMBER)
def edit(request: MemberRequest, group_id: str) -> HttpResponse:
    """Rename a group, or change what it is."""
    group = finding.group(request.workspace, group_id)
    name = group.name
    values = {"name": name, "description": group.description, "kind": group.kind}
    form = GroupForm(request.POST if request.method == "POST" else None, initial=values)
    if request.method == "POST" and form.is_valid():
        by, now = access.actor(request.member), timezone.now()
        try:
            grouping.update(group, changes=form.cleaned_data, by=by, now=now)
        except DomainError as error:
            problems.add_to(form, error, fields={"type": "kind"})
        else:
            return htmx.go(request, "contacts:group", group_id, said=_("Saved."))
    context = {"form": form, "group": group, "name": name}
    return htmx.page(request, "contacts/group_edit.html", context, status=422 if form.errors else 200)


@require_POST
@member_required(Role.MEMBER)
def delete(request: MemberRequest, group_id: str) -> HttpResponse:
    """Delete a group; its contacts stay."""
    group = finding.group(request.workspace, group_id)
    grouping.delete(group, by=access.actor(request.member), now=timezone.now())
    return htmx.go(request, "contacts:groups", said=_("Group deleted. Its contacts stay."))


def _may_edit(request: MemberRequest) -> bool:
    return access.allows(request.member.role, Role.MEMBER)
