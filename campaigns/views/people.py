"""The people of a campaign: where each stands and what they wait for, adding and removing."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns import audience, drafts, explain
from campaigns.enums import ENROLLING
from campaigns.forms import AddPeopleForm, PeopleFilters
from campaigns.models import Campaign, Enrolment
from campaigns.views import finding
from campaigns.views.wording import campaign_tone, person_tone
from fluenzr.core import htmx, listing, problems
from fluenzr.core.errors import DomainError
from fluenzr.workspaces import access
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required

SORTS = {"added": "id"}


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
    filters = PeopleFilters(request.GET)
    asked = filters.cleaned_data if filters.is_valid() else {}
    rows = audience.people(campaign, statuses=[asked["status"]] if asked.get("status") else [])
    if asked.get("q"):
        rows = rows.filter(contact__email__icontains=asked["q"])
    found = listing.read(request, rows, sorts=SORTS, default="added", filters=filters)
    may_edit = access.allows(request.member.role, Role.MEMBER) and campaign.status in ENROLLING
    context = {
        "campaign": campaign,
        "tone": campaign_tone(campaign.status),
        "listing": replace(found, rows=_lines(campaign, found.rows)),
        "may_edit": may_edit,
        "acts": [("remove", _("Remove"), _remove_question(campaign))] if may_edit else [],
    }
    return htmx.page(request, "campaigns/contacts.html", context, part="list")


@require_http_methods(["GET", "POST"])
@member_required(Role.MEMBER)
def add(request: MemberRequest, campaign_id: str) -> HttpResponse:
    """Add the members of groups, or the contacts with these addresses."""
    campaign = finding.campaign(request.workspace, campaign_id)
    form = AddPeopleForm(request.POST or None, workspace=request.workspace)
    if request.method == "POST" and form.is_valid():
        by = access.actor(request.member)
        try:
            outcome = audience.add(campaign, by=by, now=timezone.now(), batch=by[:80], **form.chosen())
        except DomainError as error:
            problems.add_to(form, error)
        else:
            return htmx.go(request, "campaigns:contacts", campaign.public_id, said=_said_of_adding(outcome))
    status = 422 if form.errors else 200
    return htmx.page(request, "campaigns/add.html", {"campaign": campaign, "form": form}, status=status)


@require_POST
@member_required(Role.MEMBER)
def remove(request: MemberRequest, campaign_id: str) -> HttpResponse:
    """Take the `chosen` contacts out of the campaign."""
    campaign = finding.campaign(request.workspace, campaign_id)
    chosen = request.POST.getlist("chosen")
    outcome = audience.remove(campaign, contact_ids=chosen, by=access.actor(request.member), now=timezone.now())
    said = ngettext("%(number)d contact removed.", "%(number)d contacts removed.", outcome.done)
    return htmx.go(request, "campaigns:contacts", campaign.public_id, said=said % {"number": outcome.done})


def _lines(campaign: Campaign, rows: Any) -> list[Line]:
    now = timezone.now()
    found = explain.explain_all(rows, now=now)
    shown = campaign.version.graph if campaign.version else campaign.draft.graph
    cards = drafts.cards(campaign, shown)
    return [
        Line(
            enrolment=row,
            tone=person_tone(row.status),
            step=f"{card.title}: {card.summary}" if (card := cards.get(row.node)) else "",
            next_at=found[row.pk].next_action_at,
            reason=found[row.pk].reason,
        )
        for row in rows
    ]


def _remove_question(campaign: Campaign) -> str:
    text = _("Remove the chosen contacts from “%(name)s”? They get no more of its emails.")
    return text % {"name": campaign.name}


def _said_of_adding(outcome: audience.Outcome) -> str:
    said = ngettext("%(number)d contact added.", "%(number)d contacts added.", outcome.done) % {"number": outcome.done}
    if outcome.skipped:
        said += " " + ngettext(
            "%(number)d skipped: in the campaign already, without an address, or not to be written to.",
            "%(number)d skipped: in the campaign already, without an address, or not to be written to.",
            outcome.skipped,
        ) % {"number": outcome.skipped}
    return said
