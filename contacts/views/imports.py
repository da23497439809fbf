"""Imports: the list, the upload, and the page of one from its mapping to its report."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts.enums import ImportStatus
from contacts.importing import columns, lifecycle, rejects, running
from contacts.importing.forms import ImportFilters, MappingForm, UploadForm
from contacts.models import Import
from fluenzr.core import finding, htmx, listing, problems, spreadsheets
from fluenzr.core.errors import DomainError
from fluenzr.workspaces import access
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required
from fluenzr.workspaces.models import Workspace

SORTS = {"file": "file_name", "status": "status", "rows": "total_rows", "made": "created_at"}
TONES: dict[str, str] = {
    ImportStatus.RUNNING: "blue",
    ImportStatus.UNDOING: "amber",
    ImportStatus.DONE: "green",
    ImportStatus.FAILED: "red",
}
EXAMPLES = 3
ENCODINGS = {"utf-8-sig": "UTF-8", "cp1252": "Windows-1252 (Latin-1)", "latin-1": "Latin-1"}
DELIMITERS = {
    ",": gettext_lazy("parted by commas"),
    ";": gettext_lazy("parted by semicolons"),
    "\t": gettext_lazy("parted by tabs"),
}


@require_GET
@member_required(Role.VIEWER)
def listed(request: MemberRequest) -> HttpResponse:
    """Show the imports of the workspace."""
    rows = Import.objects.in_workspace(request.workspace)
    filters = ImportFilters(request.GET)
    if filters.is_valid() and filters.cleaned_data["status"]:
        rows = rows.filter(status=filters.cleaned_data["status"])
    found = listing.read(request, rows, sorts=SORTS, default="-made", filters=filters)
    for row in found:
        row.tone = TONES.get(row.status, "")
    context = {"listing": found, "may_edit": access.allows(request.member.role, Role.MEMBER)}
    return htmx.page(request, "contacts/imports.html", context, part="list")


@require_http_methods(["GET", "POST"])
@member_required(Role.MEMBER)
def new(request: MemberRequest) -> HttpResponse:
    """Take a file."""
    is_post = request.method == "POST"
    form = UploadForm(request.POST, request.FILES) if is_post else UploadForm()
    if is_post and form.is_valid():
        file = form.cleaned_data["file"]
        by, now = access.actor(request.member), timezone.now()
        try:
            origin = lifecycle.upload(
                workspace=request.workspace,
                content=file,
                name=file.name,
                by=by,
                now=now,
                has_header=form.has_header(),
            )
        except DomainError as error:
            problems.add_to(form, error)
        else:
            return htmx.go(request, "contacts:import", origin.public_id)
    return htmx.page(request, "contacts/import_new.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@member_required(Role.VIEWER)
def shown(request: MemberRequest, import_id: str) -> HttpResponse:
    """Show an import: a draft to be mapped, one that runs, or the report of one that ended."""
    origin = _find(request.workspace, import_id)
    if request.method == "POST":
        access.require_role(request.member, Role.MEMBER)
    if origin.status != ImportStatus.DRAFT:
        return _progress(request, origin)
    is_post = request.method == "POST"
    starts = is_post and request.POST.get("act") == "start"
    form = MappingForm(request.POST if is_post else None, origin=origin)
    if starts and form.is_valid():
        by, now = access.actor(request.member), timezone.now()
        try:
            lifecycle.start(origin, choices=form.choices(), by=by, now=now)
        except DomainError as error:
            problems.add_to(form, error, fields=form.places())
        else:
            return htmx.go(request, "contacts:import", import_id)
    context = {
        "origin": origin,
        "form": form,
        "is_tried": starts,
        "encoding": ENCODINGS.get(origin.format["encoding"], origin.format["encoding"].upper()),
        "delimiter": DELIMITERS[origin.format["delimiter"]],
        "may_edit": access.allows(request.member.role, Role.MEMBER),
        **_preview(origin, form),
    }
    return htmx.page(
        request, "contacts/import_map.html", context, part="preview", status=422 if starts and form.errors else 200
    )


@require_POST
@member_required(Role.MEMBER)
def cancel(request: MemberRequest, import_id: str) -> HttpResponse:
    """Stop an import, or give up a draft."""
    origin = _find(request.workspace, import_id)
    lifecycle.cancel(origin, by=access.actor(request.member), now=timezone.now())
    return htmx.go(request, "contacts:import", import_id, said=_("Import cancelled. What is in stays."))


@require_POST
@member_required(Role.MEMBER)
def undo(request: MemberRequest, import_id: str) -> HttpResponse:
    """Take back what an import made."""
    origin = _find(request.workspace, import_id)
    lifecycle.undo(origin, by=access.actor(request.member), now=timezone.now())
    return htmx.go(request, "contacts:import", import_id, said=_("The import is being undone."))


@require_GET
@member_required(Role.VIEWER)
def rejected(request: MemberRequest, import_id: str) -> HttpResponse:
    """Give the rejected rows as a file, each with its line and the reason."""
    origin = _find(request.workspace, import_id)
    name = f"{origin.file_name} {_('rejected')}"
    return spreadsheets.answer(name, head=rejects.head(origin), rows=rejects.rows(origin))


def _find(workspace: Workspace, public_id: str) -> Import:
    return finding.one(Import, Import.objects.in_workspace(workspace).select_related("workspace", "stage"), public_id)


def _preview(origin: Import, form: MappingForm) -> dict[str, Any]:
    """Return the columns with examples, and the first rows as they would become."""
    mapping, new_fields = form.mapping()
    rows = lifecycle.preview(origin, mapping, new_fields=new_fields)
    labels = dict(columns.LABELS) | {f"{columns.CUSTOM}{key}": one.label for key, one in new_fields.items()}
    labels |= {f"{columns.CUSTOM}{key}": one.label for key, one in form.custom.items()}
    targets = [target for target in dict.fromkeys(mapping) if target in labels and target != columns.FULL_NAME]
    if columns.FULL_NAME in mapping:
        targets += ["firstName", "lastName"]
    return {
        "columns": [
            (field, [text for row in rows if place < len(row.cells) and (text := row.cells[place].strip())][:EXAMPLES])
            for place, field in enumerate(form.columns())
        ],
        "heads": [labels[target] for target in targets],
        "rows": [(row.line, [row.becomes.get(target, "") for target in targets], row.problem) for row in rows],
        "has_email": columns.EMAIL in mapping,
    }


def _progress(request: MemberRequest, origin: Import) -> HttpResponse:
    is_live = origin.status in running.ACTIVE
    context = {
        "origin": origin,
        "tone": TONES.get(origin.status, ""),
        "is_live": is_live,
        "seconds_left": running.seconds_left(origin) if origin.status == ImportStatus.RUNNING else None,
        "may_edit": access.allows(request.member.role, Role.MEMBER),
        "may_undo": lifecycle.may_undo(origin, timezone.now()),
        "first_rejects": origin.rejects.order_by("line", "pk")[:20] if not is_live else [],
    }
    response = htmx.page(request, "contacts/import.html", context, part="live")
    if htmx.is_htmx(request) and not is_live:
        # The page has more to show now than the part that it polled.
        response["HX-Refresh"] = "true"
    return response
