"""Adding people to a campaign: who is meant, how many that are, and only then the deed."""

import math
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods

from campaigns import additions, audience, candidates
from campaigns.enums import CampaignStatus
from campaigns.forms import AddPeopleForm, CampaignChoiceForm
from campaigns.models import Campaign
from campaigns.views import finding
from fluenzr.core import htmx, problems
from fluenzr.core.errors import DomainError, Text
from fluenzr.workspaces import access, plans
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required

# What follows from adding somebody.
_AFTER: dict[str, Text] = {
    CampaignStatus.DRAFT: gettext_lazy("The campaign has not started yet: nothing leaves before you start it."),
    CampaignStatus.ACTIVE: gettext_lazy("The campaign is active: their first mails leave in its sending hours."),
    CampaignStatus.PAUSED: gettext_lazy("The campaign is paused: nothing leaves before you resume it."),
    CampaignStatus.COMPLETED: gettext_lazy("The campaign is completed: adding somebody makes it active again."),
}


@require_http_methods(["GET", "POST"])
@member_required(Role.MEMBER)
def page(request: MemberRequest, campaign_id: str) -> HttpResponse:
    """Ask who is meant (`act` change), say how many that are (count), and add them (add)."""
    campaign = finding.campaign(request.workspace, campaign_id)
    form = AddPeopleForm(request.POST if request.method == "POST" else None, workspace=request.workspace)
    act = request.POST.get("act", "")
    if request.method == "GET" or act == "change" or not form.is_valid():
        return _asked(request, campaign, form, status=422 if form.is_bound and act != "change" else 200)
    try:
        if act != "add":
            return _counted(request, campaign, form)
        way_on = htmx.way_back(request, "campaigns:contacts", campaign.public_id)
        by, now = access.actor(request.member), timezone.now()
        if additions.begin(campaign, by=by, now=now, **form.asked()) is not None:
            return htmx.go(request, way_on)
        outcome = audience.add(campaign, by=by, now=now, batch=by[:80], **form.asked())
    except DomainError as error:
        problems.add_to(form, error)
        return _asked(request, campaign, form, status=422)
    return htmx.go(request, way_on, said=_said_of(outcome))


@require_GET
@member_required(Role.VIEWER)
def progress(request: MemberRequest, campaign_id: str) -> HttpResponse:
    """Show how far the people are who are being added; the page has more to show when all are in."""
    campaign = finding.campaign(request.workspace, campaign_id)
    context = {"campaign": campaign, **being_added(campaign)}
    response = htmx.page(request, "campaigns/additions.html", context)
    if not context["is_adding"]:
        response["HX-Refresh"] = "true"
    return response


def being_added(campaign: Campaign) -> dict[str, Any]:
    """Return what pages show of people who are being added, or were a moment ago."""
    found = additions.told(campaign, now=timezone.now())
    lines = [(one, _said_of(audience.Outcome(one.done, one.skipped)) if one.ended_at else "") for one in found]
    return {"additions": lines, "is_adding": any(one.ended_at is None for one in found)}


@require_http_methods(["GET", "POST"])
@member_required(Role.MEMBER)
def enrol(request: MemberRequest) -> HttpResponse:
    """Ask to which campaign the contacts `chosen` on another page are added, or those whom its filters match."""
    given = request.POST.copy() if request.method == "POST" else request.GET.copy()
    given.setdefault("who", AddPeopleForm.CHOSEN if given.getlist("chosen") else AddPeopleForm.MATCHING)
    form = AddPeopleForm(given, workspace=request.workspace)
    choice = CampaignChoiceForm(given if "campaign" in given else None, workspace=request.workspace)
    if not form.is_valid():
        return htmx.go(request, "contacts:list", said=_("Choose contacts first."), tone="amber")
    if choice.is_valid():
        return _counted(request, choice.cleaned_data["campaign"], form)
    context = {"form": choice, "kept": form.kept()}
    return htmx.page(request, "campaigns/enrol.html", context, status=422 if choice.errors else 200)


def _asked(request: MemberRequest, campaign: Campaign, form: AddPeopleForm, *, status: int) -> HttpResponse:
    return htmx.page(request, "campaigns/add.html", {"campaign": campaign, "form": form}, status=status)


def _counted(request: MemberRequest, campaign: Campaign, form: AddPeopleForm) -> HttpResponse:
    """Say what adding them would do."""
    estimate = candidates.estimate(campaign, **form.asked())
    context = {
        "campaign": campaign,
        "estimate": estimate,
        "kept": form.kept(),
        "after": _AFTER[campaign.status],
        "limit": _limit(campaign, estimate.fit),
    }
    return htmx.page(request, "campaigns/add_counted.html", context)


def _limit(campaign: Campaign, people: int) -> str:
    """Say how long the plan makes the first mails take, or nothing where it does not hold them up."""
    plan = plans.limits(campaign.workspace)
    if plan.emails_per_day is None or people <= plan.emails_per_day:
        return ""
    days = math.ceil(people / plan.emails_per_day)
    text = _("The %(plan)s plan sends %(limit)d emails a day, so their first mails take %(days)d days.")
    return text % {"plan": plan.label, "limit": plan.emails_per_day, "days": days}


def _said_of(outcome: audience.Outcome) -> str:
    said = ngettext("%(number)d contact added.", "%(number)d contacts added.", outcome.done) % {"number": outcome.done}
    if outcome.skipped:
        said += " " + ngettext(
            "%(number)d skipped: in the campaign already, without an address, or not to be written to.",
            "%(number)d skipped: in the campaign already, without an address, or not to be written to.",
            outcome.skipped,
        ) % {"number": outcome.skipped}
    return said
