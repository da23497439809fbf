"""The list of campaigns, and the way to a new one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns import lifecycle, progress, statistics
from campaigns.enums import CampaignStatus
from campaigns.forms import CampaignFilters, NewCampaignForm
from campaigns.models import Campaign
from campaigns.progress import Progress
from campaigns.views import deeds, figures
from campaigns.views.deeds import Deed
from campaigns.views.wording import campaign_tone
from fluenzr.core import htmx, problems
from fluenzr.core.errors import Conflict, DomainError
from fluenzr.core.listing import Column
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces import access, lists
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required

SORTS = {
    "name": "name",
    "status": "status",
    "people": "total__contacts",
    "sent": "total__sent",
    "created": "created_at",
}
COLUMNS = (
    Column("name", gettext_lazy("Name"), sort="name", is_fixed=True),
    Column("status", gettext_lazy("Status"), sort="status"),
    Column("progress", gettext_lazy("Progress"), hint=gettext_lazy("People who came to the end, of all")),
    Column("people", gettext_lazy("People"), sort="people", is_numeric=True),
    Column("sent", gettext_lazy("Sent"), sort="sent", hint=gettext_lazy("People who got a mail"), is_numeric=True),
    Column(
        "opened",
        gettext_lazy("Open rate"),
        hint=gettext_lazy("People who opened, of those delivered"),
        is_numeric=True,
    ),
    Column(
        "clicked",
        gettext_lazy("Click rate"),
        hint=gettext_lazy("People who clicked, of those delivered"),
        is_numeric=True,
        is_extra=True,
    ),
    Column(
        "replied",
        gettext_lazy("Reply rate"),
        hint=gettext_lazy("People who replied, of those delivered"),
        is_numeric=True,
    ),
    Column(
        "bounced",
        gettext_lazy("Bounce rate"),
        hint=gettext_lazy("People whose mail bounced, of those sent"),
        is_numeric=True,
        is_extra=True,
    ),
    Column("created", gettext_lazy("Created"), sort="created"),
)
_IN_BULK = ("pause", "archive")


@dataclass(frozen=True)
class Line:
    """A campaign with its numbers; a rate is None where nobody got a mail."""

    campaign: Campaign
    tone: str
    progress: Progress
    sent: int
    open_rate: float | None
    click_rate: float | None
    reply_rate: float | None
    bounce_rate: float | None
    deeds: list[Deed]


@require_GET
@member_required(Role.VIEWER)
def page(request: MemberRequest) -> HttpResponse:
    """List the campaigns that match the filters."""
    filters = CampaignFilters(request.GET)
    rows = Campaign.objects.in_workspace(request.workspace).select_related("total")
    found = lists.read(
        request, _matching(rows, filters), columns=COLUMNS, sorts=SORTS, default="-created", filters=filters
    )
    may_edit = access.allows(request.member.role, Role.MEMBER)
    context = {
        "listing": replace(found, rows=_lines(found.rows, may_edit=may_edit)),
        "may_edit": may_edit,
        "acts": _acts(may_edit=may_edit),
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
@member_required(Role.VIEWER)
def bulk(request: MemberRequest) -> HttpResponse:
    """Do `act` with each of the `chosen` campaigns; those in another state stay as they are, and it is said."""
    chosen = request.POST.getlist("chosen")
    if request.POST.get("act") == "compare":
        query = urlencode([("id", text) for text in chosen])
        return htmx.go(request, f"{reverse('campaigns:compare')}?{query}")
    access.require_role(request.member, Role.MEMBER)
    asked = request.POST.get("act", "")
    move = deeds.MOVES[asked] if asked in _IN_BULK else None
    keys = [key for text in chosen if (key := Campaign.key_of(text))]
    campaigns = list(Campaign.objects.in_workspace(request.workspace).filter(pk__in=keys))
    if move is None or not campaigns:
        return htmx.go(request, "campaigns:list", said=_("Choose at least one campaign."), tone="amber")
    done, refused = _each(campaigns, move, by=access.actor(request.member), now=timezone.now())
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


def _lines(campaigns: Sequence[Campaign], *, may_edit: bool) -> list[Line]:
    far = progress.of(campaigns)
    return [_line(campaign, far[campaign.pk], may_edit=may_edit) for campaign in campaigns]


def _line(campaign: Campaign, far: Progress, *, may_edit: bool) -> Line:
    numbers = statistics.rates(getattr(campaign, "total", None))
    rates = {figure.rate: figures.rate_of(figure, numbers) for figure in figures.FIGURES}
    return Line(
        campaign=campaign,
        tone=campaign_tone(campaign.status),
        progress=far,
        sent=int(numbers["sent"]),
        open_rate=rates["openRate"],
        click_rate=rates["clickRate"],
        reply_rate=rates["replyRate"],
        bounce_rate=rates["bounceRate"],
        deeds=deeds.of(campaign, people=far.people, under_way=far.under_way) if may_edit else [],
    )


def _acts(*, may_edit: bool) -> list[tuple[str, str, str]]:
    """Return what may be done with the chosen rows: its value, its word and the question before it."""
    compare = [("compare", _("Compare"), "")]
    if not may_edit:
        return compare
    return [
        *compare,
        ("pause", _("Pause"), _("Pause the chosen campaigns? Nothing leaves until they are resumed.")),
        ("archive", _("Archive"), _("Archive the chosen campaigns? They cannot be started again.")),
    ]
