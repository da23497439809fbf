"""The e-mail accounts of a workspace, and the way to a new one."""

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from fluenzr.core import htmx, problems
from fluenzr.core.errors import DomainError
from fluenzr.core.listing import Column
from fluenzr.mailboxes import accounts, presets, today
from fluenzr.mailboxes.forms import PLACES, AccountForm, RelayForm, SandboxForm, SmtpForm, values_of_preset
from fluenzr.mailboxes.models import Account
from fluenzr.mailboxes.presets import Preset
from fluenzr.workspaces import access, lists
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required

SORTS = {"email": "email", "status": "status", "sent": "last_sent_at"}
COLUMNS = (
    Column("email", gettext_lazy("Email"), sort="email", is_fixed=True),
    Column("status", gettext_lazy("Status"), sort="status"),
    Column("today", gettext_lazy("Today"), is_numeric=True),
    Column("sent", gettext_lazy("Last sent"), sort="sent"),
)


@require_GET
@member_required(Role.VIEWER)
def listed(request: MemberRequest) -> HttpResponse:
    """Show the accounts, how they stand, and how much of today is used."""
    rows = Account.objects.in_workspace(request.workspace).listed().select_related("workspace")
    found, now = lists.read(request, rows, columns=COLUMNS, sorts=SORTS, default="email"), timezone.now()
    context = {
        "listing": found,
        "accounts": [(account, today.taken(account, now=now)) for account in found],
        "may_edit": access.allows(request.member.role, Role.MEMBER),
    }
    return htmx.page(request, "mailboxes/list.html", context, part="list")


@require_http_methods(["GET", "POST"])
@member_required(Role.MEMBER)
def new(request: MemberRequest) -> HttpResponse:
    """Connect a mailbox; `preset` in the address fills in the servers of a provider."""
    return _new(request, SmtpForm, "mailboxes/new.html", presets.ALL)


@require_http_methods(["GET", "POST"])
@member_required(Role.MEMBER)
def new_relay(request: MemberRequest) -> HttpResponse:
    """Connect a relay or an ESP; `preset` in the address fills in the server of a service."""
    return _new(request, RelayForm, "mailboxes/new_relay.html", presets.RELAYS)


@require_http_methods(["GET", "POST"])
@member_required(Role.MEMBER)
def new_sandbox(request: MemberRequest) -> HttpResponse:
    """Make a sandbox account."""
    form = SandboxForm(request.POST if request.method == "POST" else None, initial={"lively": True})
    return _made(request, form, "mailboxes/new_sandbox.html", {})


def _new(request: MemberRequest, kind: type[AccountForm], template: str, offered: tuple[Preset, ...]) -> HttpResponse:
    chosen = next((one for one in offered if one.name == request.GET.get("preset")), None)
    initial = {} if chosen is None else values_of_preset(chosen)
    form = kind(request.POST if request.method == "POST" else None, initial=initial)
    return _made(request, form, template, {"presets": offered, "chosen": chosen})


def _made(request: MemberRequest, form: AccountForm, template: str, context: dict[str, object]) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        by, now = access.actor(request.member), timezone.now()
        try:
            account = accounts.create(workspace=request.workspace, draft=form.draft(), by=by, now=now)
        except DomainError as error:
            problems.add_to(form, error, fields=PLACES)
        else:
            said = _("Account added. Test it before the first campaign.")
            return htmx.go(request, htmx.way_back(request, "mailboxes:account", account.public_id), said=said)
    context |= {"form": form, "next": request.GET.get("next", "")}
    return htmx.page(request, template, context, status=422 if form.errors else 200)
