"""One contact: the card, the forms, and what is done by hand."""

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts import companies, consents, contact_settings, deals, fields, people, standing, timeline, whereabouts
from contacts.card_forms import HoldForm, NoteForm, OwnerForm, TaskForm
from contacts.enums import UNREACHABLE, ContactStatus
from contacts.forms import ContactForm, initial
from contacts.models import Contact
from contacts.timeline import Kind
from contacts.views import finding
from fluenzr.core import clock, htmx, problems
from fluenzr.core.errors import DomainError, Invalid
from fluenzr.workspaces import access
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required


@require_GET
@member_required(Role.VIEWER)
def card(request: MemberRequest, contact_id: str) -> HttpResponse:
    """Show all that is known of a contact."""
    contact = finding.contact(request.workspace, contact_id)
    known, now = fields.field_keys(request.workspace), timezone.now()
    company = companies.of(contact.email_key)
    context = {
        "contact": contact,
        "company": company,
        "colleagues": companies.people(company, workspace=request.workspace).exclude(pk=contact.pk).count(),
        "custom": [(known[key].label, value) for key, value in contact.custom.items() if key in known],
        "memberships": contact.memberships.select_related("group").order_by("group__name"),
        "taggings": contact.taggings.select_related("tag").order_by("tag__name"),
        "consent": consents.latest(contact),
        "deal_value": _deal_value(contact),
        "tasks": list(contact.tasks.open().select_related("owner")),
        "today": clock.local_date(now, request.user.timezone),
        "timeline": timeline.of(contact),
        "kinds": Kind.choices,
        "is_held": contact.hold_until is not None and contact.hold_until > now,
        "note_form": NoteForm(auto_id="note_%s"),
        "task_form": TaskForm(
            workspace=request.workspace, auto_id="task_%s", initial={"owner": request.user.public_id}
        ),
        "owner_form": OwnerForm(workspace=request.workspace, initial=_owner(contact)),
        "hold_form": HoldForm(auto_id="hold_%s"),
        "zone": whereabouts.zone(contact),
        "language": whereabouts.language(contact),
        "is_reachable": contact.status not in UNREACHABLE,
        "is_blocked": contact.status == ContactStatus.BLOCKED,
        "may_edit": access.allows(request.member.role, Role.MEMBER),
    }
    return htmx.page(request, "contacts/card.html", context)


@require_http_methods(["GET", "POST"])
@member_required(Role.MEMBER)
def new(request: MemberRequest) -> HttpResponse:
    """Make a contact."""
    form = _form(request)
    if request.method == "POST" and form.is_valid():
        by, now = access.actor(request.member), timezone.now()
        try:
            contact = people.create(
                workspace=request.workspace, draft=form.draft(), basis=form.basis(), by=by, now=now, source="by_hand"
            )
        except DomainError as error:
            problems.add_to(form, error, fields=form.places())
        else:
            way_on = htmx.way_back(request, "contacts:card", contact.public_id)
            return htmx.go(request, way_on, said=_("Contact added."))
    return htmx.page(request, "contacts/edit.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@member_required(Role.MEMBER)
def edit(request: MemberRequest, contact_id: str) -> HttpResponse:
    """Change a contact."""
    contact = finding.contact(request.workspace, contact_id)
    form = _form(request, contact)
    if request.method == "POST" and form.is_valid():
        by, now = access.actor(request.member), timezone.now()
        try:
            people.update(contact, draft=form.draft(), basis=form.basis(), by=by, now=now, source="by_hand")
        except DomainError as error:
            problems.add_to(form, error, fields=form.places())
        else:
            return htmx.go(request, "contacts:card", contact_id, said=_("Saved."))
    context = {"form": form, "contact": contact}
    return htmx.page(request, "contacts/edit.html", context, status=422 if form.errors else 200)


@require_POST
@member_required(Role.MEMBER)
def status(request: MemberRequest, contact_id: str) -> HttpResponse:
    """Let a contact be written to no more, or again: `act` is unsubscribe, block or restore."""
    contact = finding.contact(request.workspace, contact_id)
    by, now = access.actor(request.member), timezone.now()
    match request.POST.get("act"):
        case "unsubscribe":
            standing.unsubscribe(contacts=[contact], source=by, now=now)
            said = _("Unsubscribed. Nothing more is sent to this contact.")
        case "block":
            standing.block(contacts=[contact], source=by, now=now)
            said = _("Blocked. Nothing more is sent to this contact.")
        case "restore":
            standing.restore(contacts=[contact], by=by, now=now)
            said = _("Restored. Campaigns may write to this contact again.")
        case _other:
            raise Invalid(_("There is no such action"))
    return htmx.go(request, "contacts:card", contact_id, said=said)


@require_POST
@member_required(Role.MEMBER)
def delete(request: MemberRequest, contact_id: str) -> HttpResponse:
    """Delete a contact."""
    contact = finding.contact(request.workspace, contact_id)
    by = access.actor(request.member)
    people.delete(workspace=request.workspace, contact_ids=[contact.pk], by=by, now=timezone.now())
    return htmx.go(request, "contacts:list", said=_("Contact deleted."))


def _owner(contact: Contact) -> dict[str, str]:
    return {"owner": contact.owner.public_id} if contact.owner else {}


def _deal_value(contact: Contact) -> str:
    if contact.deal_value is None:
        return ""
    return deals.words(contact.deal_value, contact_settings.of(contact.workspace).currency)


def _form(request: MemberRequest, contact: Contact | None = None) -> ContactForm:
    custom = list(fields.field_keys(request.workspace).values())
    values = None if contact is None else initial(contact, consents.latest(contact))
    data = request.POST if request.method == "POST" else None
    owner = None if contact is None else contact.owner
    return ContactForm(data, workspace=request.workspace, custom=custom, owner=owner, initial=values)
