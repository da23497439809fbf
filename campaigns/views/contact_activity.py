"""What was sent to a contact, and what happened: a panel of the contact's card, and a page of its own."""

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_GET

from campaigns import activity
from contacts.models import Contact
from fluenzr.core import htmx, listing
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required


@require_GET
@member_required(Role.VIEWER)
def page(request: MemberRequest, contact_id: str) -> HttpResponse:
    """Show the events of a contact, newest first."""
    key = Contact.key_of(contact_id)
    contact = Contact.objects.in_workspace(request.workspace).filter(pk=key).first() if key else None
    if contact is None:
        raise Http404
    rows = listing.read(request, activity.of_contact(contact), sorts={"at": "at"}, default="-at", per_page=25)
    context = {"contact": contact, "listing": rows}
    return htmx.page(request, "campaigns/contact_activity.html", context, part="list")
