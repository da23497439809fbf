"""Segments: the list, one with its contacts, the builder of rules, and groups made of them."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from contacts import rule_drafts, segments
from contacts.criteria import rules
from contacts.forms import GroupForm, SegmentForm
from contacts.models import Contact, Segment
from contacts.rule_drafts import BlockDraft, Catalogue
from contacts.views import finding
from fluenzr.core import htmx, listing, problems
from fluenzr.core.errors import DomainError, Invalid
from fluenzr.workspaces import access
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required
from fluenzr.workspaces.models import Workspace


@dataclass(frozen=True)
class Said:
    """Whom rules mean: in words and how many (where `is_more`, more than that), or what is wrong with them."""

    words: str = ""
    count: int = 0
    is_more: bool = False
    problem: str = ""


def _said(workspace: Workspace, document: object, *, is_exact: bool = False) -> Said:
    """Read rules and count whom they mean, unless `is_exact` only so far as nobody has to wait."""
    try:
        words = rules.read(workspace, document).words()
        rows = segments.matching(workspace, document, now=timezone.now())
    except Invalid as error:
        return Said(problem=str(error))
    return Said(words, rows.count()) if is_exact else Said(words, *listing.counted(rows, most=listing.MOST_COUNTED))


@require_GET
@member_required(Role.VIEWER)
def listed(request: MemberRequest) -> HttpResponse:
    """Show the segments in words; they are counted when one is opened."""
    rows = Segment.objects.in_workspace(request.workspace)
    sorts = {"name": "name", "changed": "updated_at"}
    found = listing.read(request, rows, sorts=sorts, default="name")
    words = segments.words(request.workspace, found)
    context = {"listing": found, "rows": [(row, words[row.pk]) for row in found], "may_edit": _may_edit(request)}
    return htmx.page(request, "contacts/segments.html", context, part="list")


@require_GET
@member_required(Role.VIEWER)
def shown(request: MemberRequest, segment_id: str) -> HttpResponse:
    """Show a segment and who is in it now."""
    segment = finding.segment(request.workspace, segment_id)
    words = segments.words(request.workspace, [segment])[segment.pk]
    rows = segments.contacts(segment, now=timezone.now()) if words else Contact.objects.none()
    sorts = {"email": "email_key", "company": "company", "status": "status"}
    context = {
        "segment": segment,
        "words": words,
        "listing": listing.read(request, rows, sorts=sorts, default="email", most=listing.MOST_COUNTED),
        "may_edit": _may_edit(request),
    }
    return htmx.page(request, "contacts/segment.html", context, part="list")


@require_http_methods(["GET", "POST"])
@member_required(Role.MEMBER)
def new(request: MemberRequest) -> HttpResponse:
    """Build a segment."""
    catalogue = Catalogue(request.workspace)
    if request.method == "GET":
        return _builder(request, SegmentForm(), rule_drafts.begin(catalogue), catalogue)
    form, draft = SegmentForm(request.POST), rule_drafts.of_form(catalogue, request.POST)
    if (deed := request.POST.get("act", "")) != "save":
        return _acted(request, draft, catalogue, deed)
    if form.is_valid():
        by, now = access.actor(request.member), timezone.now()
        try:
            segment = segments.create(
                workspace=request.workspace, name=form.cleaned_data["name"], rules=draft.document(), by=by, now=now
            )
        except DomainError as error:
            _refuse(form, draft, error)
        else:
            return htmx.go(request, "contacts:segment", segment.public_id, said=_("Segment saved."))
    return _builder(request, form, draft, catalogue)


@require_http_methods(["GET", "POST"])
@member_required(Role.MEMBER)
def edit(request: MemberRequest, segment_id: str) -> HttpResponse:
    """Change a segment."""
    segment = finding.segment(request.workspace, segment_id)
    catalogue, name = Catalogue(request.workspace), segment.name
    if request.method == "GET":
        draft = rule_drafts.of_document(catalogue, segment.rules)
        return _builder(request, SegmentForm(initial={"name": name}), draft, catalogue, segment=segment)
    form, draft = SegmentForm(request.POST), rule_drafts.of_form(catalogue, request.POST)
    if (deed := request.POST.get("act", "")) != "save":
        return _acted(request, draft, catalogue, deed, segment=segment)
    if form.is_valid():
        changes = {"name": form.cleaned_data["name"], "rules": draft.document()}
        try:
            segments.update(segment, changes=changes, by=access.actor(request.member), now=timezone.now())
        except DomainError as error:
            segment.name = name
            _refuse(form, draft, error)
        else:
            return htmx.go(request, "contacts:segment", segment_id, said=_("Saved."))
    return _builder(request, form, draft, catalogue, segment=segment)


@require_POST
@member_required(Role.VIEWER)
def count(request: MemberRequest) -> HttpResponse:
    """Say whom the rules of a form mean, while it is filled in; of very many, how many exactly when asked anew."""
    draft = rule_drafts.of_form(Catalogue(request.workspace), request.POST)
    context = {"said": _said(request.workspace, draft.document(), is_exact="exact" in request.GET)}
    return htmx.page(request, "contacts/segment_count.html", context)


@require_http_methods(["GET", "POST"])
@member_required(Role.MEMBER)
def group(request: MemberRequest, segment_id: str) -> HttpResponse:
    """Make a group of those who are in the segment now."""
    segment = finding.segment(request.workspace, segment_id)
    said = _said(request.workspace, segment.rules)
    form = GroupForm(request.POST if request.method == "POST" else None, initial={"name": segment.name})
    if request.method == "POST" and form.is_valid():
        by, now = access.actor(request.member), timezone.now()
        try:
            made = segments.make_group(segment, by=by, now=now, **form.cleaned_data)
        except DomainError as error:
            problems.add_to(form, error, fields={"type": "kind"})
        else:
            text = ngettext(
                "Group made. %(number)s contact joins it.", "Group made. %(number)s contacts join it.", said.count
            )
            if said.is_more:
                text = _("Group made. Whoever is in the segment now joins it.")
            return htmx.go(request, "contacts:group", made.public_id, said=text % {"number": said.count})
    context = {"form": form, "segment": segment, "said": said}
    return htmx.page(request, "contacts/segment_group.html", context, status=422 if form.errors else 200)


@require_POST
@member_required(Role.MEMBER)
def delete(request: MemberRequest, segment_id: str) -> HttpResponse:
    """Delete a segment; its contacts stay."""
    segment = finding.segment(request.workspace, segment_id)
    segments.delete(segment, by=access.actor(request.member), now=timezone.now())
    return htmx.go(request, "contacts:segments", said=_("Segment deleted. Its contacts stay."))


def _acted(
    request: MemberRequest, draft: BlockDraft, catalogue: Catalogue, deed: str, segment: Segment | None = None
) -> HttpResponse:
    """Answer a button of the builder: the rules with a criterion more, or less."""
    rule_drafts.act(draft, catalogue, deed)
    form = SegmentForm(initial={"name": request.POST.get("name", "")})
    answer = _builder(request, form, draft, catalogue, segment=segment)
    return trigger_client_event(answer, "rules-changed", after="swap") if htmx.is_htmx(request) else answer


def _builder(
    request: MemberRequest,
    form: SegmentForm,
    draft: BlockDraft,
    catalogue: Catalogue,
    *,
    segment: Segment | None = None,
) -> HttpResponse:
    draft.number()
    # With scripts the count comes by itself, after the rules.
    said = None if htmx.is_htmx(request) else _said(request.workspace, draft.document())
    context: dict[str, Any] = {
        "form": form,
        "these": draft,
        "catalogue": catalogue.headings(),
        "segment": segment,
        "said": said,
    }
    has_errors = bool(form.errors) or any(part.errors for part in draft.walk())
    return htmx.page(request, "contacts/segment_edit.html", context, part="rules", status=422 if has_errors else 200)


def _refuse(form: SegmentForm, draft: BlockDraft, error: DomainError) -> None:
    """Put what the domain refuses at the criteria, and the rest at the form."""
    inside = {path: texts for path, texts in error.details.items() if path.startswith("rules")}
    draft.number()
    rule_drafts.place(draft, inside)
    if inside:
        form.add_error(None, _("Some conditions are not complete."))
    if not inside:
        problems.add_to(form, error)


def _may_edit(request: MemberRequest) -> bool:
    return access.allows(request.member.role, Role.MEMBER)
