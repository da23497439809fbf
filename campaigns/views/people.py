"""The people of a campaign: where each stands and what they wait for, and removing some."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from campaigns import audience, drafts, explain
from campaigns.enums import ENROLLING
from campaigns.forms import PeopleFilters
from campaigns.models import Campaign, Enrolment
from campaigns.views import adding, finding
from campaigns.views.wording import campaign_tone, person_tone
from contacts import filters as contact_filters
from fluenzr.core import htmx, listing
from fluenzr.core.listing import Column
from fluenzr.workspaces import access, lists
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required

SORTS = {"added": "id"}
COLUMNS = (
    Column("address", gettext_lazy("Address"), is_fixed=True),
    Column("status", gettext_lazy("Status")),
    Column("step", gettext_lazy("Step")),
    Column("next", gettext_lazy("What comes next")),
    Column("mails", gettext_lazy("Mails"), is_numeric=True),
    Column("added", gettext_lazy("Added"), sort="added"),
)


@dataclass(frozen=True)
class Line:
    """Somebody in the campaign: at which step (in words), and what comes next, when and why."""

    enrolment: Enrolment
    tone: str
    step: str
    next_at: datetime | None
    reason: Any


@require_GET
@member_required(Role.VIEWER)
def page(request: MemberRequest, campaign_id: str) -> HttpResponse:
    """List the people of the campaign that match the filters."""
    campaign = finding.campaign(request.workspace, campaign_id)
    steps = _steps(campaign)
    filters = PeopleFilters(request.GET, steps=list(steps.items()))
    asked = filters.cleaned_data if filters.is_valid() else {}
    statuses = [asked["status"]] if asked.get("status") else []
    rows = audience.people(campaign, statuses=statuses, did=asked.get("did", ""), node=asked.get("node", ""))
    if asked.get("q"):
        rows = contact_filters.matching(rows, asked["q"], of="contact__")
    most = listing.MOST_COUNTED if asked.get("q") else None
    found = lists.read(request, rows, columns=COLUMNS, sorts=SORTS, default="added", filters=filters, most=most)
    may_edit = access.allows(request.member.role, Role.MEMBER) and campaign.status in ENROLLING
    context = {
        "campaign": campaign,
        "tone": campaign_tone(campaign.status),
        "listing": replace(found, rows=_lines(found.rows, steps)),
        "may_edit": may_edit,
        **adding.being_added(campaign),
        "acts": [("remove", _("Remove"), _remove_question(campaign))] if may_edit else [],
    }
    return htmx.page(request, "campaigns/contacts.html", context, part="list")


@require_POST
@member_required(Role.MEMBER)
def remove(request: MemberRequest, campaign_id: str) -> HttpResponse:
    """Take the `chosen` contacts out of the campaign."""
    campaign = finding.campaign(request.workspace, campaign_id)
    chosen = request.POST.getlist("chosen")
    outcome = audience.remove(campaign, contact_ids=chosen, by=access.actor(request.member), now=timezone.now())
    said = ngettext("%(number)d contact removed.", "%(number)d contacts removed.", outcome.done)
    return htmx.go(request, "campaigns:contacts", campaign.public_id, said=said % {"number": outcome.done})


def _steps(campaign: Campaign) -> dict[str, str]:
    """Return each step of the workflow in words, by node."""
    shown = campaign.version.graph if campaign.version else campaign.draft.graph
    cards = drafts.cards(campaign, shown)
    return {node: f"{card.title}: {card.summary}" if card.summary else card.title for node, card in cards.items()}


def _lines(rows: Sequence[Enrolment], steps: Mapping[str, str]) -> list[Line]:
    found = explain.explain_all(rows, now=timezone.now())
    return [
        Line(
            enrolment=row,
            tone=person_tone(row.status),
            step=steps.get(row.node, ""),
            next_at=found[row.pk].next_action_at,
            reason=found[row.pk].reason,
        )
        for row in rows
    ]


def _remove_question(campaign: Campaign) -> str:
    text = _("Remove the chosen contacts from “%(name)s”? They get no more of its emails.")
    return text % {"name": campaign.name}
