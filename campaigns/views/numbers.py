"""What happened in a campaign: event by event, and in numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from campaigns import activity, statistics, timeline
from campaigns.enums import EventType
from campaigns.forms import ActivityFilters
from campaigns.models import Campaign, Event
from campaigns.periods import Period
from campaigns.views import finding
from fluenzr.core import htmx, listing
from fluenzr.core.charts import Chart, Series
from fluenzr.core.errors import Invalid
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required

SORTS = {"at": "at"}
_TONES: Mapping[str, str] = {
    EventType.SENT: "green",
    EventType.REPLIED: "green",
    EventType.OPENED: "blue",
    EventType.CLICKED: "blue",
    EventType.BOUNCED: "red",
    EventType.COMPLAINED: "red",
    EventType.FAILED: "red",
    EventType.UNSUBSCRIBED: "amber",
    EventType.UNCERTAIN: "amber",
}
# What is said of an event, the first that is known.
_TOLD = ("subject", "url", "bounceReason", "reason", "text")


@dataclass(frozen=True)
class Line:
    """One event: its tone, and the one thing about it that is worth a column."""

    event: Event
    tone: str
    about: str


@require_GET
@member_required(Role.VIEWER)
def events(request: MemberRequest, campaign_id: str) -> HttpResponse:
    """List what happened, newest first."""
    campaign = finding.campaign(request.workspace, campaign_id)
    filters = ActivityFilters(request.GET)
    asked = filters.cleaned_data if filters.is_valid() else {}
    types = [asked["type"]] if asked.get("type") else []
    rows = activity.events(campaign, types=types, bots=bool(asked.get("bots")))
    if asked.get("q"):
        rows = rows.filter(Q(contact__email__icontains=asked["q"]))
    found = listing.read(request, rows, sorts=SORTS, default="-at", filters=filters)
    mode = request.workspace.tracking_mode
    lines = [Line(event, _TONES.get(event.type, ""), _about(event, mode=mode)) for event in found.rows]
    context = {"campaign": campaign, "listing": replace(found, rows=lines)}
    return htmx.page(request, "campaigns/activity.html", context, part="list")


@require_GET
@member_required(Role.VIEWER)
def page(request: MemberRequest, campaign_id: str) -> HttpResponse:
    """Show the numbers of people, of each email and of each day, as the API gives them."""
    campaign = finding.campaign(request.workspace, campaign_id)
    interval, buckets = _buckets(campaign)
    context = {
        "campaign": campaign,
        "numbers": statistics.overview(campaign),
        "emails": statistics.emails(campaign),
        "buckets": list(reversed(buckets)),
        "is_weekly": interval == "week",
        "chart": _chart(buckets) if len(buckets) > 1 else None,
    }
    return htmx.page(request, "campaigns/statistics.html", context)


def _about(event: Event, *, mode: str) -> str:
    metadata = activity.line(event, mode=mode)["metadata"]
    return next((str(metadata[key]) for key in _TOLD if metadata.get(key)), "")


def _buckets(campaign: Campaign) -> tuple[str, list[dict[str, Any]]]:
    """Return the days since the start, or the weeks where the days would be too many; none before the start."""
    if campaign.started_at is None:
        return "day", []
    now = timezone.now()
    try:
        return "day", timeline.buckets(campaign, period=Period(), interval="day", now=now)
    except Invalid:
        return "week", timeline.buckets(campaign, period=Period(), interval="week", now=now)


_DRAWN = (
    ("sent", gettext_lazy("Sent")),
    ("opened", gettext_lazy("Opened")),
    ("clicked", gettext_lazy("Clicked")),
    ("replied", gettext_lazy("Replied")),
)


def _chart(buckets: list[dict[str, Any]]) -> Chart:
    series = [Series(str(label), [bucket[name] for bucket in buckets]) for name, label in _DRAWN]
    return Chart("timeline", _("Mails over time"), [bucket["date"] for bucket in buckets], series)
