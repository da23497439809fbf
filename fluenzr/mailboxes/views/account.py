"""One e-mail account: how it stands, what it is, and what is done to it."""

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fluenzr.core import finding, htmx, problems
from fluenzr.core.errors import DomainError
from fluenzr.mailboxes import accounts, today
from fluenzr.mailboxes.checks import Report
from fluenzr.mailboxes.enums import AccountStatus, Provider
from fluenzr.mailboxes.forms import PLACES, AccountForm, RelayForm, SandboxForm, SmtpForm
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces import access
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required
from fluenzr.workspaces.models import Workspace

FORMS: dict[str, type[AccountForm]] = {
    Provider.SMTP: SmtpForm,
    Provider.RELAY: RelayForm,
    Provider.SANDBOX: SandboxForm,
}


@require_GET
@member_required(Role.VIEWER)
def shown(request: MemberRequest, account_id: str) -> HttpResponse:
    """Show an account."""
    return _page(request, _find(request.workspace, account_id))


@require_http_methods(["GET", "POST"])
@member_required(Role.MEMBER)
def edit(request: MemberRequest, account_id: str) -> HttpResponse:
    """Change an account; a password that is not typed stays."""
    account = _find(request.workspace, account_id)
    form: AccountForm = FORMS[account.provider](request.POST if request.method == "POST" else None, account=account)
    if request.method == "POST" and form.is_valid():
        by, now = access.actor(request.member), timezone.now()
        try:
            accounts.update(account, draft=form.draft(), by=by, now=now)
        except DomainError as error:
            problems.add_to(form, error, fields=PLACES)
        else:
            return htmx.go(request, "mailboxes:account", account_id, said=_("Saved."))
    context = {"form": form, "account": account}
    return htmx.page(request, "mailboxes/edit.html", context, status=422 if form.errors else 200)


@require_POST
@member_required(Role.MEMBER)
def test(request: MemberRequest, account_id: str) -> HttpResponse:
    """Try the account and say how it went."""
    account = _find(request.workspace, account_id)
    return _page(request, account, accounts.test(account, now=timezone.now()))


@require_POST
@member_required(Role.MEMBER)
def reconnect(request: MemberRequest, account_id: str) -> HttpResponse:
    """Try the account, use it again if all works, and say how it went."""
    account = _find(request.workspace, account_id)
    return _page(request, account, accounts.reconnect(account, by=access.actor(request.member), now=timezone.now()))


@require_POST
@member_required(Role.MEMBER)
def disable(request: MemberRequest, account_id: str) -> HttpResponse:
    """Stop using the account until it is reconnected."""
    account = _find(request.workspace, account_id)
    accounts.disable(account, by=access.actor(request.member), now=timezone.now())
    return htmx.go(request, "mailboxes:account", account_id, said=_("Disabled. What it should have sent waits."))


@require_POST
@member_required(Role.MEMBER)
def delete(request: MemberRequest, account_id: str) -> HttpResponse:
    """Remove an account that no running campaign sends from."""
    account = _find(request.workspace, account_id)
    accounts.delete(account, by=access.actor(request.member), now=timezone.now())
    return htmx.go(request, "mailboxes:list", said=_("Account deleted."))


def _find(workspace: Workspace, public_id: str) -> Account:
    """Return an account, or raise the 404 that a stranger's account and a removed one give too."""
    rows = Account.objects.in_workspace(workspace).listed().select_related("workspace")
    return finding.one(Account, rows, public_id)


def _page(request: MemberRequest, account: Account, report: Report | None = None) -> HttpResponse:
    context = {
        "account": account,
        "report": report,
        "taken": today.taken(account, now=timezone.now()),
        "is_connected": account.status == AccountStatus.CONNECTED,
        "is_disabled": account.status == AccountStatus.DISABLED,
        "is_sandbox": account.provider == Provider.SANDBOX,
        "is_relay": account.provider == Provider.RELAY,
        "may_edit": access.allows(request.member.role, Role.MEMBER),
    }
    return htmx.page(request, "mailboxes/account.html", context)
