"""The dashboard."""

from dataclasses import dataclass

from django.db.models import Count
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from campaigns.models import Campaign
from fluenzr.core import htmx
from fluenzr.dashboard import attention, figures
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces import usage
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required
from fluenzr.workspaces.plans import Limit

TONES = {"replied": "green", "bounced": "red", "failed": "red", "complained": "red", "unsubscribed": "amber"}


@dataclass(frozen=True)
class Step:
    """One of the first things to do in a new workspace, and the page for it by URL name."""

    text: str
    page: str
    is_done: bool


@require_GET
@member_required(Role.VIEWER)
def page(request: MemberRequest) -> HttpResponse:
    """What needs attention, today's sends, the last 30 days and the latest activity; first steps in a new workspace."""
    workspace, now = request.workspace, timezone.now()
    accounts = list(Account.objects.in_workspace(workspace).listed().order_by("email", "pk"))
    uses = usage.of(workspace, now=now)
    campaigns = Campaign.objects.in_workspace(workspace).aggregate(made=Count("pk"), launched=Count("started_at"))
    used = {use.limit: use.used for use in uses}
    steps = [
        Step(_("Connect an email account"), "mailboxes:list", bool(accounts)),
        Step(_("Add contacts"), "contacts:list", bool(used[Limit.CONTACTS])),
        Step(_("Create a campaign"), "campaigns:new", bool(campaigns["made"])),
        Step(_("Launch it"), "campaigns:list", bool(campaigns["launched"])),
    ]
    context = {
        "steps": [] if campaigns["launched"] else steps,
        "matters": attention.matters(workspace, accounts=accounts, uses=uses),
        "sendings": figures.sendings(workspace, accounts=accounts, now=now),
        "month": figures.month(workspace, now=now),
        "width": figures.WIDTH,
        "height": figures.HEIGHT,
        "latest": [(event, TONES.get(event.type, "")) for event in figures.latest(workspace)],
        "has_run": bool(campaigns["launched"]),
    }
    return htmx.page(request, "dashboard/page.html", context)
