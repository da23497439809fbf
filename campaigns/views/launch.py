"""The launch: everything that was checked, what will leave and when, and the one button that starts it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from campaigns import lifecycle
from campaigns.enums import CampaignStatus
from campaigns.models import Campaign
from campaigns.preflight import checklist
from campaigns.preflight.findings import Finding, Level, Topic
from campaigns.views import adding
from campaigns.views import finding as finding_campaigns
from contacts.enums import ContactStatus
from contacts.models import Contact
from fluenzr.core import htmx
from fluenzr.core.errors import DomainError, Text
from fluenzr.workspaces import access
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required

TONES = {Level.BLOCKS: "red", Level.WARNS: "amber", Level.OK: "green"}
HEADS: dict[str, Text] = {
    Level.BLOCKS: gettext_lazy("Put right before the launch"),
    Level.WARNS: gettext_lazy("Worth a look"),
    Level.OK: gettext_lazy("Fine"),
}
# Where each topic is put right: the words of the link, and the page.
_PLACES: dict[str, tuple[Text, str]] = {
    Topic.HOURS: (gettext_lazy("Open the settings"), "campaigns:settings"),
    Topic.CONTACTS: (gettext_lazy("Open the contacts"), "campaigns:contacts"),
    Topic.WORKFLOW: (gettext_lazy("Open the workflow"), "campaigns:workflow"),
}


@dataclass(frozen=True)
class Line:
    """A finding with the links that lead to it: where it is put right, and the first people it concerns."""

    finding: Finding
    url: str
    label: Text
    people: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Block:
    """The findings of one level."""

    head: Text
    tone: str
    lines: Sequence[Line]
    is_open: bool


@require_http_methods(["GET", "POST"])
@member_required(Role.MEMBER)
def page(request: MemberRequest, campaign_id: str) -> HttpResponse:
    """Show what was checked and what will leave; a POST starts the campaign."""
    campaign = finding_campaigns.campaign(request.workspace, campaign_id)
    refused: list[Any] = []
    if request.method == "POST":
        try:
            campaign = lifecycle.start(campaign, by=access.actor(request.member), now=timezone.now())
        except DomainError as error:
            refused = [text for texts in error.details.values() for text in texts] or [error.message]
        else:
            return htmx.go(request, "campaigns:overview", campaign.public_id, said=_said_of(campaign))
    elif campaign.status != CampaignStatus.DRAFT:
        return redirect("campaigns:overview", campaign.public_id)
    context = {"campaign": campaign, "refused": refused, **checked(campaign), **_nobody(campaign)}
    context |= adding.being_added(campaign)
    return htmx.page(request, "campaigns/launch.html", context, status=409 if refused else 200)


def _nobody(campaign: Campaign) -> dict[str, Any]:
    """Return, where nobody is in the campaign yet, how many people there are who may be written to."""
    if campaign.enrolments.listed().exists():
        return {}
    people = Contact.objects.in_workspace(campaign.workspace_id).filter(status=ContactStatus.ACTIVE)
    return {"is_empty": True, "people": people.count(), "active": ContactStatus.ACTIVE}


def checked(campaign: Campaign) -> dict[str, Any]:
    """Return what pages show of the checks: the findings by level, and the forecast."""
    found = checklist.of(campaign, now=timezone.now())
    blocks = [
        Block(HEADS[level], TONES[level], [_line(campaign, one) for one in found.at(level)], level != Level.OK)
        for level in Level
        if found.at(level)
    ]
    return {"checks": blocks, "forecast": found.forecast, "is_ready": found.is_ready, "blocking": len(found.blocks)}


def _line(campaign: Campaign, one: Finding) -> Line:
    people = [
        (person.email or str(person), _preview(campaign, mail=one.node, person=person.public_id))
        for person in one.people
    ]
    url, label = _place(campaign, one)
    return Line(one, url, label, people)


def _place(campaign: Campaign, one: Finding) -> tuple[str, Text]:
    """Return where a finding is put right, and the words of the link; ("", "") where nothing is to be done."""
    if one.level == Level.OK:
        return "", ""
    if one.topic in _PLACES:
        label, name = _PLACES[one.topic]
        return reverse(name, args=[campaign.public_id]), label
    if one.topic == Topic.MAIL:
        return _preview(campaign, mail=one.node), _("See the email")
    if one.topic == Topic.ACCOUNT:
        account = min(campaign.lanes.select_related("account"), key=lambda lane: lane.position).account
        return reverse("mailboxes:account", args=[account.public_id]), _("Open the account")
    if one.topic == Topic.WORKSPACE:
        return reverse("workspaces:settings"), _("Open the workspace settings")
    if one.topic == Topic.PLAN:
        return reverse("workspaces:plan"), _("Compare plans")
    return "", ""


def _preview(campaign: Campaign, **asked: str) -> str:
    return f"{reverse('campaigns:preview', args=[campaign.public_id])}?{urlencode(asked)}"


def _said_of(campaign: Campaign) -> str:
    people = campaign.enrolments.running().count()
    text = ngettext(
        "Launched: %(count)d contact is on the way.", "Launched: %(count)d contacts are on the way.", people
    )
    return text % {"count": people}
