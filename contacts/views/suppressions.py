"""Who must never be written to: the list, additions, removals, the list as a file."""

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts import blocklists, suppression
from contacts.models import Suppression, SuppressionQuerySet
from contacts.privacy_forms import SuppressionFilters, SuppressionForm
from fluenzr.core import finding, htmx, listing, problems, spreadsheets
from fluenzr.core.errors import DomainError
from fluenzr.workspaces import access
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required


@require_GET
@member_required(Role.VIEWER)
def listed(request: MemberRequest) -> HttpResponse:
    """Show who must never be written to, and why."""
    form = SuppressionFilters(request.GET)
    sorts = {"target": "target", "added": "created_at"}
    context = {
        "listing": listing.read(request, _wanted(request, form), sorts=sorts, default="-added", filters=form),
        "may_edit": access.allows(request.member.role, Role.MEMBER),
    }
    return htmx.page(request, "contacts/suppressions.html", context, part="list")


@require_GET
@member_required(Role.MEMBER)
def export(request: MemberRequest) -> HttpResponse:
    """Hand out the list as a CSV file; erased people have no readable address."""
    rows = _wanted(request, SuppressionFilters(request.GET)).order_by("-created_at", "-pk")
    head = (_("Address or domain"), _("Kind"), _("Reason"), _("Added by"), _("Added"))
    cells = (
        (row.target, row.kind, row.reason, row.source, row.created_at.isoformat(timespec="seconds"))
        for row in rows.iterator(chunk_size=2000)
    )
    return spreadsheets.answer(_("Suppressions"), head=head, rows=cells)


@require_http_methods(["GET", "POST"])
@member_required(Role.MEMBER)
def new(request: MemberRequest) -> HttpResponse:
    """Bar addresses and domains that are typed, pasted or uploaded."""
    form = SuppressionForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        by, now = access.actor(request.member), timezone.now()
        try:
            text, reason = form.cleaned_data["targets"], form.cleaned_data["reason"]
            done = blocklists.bar(workspace=request.workspace, text=text, reason=reason, source=by, now=now)
        except DomainError as error:
            problems.add_to(form, error)
        else:
            return htmx.go(request, "contacts:suppressions", said=_said(done))
    return htmx.page(request, "contacts/suppression_new.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
@member_required(Role.MEMBER)
def lift(request: MemberRequest, suppression_id: str) -> HttpResponse:
    """Take a suppression back."""
    rows = Suppression.objects.in_workspace(request.workspace).select_related("workspace")
    row = finding.one(Suppression, rows, suppression_id)
    suppression.lift(suppressions=[row], by=access.actor(request.member), now=timezone.now())
    return htmx.go(request, htmx.way_back(request, "contacts:suppressions"), said=_("Removed from the list."))


def _wanted(request: MemberRequest, form: SuppressionFilters) -> SuppressionQuerySet:
    rows: SuppressionQuerySet = Suppression.objects.in_workspace(request.workspace)
    form.is_valid()
    values = form.cleaned_data
    if values.get("q"):
        rows = rows.filter(target__icontains=values["q"].strip())
    return rows.filter(**{name: values[name] for name in ("kind", "reason") if values.get(name)})


def _said(done: blocklists.Barred) -> str:
    said = ngettext("%(number)s entry added.", "%(number)s entries added.", done.added) % {"number": done.added}
    if not done.known:
        return said
    known = ngettext("%(number)s was there already.", "%(number)s were there already.", done.known)
    return f"{said} {known % {'number': done.known}}"
