"""The dashboard."""

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from contacts import todo
from fluenzr.core import clock, htmx, spreadsheets
from fluenzr.core.errors import NotFound
from fluenzr.dashboard import attention, figures, steps, tomorrow
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces import access, usage
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required
from fluenzr.workspaces.plans import Limit
from tracking import conversations
from tracking.models import Conversation

TONES = {"replied": "green", "bounced": "red", "failed": "red", "complained": "red", "unsubscribed": "amber"}


@require_GET
@member_required(Role.VIEWER)
def page(request: MemberRequest) -> HttpResponse:
    """What needs attention, what leaves today and tomorrow, the last 30 days and what happened; first steps before."""
    workspace, now = request.workspace, timezone.now()
    accounts = list(Account.objects.in_workspace(workspace).listed().order_by("email", "pk"))
    uses = usage.of(workspace, now=now)
    begun = steps.begun(workspace)
    has_contacts = any(use.used for use in uses if use.limit == Limit.CONTACTS)
    first = steps.of(request.member, has_accounts=bool(accounts), has_contacts=has_contacts, begun=begun)
    context = {
        "steps": first,
        "next_step": next((step for step in first if not step.is_done), None),
        "matters": attention.matters(workspace, accounts=accounts, uses=uses),
        "replies": attention.replies(workspace),
        "tasks": todo.mine(workspace, request.user)[: attention.MOST],
        "today": clock.local_date(now, request.user.timezone),
        "sendings": figures.sendings(
            workspace, accounts=accounts, tomorrow=tomorrow.sends(workspace, accounts=accounts, now=now), now=now
        ),
        "month": figures.month(workspace, now=now),
        "latest": [(event, TONES.get(event.type, "")) for event in figures.latest(workspace)],
        "has_run": bool(begun.launched),
        "may_edit": access.allows(request.member.role, Role.MEMBER),
    }
    return htmx.page(request, "dashboard/page.html", context)


@require_GET
@member_required(Role.VIEWER)
def month_file(request: MemberRequest) -> HttpResponse:
    """Return the mails of the last 30 days, by day, as a file."""
    month = figures.month(request.workspace, now=timezone.now())
    shown = month.chart.series
    rows = [(day.isoformat(), *values) for day, *values in zip(month.days, *(one.values for one in shown), strict=True)]
    return spreadsheets.answer("last-30-days", head=(_("Date"), *(one.label for one in shown)), rows=rows)


@require_POST
@member_required(Role.VIEWER)
def dismiss_steps(request: MemberRequest) -> HttpResponse:
    """Put the first steps away."""
    steps.dismiss(request.member)
    return htmx.go(request, "home")


@require_POST
@member_required(Role.MEMBER)
def done(request: MemberRequest, conversation_id: str) -> HttpResponse:
    """Take a reply off the list of those that wait."""
    rows = Conversation.objects.in_workspace(request.workspace)
    found: Conversation | None = rows.filter(pk=Conversation.key_of(conversation_id)).first()
    if found is None:
        raise NotFound(_("There is no such conversation"))
    conversations.mark_read(found, by=request.member)
    return htmx.go(request, "home")
