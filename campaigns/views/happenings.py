"""What happened in a campaign, event by event."""

from dataclasses import dataclass, replace

from django.db.models import Q
from django.http import HttpResponse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from campaigns import activity
from campaigns.contact_timeline import TONES
from campaigns.forms import ActivityFilters
from campaigns.models import Event
from campaigns.views import finding
from fluenzr.core import htmx
from fluenzr.core.listing import Column
from fluenzr.workspaces import lists
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required

SORTS = {"at": "at"}
COLUMNS = (
    Column("at", gettext_lazy("When"), sort="at"),
    Column("type", gettext_lazy("What happened")),
    Column("contact", gettext_lazy("Contact"), is_fixed=True),
    Column("about", gettext_lazy("Details")),
)
# What is said of an event, the first that is known.
_TOLD = ("subject", "linkUrl", "bounceReason", "reason", "text")


@dataclass(frozen=True)
class Line:
    """One event: its tone, and the one thing about it that is worth a column."""

    event: Event
    tone: str
    about: str


@require_GET
@member_required(Role.VIEWER)
def page(request: MemberRequest, campaign_id: str) -> HttpResponse:
    """List what happened, newest first."""
    campaign = finding.campaign(request.workspace, campaign_id)
    filters = ActivityFilters(request.GET)
    asked = filters.cleaned_data if filters.is_valid() else {}
    types = [asked["type"]] if asked.get("type") else []
    rows = activity.events(campaign, types=types, bots=bool(asked.get("bots")))
    if asked.get("q"):
        rows = rows.filter(Q(contact__email__icontains=asked["q"]))
    found = lists.read(request, rows, columns=COLUMNS, sorts=SORTS, default="-at", filters=filters)
    mode = request.workspace.tracking_mode
    lines = [Line(event, TONES.get(event.type, ""), _about(event, mode=mode)) for event in found.rows]
    context = {"campaign": campaign, "listing": replace(found, rows=lines)}
    return htmx.page(request, "campaigns/activity.html", context, part="list")


def _about(event: Event, *, mode: str) -> str:
    metadata = activity.shown(event.metadata, mode=mode)
    return next((str(metadata[key]) for key in _TOLD if metadata.get(key)), "")
