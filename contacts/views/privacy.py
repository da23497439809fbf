"""One contact's rights: consent, objection, export of the whole record, erasure; and how long things are kept."""

from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts import consents, contact_settings, records, standing
from contacts.privacy_forms import ConsentForm, RetentionForm
from contacts.views import finding
from fluenzr.core import htmx, listing, problems
from fluenzr.core.errors import DomainError
from fluenzr.workspaces import access
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required


@require_http_methods(["GET", "POST"])
@member_required(Role.MEMBER)
def consent(request: MemberRequest, contact_id: str) -> HttpResponse:
    """Show where the right to write to a contact comes from, each entry ever made; a POST adds one."""
    contact = finding.contact(request.workspace, contact_id)
    form = ConsentForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        by, now = access.actor(request.member), timezone.now()
        try:
            consents.add(contact, basis=form.basis(), notes=form.cleaned_data["notes"], by=by, now=now)
        except DomainError as error:
            problems.add_to(form, error)
        else:
            return htmx.go(request, "contacts:privacy", contact_id, said=_("Consent noted."))
    sorts = {"given": "given_at"}
    context = {
        "contact": contact,
        "form": form,
        "listing": listing.read(request, contact.consents.all(), sorts=sorts, default="-given"),
        "may_erase": access.allows(request.member.role, Role.ADMIN),
    }
    return htmx.page(request, "contacts/privacy.html", context, status=422 if form.errors else 200)


@require_POST
@member_required(Role.MEMBER)
def object_to_tracking(request: MemberRequest, contact_id: str) -> HttpResponse:
    """Note that a contact objects to pixel and tracked links."""
    contact = finding.contact(request.workspace, contact_id)
    standing.object_to_tracking(contacts=[contact], now=timezone.now())
    return htmx.go(request, "contacts:privacy", contact_id, said=_("Noted. No mail to this contact is tracked now."))


@require_GET
@member_required(Role.MEMBER)
def export(request: MemberRequest, contact_id: str) -> HttpResponse:
    """Hand out all that is known of a contact, as a JSON file."""
    contact = finding.contact(request.workspace, contact_id)
    document = records.export(contact, by=access.actor(request.member), now=timezone.now())
    response = JsonResponse(document, json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="{contact_id}.json"'
    return response


@require_http_methods(["GET", "POST"])
@member_required(Role.ADMIN)
def erase(request: MemberRequest, contact_id: str) -> HttpResponse:
    """Delete a contact and all that is known of the person."""
    contact = finding.contact(request.workspace, contact_id)
    if request.method == "POST":
        records.erase(contact, by=access.actor(request.member), now=timezone.now())
        return htmx.go(request, "contacts:list", said=_("Erased. Nobody will write to this person again."))
    return htmx.page(request, "contacts/erase.html", {"contact": contact})


@require_http_methods(["GET", "POST"])
@member_required(Role.ADMIN)
def retention(request: MemberRequest) -> HttpResponse:
    """Show and change how long the workspace keeps what is known of people."""
    settings = contact_settings.of(request.workspace)
    values = {name: getattr(settings, name) for name in contact_settings.DAYS}
    form = RetentionForm(request.POST if request.method == "POST" else None, initial=values)
    if request.method == "POST" and form.is_valid():
        by, now = access.actor(request.member), timezone.now()
        try:
            contact_settings.change(request.workspace, by=by, now=now, **form.cleaned_data)
        except DomainError as error:
            problems.add_to(form, error)
        else:
            return htmx.go(request, "contact-settings:retention", said=_("Saved."))
    return htmx.page(request, "contacts/retention.html", {"form": form}, status=422 if form.errors else 200)
