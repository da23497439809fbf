"""The first page of a campaign: its numbers as they grow, what it waits for, and what may be done with it."""

from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from campaigns import drafts, forecast, lifecycle, progress, standstill, statistics, workflows
from campaigns.enums import CAMPAIGN_SENTENCES, CampaignStatus
from campaigns.forecast import Forecast
from campaigns.models import Campaign
from campaigns.views import deeds, figures, finding
from campaigns.views.wording import campaign_tone
from fluenzr.core import htmx
from fluenzr.core.errors import DomainError
from fluenzr.workspaces import access
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required

_FORECAST_SECONDS = 60


@require_GET
@member_required(Role.VIEWER)
def page(request: MemberRequest, campaign_id: str) -> HttpResponse:
    """Show how the campaign stands; what it shows asks anew every few seconds while the campaign runs."""
    campaign = finding.campaign(request.workspace, campaign_id)
    return htmx.page(request, "campaigns/overview.html", _context(request, campaign), part="live")


@require_POST
@member_required(Role.MEMBER)
def act(request: MemberRequest, campaign_id: str) -> HttpResponse:
    """Do `act` with the campaign; what the domain refuses is listed on its page."""
    campaign = finding.campaign(request.workspace, campaign_id)
    answer = _ACTS.get(request.POST.get("act", ""), _move)
    try:
        return answer(request, campaign)
    except DomainError as error:
        refused = [text for texts in error.details.values() for text in texts] or [error.message]
        context = _context(request, campaign) | {"refused": refused}
        return htmx.page(request, "campaigns/overview.html", context, status=htmx.STATUS.get(error.code, 400))


def _move(request: MemberRequest, campaign: Campaign) -> HttpResponse:
    move = deeds.MOVES.get(request.POST.get("act", ""))
    if move is None:
        raise Http404
    campaign = move(campaign, by=access.actor(request.member), now=timezone.now())
    said = str(CAMPAIGN_SENTENCES[campaign.status])
    return htmx.go(request, htmx.way_back(request, "campaigns:overview", campaign.public_id), said=said)


def _duplicate(request: MemberRequest, campaign: Campaign) -> HttpResponse:
    by = access.actor(request.member)
    copy = lifecycle.clone(campaign, author=request.user, by=by, now=timezone.now())
    said = _("“%(name)s” is a draft with the same settings and workflow, and nobody in it.") % {"name": copy.name}
    return htmx.go(request, "campaigns:workflow", copy.public_id, said=said)


def _delete(request: MemberRequest, campaign: Campaign) -> HttpResponse:
    lifecycle.delete(campaign, by=access.actor(request.member), now=timezone.now())
    return htmx.go(request, "campaigns:list", said=_("“%(name)s” was deleted.") % {"name": campaign.name})


_ACTS = {"duplicate": _duplicate, "delete": _delete}


def _context(request: MemberRequest, campaign: Campaign) -> dict[str, Any]:
    now = timezone.now()
    numbers = statistics.overview(campaign)
    far = progress.of([campaign])[campaign.pk]
    may_edit = access.allows(request.member.role, Role.MEMBER)
    is_live = campaign.status == CampaignStatus.ACTIVE
    return {
        "campaign": campaign,
        "tone": campaign_tone(campaign.status),
        "numbers": numbers,
        "tiles": figures.tiles(campaign, numbers),
        "progress": far,
        "forecast": _forecast(campaign, now) if is_live and far.under_way and not htmx.is_htmx(request) else None,
        "standing": standstill.of(campaign, now=now),
        "is_live": is_live,
        "problems": _problems(campaign),
        "deeds": deeds.of(campaign, people=far.people, under_way=far.under_way) if may_edit else [],
    }


def _forecast(campaign: Campaign, now: datetime) -> Forecast:
    """Return what is still to come, worked out once a minute: of many people it is not for every page."""
    key = f"forecast:{campaign.pk}:{campaign.version_id}"
    found: Forecast | None = cache.get(key)
    if found is None:
        found = forecast.of(campaign, now=now)
        cache.set(key, found, _FORECAST_SECONDS)
    return found


def _problems(campaign: Campaign) -> list[str]:
    """Return what a start would refuse, each with its step; of what is no draft nothing is asked."""
    if campaign.status != CampaignStatus.DRAFT:
        return []
    document = workflows.document(campaign)
    found = drafts.problems(campaign, document)
    cards = drafts.cards(campaign, document) if found else {}
    return [drafts.sentence(problem, cards) for problem in found]
