"""The companies that contacts belong to, by the domains of their addresses."""

from dataclasses import replace

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from contacts import companies
from contacts.forms import CompanyFilters
from fluenzr.core import htmx, listing
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required

SORTS = {"domain": "domain", "people": "people"}


@require_GET
@member_required(Role.VIEWER)
def listed(request: MemberRequest) -> HttpResponse:
    """Show the companies with how many contacts each has."""
    form = CompanyFilters(request.GET)
    form.is_valid()
    rows = companies.counted(request.workspace)
    if query := form.cleaned_data.get("q"):
        rows = rows.filter(domain__contains=query.strip().lower())
    found = listing.read(request, rows, sorts=SORTS, default="-people", filters=form, key="domain")
    found = replace(found, rows=companies.described(request.workspace, found.rows))
    return htmx.page(request, "contacts/companies.html", {"listing": found}, part="list")
