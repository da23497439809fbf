"""What people of the workspace do about a contact: notes, tasks, its owner, a hold; and all that happened."""

from django.forms import Form
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts import holds, notes, people, timeline, todo
from contacts.card_forms import HoldForm, NoteForm, OwnerForm, TaskForm
from contacts.models import Task
from contacts.timeline import Kind, Place
from contacts.views import finding
from fluenzr.core import htmx
from fluenzr.core.errors import Invalid, NotFound
from fluenzr.workspaces import access
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required


@require_GET
@member_required(Role.VIEWER)
def past(request: MemberRequest, contact_id: str) -> HttpResponse:
    """Show what happened to a contact; `kind` narrows it, `before` is the place where the page before ended."""
    contact = finding.contact(request.workspace, contact_id)
    kind, before = request.GET.get("kind", ""), request.GET.get("before", "")
    kinds = [kind] if kind in Kind.values else []
    context = {
        "contact": contact,
        "timeline": timeline.of(contact, kinds=kinds, before=Place.read(before) if before else None),
        "kinds": Kind.choices,
        "kind": kind,
        "is_later_page": bool(before),
        "may_edit": access.allows(request.member.role, Role.MEMBER),
    }
    part = "entries" if before else "timeline"
    return htmx.page(request, "contacts/timeline.html", context, part=part)


@require_POST
@member_required(Role.MEMBER)
def note(request: MemberRequest, contact_id: str) -> HttpResponse:
    """Write a note."""
    contact = finding.contact(request.workspace, contact_id)
    form = _checked(NoteForm(request.POST))
    notes.write(contact, text=form.cleaned_data["text"], by=access.actor(request.member), now=timezone.now())
    return htmx.go(request, "contacts:card", contact_id, said=_("Note added."))


@require_http_methods(["GET", "POST"])
@member_required(Role.MEMBER)
def note_edit(request: MemberRequest, note_id: str) -> HttpResponse:
    """Let a note say something else."""
    row = finding.note(request.workspace, note_id)
    form = NoteForm(request.POST if request.method == "POST" else None, initial={"text": row.text})
    if request.method == "POST" and form.is_valid():
        notes.change(row, text=form.cleaned_data["text"], by=access.actor(request.member), now=timezone.now())
        return htmx.go(request, "contacts:card", row.contact.public_id, said=_("Saved."))
    context = {"form": form, "note": row, "contact": row.contact}
    return htmx.page(request, "contacts/note.html", context, status=422 if form.errors else 200)


@require_POST
@member_required(Role.MEMBER)
def note_delete(request: MemberRequest, note_id: str) -> HttpResponse:
    """Delete a note."""
    row = finding.note(request.workspace, note_id)
    contact_id = row.contact.public_id
    notes.delete(row, by=access.actor(request.member), now=timezone.now())
    return htmx.go(request, "contacts:card", contact_id, said=_("Note deleted."))


@require_POST
@member_required(Role.MEMBER)
def task(request: MemberRequest, contact_id: str) -> HttpResponse:
    """Note what is to be done."""
    contact = finding.contact(request.workspace, contact_id)
    form = TaskForm(request.POST, workspace=request.workspace)
    _checked(form)
    asked = form.cleaned_data
    by, now = access.actor(request.member), timezone.now()
    todo.add(contact, text=asked["text"], owner=form.chosen(), due=asked["due"], by=by, now=now)
    return htmx.go(request, "contacts:card", contact_id, said=_("Task added."))


@require_POST
@member_required(Role.MEMBER)
def task_done(request: MemberRequest, task_id: str) -> HttpResponse:
    """Note that a task is done."""
    key = Task.key_of(task_id)
    rows = Task.objects.in_workspace(request.workspace).select_related("contact")
    found: Task | None = rows.filter(pk=key).first() if key else None
    if found is None:
        raise NotFound(_("There is no such task"))
    todo.finish(found, now=timezone.now())
    way_on = htmx.way_back(request, "contacts:card", found.contact.public_id)
    return htmx.go(request, way_on, said=_("Task done."))


@require_POST
@member_required(Role.MEMBER)
def owner(request: MemberRequest, contact_id: str) -> HttpResponse:
    """Say who looks after a contact."""
    contact = finding.contact(request.workspace, contact_id)
    form = OwnerForm(request.POST, workspace=request.workspace)
    _checked(form)
    people.update(contact, draft={"owner": form.chosen()}, by=access.actor(request.member), now=timezone.now())
    return htmx.go(request, "contacts:card", contact_id, said=_("Saved."))


@require_POST
@member_required(Role.MEMBER)
def hold(request: MemberRequest, contact_id: str) -> HttpResponse:
    """Let no campaign write until a day in the workspace's zone; `act` lift ends the hold."""
    contact = finding.contact(request.workspace, contact_id)
    by, now = access.actor(request.member), timezone.now()
    if request.POST.get("act") == "lift":
        holds.change(contact, until=None, by=by, now=now)
        return htmx.go(request, "contacts:card", contact_id, said=_("Hold lifted. Campaigns go on."))
    form = HoldForm(request.POST)
    _checked(form)
    holds.change(contact, until=form.until_when(request.workspace.timezone), by=by, now=now)
    return htmx.go(request, "contacts:card", contact_id, said=_("On hold. Campaigns wait until then."))


def _checked(form: Form) -> Form:
    """Return the form, or raise what is wrong with it as the domain would: these forms have one field or two."""
    for name, errors in form.errors.items():
        raise Invalid(f"{form.fields[name].label}: {errors[0]}", field=name)
    return form
