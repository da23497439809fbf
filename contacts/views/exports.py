"""Contacts as a file: the chosen ones, or all that the filters of an address leave."""

from django.http import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from contacts import exporting
from contacts.forms import ContactFilters
from contacts.views import finding
from fluenzr.core import spreadsheets
from fluenzr.workspaces import access
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required


@require_http_methods(["GET", "POST"])
@member_required(Role.MEMBER)
def export(request: MemberRequest) -> HttpResponseBase:
    """Hand out a file in the `format` csv or xlsx.

    A link has the filters in its address; the bulk form posts the `chosen`, or `all` with the filters as `query`.
    """
    if request.method == "POST":
        said, rows = request.POST, finding.meant(request.workspace, request.POST)
        asked = said.get("query", "") if said.get("all") else "chosen"
    else:
        said, asked = request.GET, request.GET.urlencode()
        rows = finding.narrowed(request.workspace, ContactFilters(said, workspace=request.workspace))
    form, by = said.get("format", exporting.CSV), access.actor(request.member)
    table = exporting.table(
        workspace=request.workspace, contacts=rows, form=form, asked=asked, by=by, now=timezone.now()
    )
    return spreadsheets.WRITERS[form](_("Contacts"), head=table.head, rows=table.rows)
