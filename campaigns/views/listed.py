"""The list of campaigns, and the way to a new one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns import lifecycle, statistics
from campaigns.enums import CampaignStatus
from campaigns.forms import CampaignFilters, NewCampaignForm
from campaigns.models import Campaign
from campaigns.views.wording import campaign_tone
from fluenzr.core import htmx, listing, problems
from fluenzr.core.errors import Conflict, DomainError
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces import access
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required

SORTS = {
    "name": "name",
    "status": "status",
    "people": "total__contacts",
    "sent": "total__sent",
    "created": "created_at",
}
_ACTS: Mapping[str, Callable[..., Campaign]] = {"pause": lifecycle.pause, "archive": lifecycle.archive}


@dataclass(frozen=True)
class Line:
    """A campaign with its numbers; a rate is None where nobody got a mail."""

    campaign: Campaign
    tone: str
    people: int
    sent: int
    open_rate: float | None
    reply_rate: float | None


@require_GET
@member_required(Role.VIEWER)
def page(request: MemberRequest) -> HttpResponse:
    """List the campaigns that match the filters."""
    filters = CampaignFilters(request.GET)
    rows = Campaign.objects.in_workspace(request.workspace).select_related("total")
    found = listing.read(request, _matching(rows, filters), sorts=SORTS, default="-created", filters=filters)
    may_edit = access.allows(request.member.role, Role.MEMBER)
    context = {
        "listing": replace(found, rows=[_line(campaign) for campaign in found.rows]),
        "may_edit": may_edit,
        "acts": _acts() if may_edit else [],
    }
    return htmx.page(request, "campaigns/list.html", context, part="list")


@require_http_methods(["GET", "POST"])
@member_required(Role.MEMBER)
def new(request: MemberRequest) -> HttpResponse:
    """Make a draft, and go on in its workflow."""
    form = NewCampaignForm(request.POST or None, workspace=request.workspace)
    if request.method == "POST" and form.is_valid():
        try:
            campaign = lifecycle.create(
                workspace=request.workspace,
                name=form.cleaned_data["name"],
                account=form.cleaned_data["account"],
                author=request.user,
                by=access.actor(request.member),
                now=timezone.now(),
            )
        except DomainError as error:
            problems.add_to(form, error, fields={"emailAccountId": "account"})
        else:
            return htmx.go(request, "campaigns:workflow", campaign.public_id)
    context = {"form": form, "has_accounts": Account.objects.in_workspace(request.workspace).usable().exists()}
    return htmx.page(request, "campaigns/new.html", context, status=422 if form.errors else 200)


@require_POST
@member_required(Role.MEMBER)
def bulk(request: MemberRequest) -> HttpResponse:
    """Do `act` with each of the `chosen` campaigns; those in another state stay as they are, and it is said."""
    act = _ACTS.get(request.POST.get("act", ""))
    keys = [key for text in request.POST.getlist("chosen") if (key := Campaign.key_of(text))]
    chosen = list(Campaign.objects.in_workspace(request.workspace).filter(pk__in=keys))
    if act is None or not chosen:
        return htmx.go(request, "campaigns:list", said=_("Choose at least one campaign."), tone="amber")
    done, refused = _each(chosen, act, by=access.actor(request.member), now=timezone.now())
    said = ngettext("%(number)d campaign changed.", "%(number)d campaigns changed.", done) % {"number": done}
    if refused:
        said += " " + ngettext(
            "%(number)d stayed as it was, for its status does not allow this.",
            "%(number)d stayed as they were, for their status does not allow this.",
            refused,
        ) % {"number": refused}
    return htmx.go(request, "campaigns:list", said=said, tone="amber" if refused else "green")


def _each(campaigns: list[Campaign], act: Callable[..., Campaign], *, by: str, now: datetime) -> tuple[int, int]:
    """Return how many campaigns let it be done, and how many did not."""
    refused = 0
    for campaign in campaigns:
        try:
            act(campaign, by=by, now=now)
        except Conflict:
            refused += 1
    return len(campaigns) - refused, refused


def _matching(rows: "QuerySet[Any]", filters: CampaignFilters) -> "QuerySet[Any]":
    if not filters.is_valid():
        return rows
    if filters.cleaned_data["q"]:
        rows = rows.filter(name__icontains=filters.cleaned_data["q"])
    if filters.cleaned_data["status"]:
        rows = rows.filter(status=CampaignStatus(filters.cleaned_data["status"]))
    return rows


def _line(campaign: Campaign) -> Line:
    count = statistics.people(getattr(campaign, "total", None))
    base = count["delivered"]
    return Line(
        campaign=campaign,
        tone=campaign_tone(campaign.status),
        people=count["totalContacts"],
        sent=count["sent"],
        open_rate=statistics.rate(count["opened"], base) if base else None,
        reply_rate=statistics.rate(count["replied"], base) if base else None,
    )


def _acts() -> list[tuple[str, str, str]]:
    """Return what may be done with the chosen rows: its value, its word and the question before it."""
    return [
        ("pause", _("Pause"), _("Pause the chosen campaigns? Nothing leaves until they are resumed.")),
        ("archive", _("Archive"), _("Archive the chosen campaigns? They cannot be started again.")),
    ]
