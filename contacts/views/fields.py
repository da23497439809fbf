"""The fields that a workspace added to its contacts: the list, the forms, and what deleting one takes along."""

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from contacts import fields
from contacts.field_forms import FieldForm, NewFieldForm
from contacts.models import CustomField
from contacts.views import finding
from fluenzr.core import htmx, listing, problems
from fluenzr.core.errors import DomainError
from fluenzr.workspaces import access
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required

FORM = "contacts/field_edit.html"


@require_GET
@member_required(Role.VIEWER)
def listed(request: MemberRequest) -> HttpResponse:
    """Show the fields."""
    rows = CustomField.objects.in_workspace(request.workspace)
    sorts = {"label": "label", "key": "key", "type": "kind"}
    context = {
        "listing": listing.read(request, rows, sorts=sorts, default="label"),
        "may_edit": access.allows(request.member.role, Role.MEMBER),
    }
    return htmx.page(request, "contacts/fields.html", context, part="list")


@require_http_methods(["GET", "POST"])
@member_required(Role.MEMBER)
def new(request: MemberRequest) -> HttpResponse:
    """Add a field."""
    form = NewFieldForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        by, now = access.actor(request.member), timezone.now()
        try:
            fields.create(workspace=request.workspace, by=by, now=now, **form.cleaned_data)
        except DomainError as error:
            problems.add_to(form, error, fields={"type": "kind"})
        else:
            return htmx.go(request, "contact-settings:fields", said=_("Field added."))
    return htmx.page(request, FORM, {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@member_required(Role.MEMBER)
def edit(request: MemberRequest, field_id: str) -> HttpResponse:
    """Change the label or the default of a field, or add options."""
    field = finding.custom_field(request.workspace, field_id)
    name, options = field.label, list(field.options)
    form = FieldForm(request.POST if request.method == "POST" else None, field=field)
    if request.method == "POST" and form.is_valid():
        try:
            fields.update(field, changes=form.changes(), by=access.actor(request.member), now=timezone.now())
        except DomainError as error:
            problems.add_to(form, error)
        else:
            return htmx.go(request, "contact-settings:fields", said=_("Saved."))
    may_delete = access.allows(request.member.role, Role.ADMIN)
    context = {"form": form, "field": field, "name": name, "options": options, "may_delete": may_delete}
    return htmx.page(request, FORM, context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@member_required(Role.ADMIN)
def delete(request: MemberRequest, field_id: str) -> HttpResponse:
    """Say what is lost with a field, then delete it."""
    field = finding.custom_field(request.workspace, field_id)
    if request.method == "POST":
        is_done = fields.delete(field, by=access.actor(request.member), now=timezone.now())
        said = _("Field deleted.") if is_done else _("The field is being deleted. It goes from this list when done.")
        return htmx.go(request, "contact-settings:fields", said=said)
    context = {
        "field": field,
        "number": fields.holders(field).count(),
        "segments": fields.segments_asking(field),
        "variable": f"{{{{{field.key}}}}}",
    }
    return htmx.page(request, "contacts/field_delete.html", context)
