"""The first page of a campaign: its numbers as they grow, what it waits for, and what may be done with it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from campaigns import lifecycle, standstill, statistics, workflows
from campaigns.enums import RUNNING, CampaignStatus
from campaigns.models import Campaign, Enrolment
from campaigns.views import finding
from campaigns.views.wording import campaign_tone
from fluenzr.core import htmx
from fluenzr.core.errors import DomainError
from fluenzr.workspaces import access
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required

_ACTS: Mapping[str, Callable[..., Campaign]] = {
    "start": lifecycle.start,
    "pause": lifecycle.pause,
    "archive": lifecycle.archive,
}


@dataclass(frozen=True)
class Deed:
    """A button: what it posts (or where it leads), its word, and the question that names what follows."""

    value: str
    label: str
    question: str = ""
    url: str = ""
    is_main: bool = False


@require_GET
@member_required(Role.VIEWER)
def page(request: MemberRequest, campaign_id: str) -> HttpResponse:
    """Show how the campaign stands; what it shows asks anew every few seconds while the campaign runs."""
    campaign = finding.campaign(request.workspace, campaign_id)
    return htmx.page(request, "campaigns/overview.html", _context(request, campaign), part="live")


@require_POST
@member_required(Role.MEMBER)
def act(request: MemberRequest, campaign_id: str) -> HttpResponse:
    """Start, pause or archive; what the domain refuses is listed on the page."""
    campaign = finding.campaign(request.workspace, campaign_id)
    deed = _ACTS.get(request.POST.get("act", ""))
    if deed is None:
        raise Http404
    try:
        campaign = deed(campaign, by=access.actor(request.member), now=timezone.now())
    except DomainError as error:
        refused = [text for texts in error.details.values() for text in texts] or [error.message]
        context = _context(request, campaign) | {"refused": refused}
        return htmx.page(request, "campaigns/overview.html", context, status=htmx.STATUS.get(error.code, 400))
    said = _("The campaign is %(state)s.") % {"state": CampaignStatus(campaign.status).label.lower()}
    return htmx.go(request, "campaigns:overview", campaign.public_id, said=said)


def _context(request: MemberRequest, campaign: Campaign) -> dict[str, Any]:
    numbers = statistics.overview(campaign)
    people = int(numbers["totalContacts"])
    under_way = Enrolment.objects.filter(campaign=campaign, status__in=RUNNING).count()
    may_edit = access.allows(request.member.role, Role.MEMBER)
    return {
        "campaign": campaign,
        "tone": campaign_tone(campaign.status),
        "numbers": numbers,
        "finished": max(people - under_way, 0),
        "standing": standstill.of(campaign, now=timezone.now()),
        "is_live": campaign.status == CampaignStatus.ACTIVE,
        "problems": _problems(campaign),
        "deeds": _deeds(campaign, people=people, under_way=under_way) if may_edit else [],
    }


def _problems(campaign: Campaign) -> list[Any]:
    """Return the sentences that a start would answer with; of what is no draft nothing is asked."""
    if campaign.status != CampaignStatus.DRAFT:
        return []
    return [text for texts in workflows.problems(campaign).values() for text in texts]


def _deeds(campaign: Campaign, *, people: int, under_way: int) -> list[Deed]:
    """Return what the status allows."""
    name = campaign.name
    archive = Deed("archive", _("Archive"), _("Archive “%(name)s”? It cannot be started again.") % {"name": name})
    if campaign.status == CampaignStatus.DRAFT:
        question = ngettext(
            "Start “%(name)s”? %(people)d contact gets its emails in the sending hours.",
            "Start “%(name)s”? %(people)d contacts get its emails in the sending hours.",
            people,
        ) % {"name": name, "people": people}
        return [archive, Deed("start", _("Start"), question, is_main=True)]
    if campaign.status == CampaignStatus.ACTIVE:
        question = ngettext(
            "Pause “%(name)s”? %(people)d contact waits where they are until you resume.",
            "Pause “%(name)s”? %(people)d contacts wait where they are until you resume.",
            under_way,
        ) % {"name": name, "people": under_way}
        return [Deed("pause", _("Pause"), question)]
    if campaign.status == CampaignStatus.PAUSED:
        url = reverse("campaigns:workflow-resume", args=[campaign.public_id])
        return [Deed("resume", _("Resume"), url=url, is_main=True)]
    return [archive] if campaign.status == CampaignStatus.COMPLETED else []
