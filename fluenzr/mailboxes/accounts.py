"""Accounts: connected, changed, tried, put out of use."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from fluenzr.core import bus, states
from fluenzr.core.errors import Conflict
from fluenzr.mailboxes import checks, drafts, presets
from fluenzr.mailboxes.checks import Report
from fluenzr.mailboxes.drafts import Draft
from fluenzr.mailboxes.enums import ACCOUNT_MOVES, REMOVED, AccountStatus, Provider
from fluenzr.mailboxes.facts import AccountsChanged
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces import audit, plans
from fluenzr.workspaces.models import Workspace

# Asked before an account goes; each raises Conflict where it is still needed. Filled by the apps above.
Guard = Callable[[Account], None]
_guards: list[Guard] = []


def guard(function: Guard) -> Guard:
    """Let the decorated function veto the removal of an account by raising Conflict."""
    if function not in _guards:
        _guards.append(function)
    return function


def create(*, workspace: Workspace, draft: Draft, by: str, now: datetime) -> Account:
    """Connect a mailbox; nothing is tried yet (see `test`). An account that was removed comes back with its history.

    Without `dailyLimit` the account has its provider's.

    Raises:
        Invalid: by path, what does not fit.
        Conflict: the workspace has this account.
        PlanLimit: the plan allows no more accounts.
    """
    account = Account(workspace=workspace, provider=draft.get("provider", Provider.SMTP))
    drafts.lay(draft, account)
    if "dailyLimit" not in draft and account.provider == Provider.SMTP:
        preset = presets.of_host(account.smtp_host, account.domain)
        account.daily_limit = preset.daily_limit if preset is not None else None
    account.next_poll_at = _first_poll(account, now)
    try:
        with transaction.atomic():
            Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
            used = Account.objects.in_workspace(workspace).listed().count()
            plans.require_room(workspace, plans.Limit.EMAIL_ACCOUNTS, used=used)
            _insert(account)
            audit.record(workspace=workspace, by=by, action="account.created", obj=account, now=now)
    except IntegrityError as error:
        raise Conflict(_("There is an account with this address already")) from error
    return account


def _first_poll(account: Account, now: datetime) -> datetime | None:
    return now if account.imap_host or account.provider == Provider.SANDBOX else None


def _insert(account: Account) -> None:
    """Save a new account, in the row of a removed one of the same address where there is one."""
    rows = Account.objects.in_workspace(account.workspace).removed()
    row = rows.filter(channel=account.channel, email=account.email).select_for_update().first()
    if row is None:
        account.save(force_insert=True)
        return
    secrets = account.secrets()
    account.pk, account.created_at = row.pk, row.created_at
    account._state.adding = False
    account.seal_secrets(secrets)  # a secret opens only in the row that it was sealed for
    account.save()


def update(account: Account, *, draft: Draft, by: str, now: datetime) -> Account:
    """Change what the draft gives and nothing else (`smtp` and `imap` merge by key; `imap` null forgets it).

    A new server, login or password is a new start: an account in error is connected again.

    Raises:
        Invalid: by path, what does not fit; nothing is changed.
        Conflict: the workspace has another account with this address.
    """
    try:
        with transaction.atomic():
            row = Account.objects.select_for_update(of=("self",)).select_related("workspace").get(pk=account.pk)
            changes = drafts.lay(draft, row)
            if changes:
                _save(row, changes, now=now)
                shown = {name: [old, new] for name, (old, new) in changes.items() if name != "sealed_secrets"}
                audit.record(workspace=row.workspace, by=by, action="account.updated", obj=row, changes=shown, now=now)
    except IntegrityError as error:
        raise Conflict(_("There is an account with this address already")) from error
    account.refresh_from_db()
    return account


def _save(row: Account, changes: dict[str, Any], *, now: datetime) -> None:
    names = {*changes, "updated_at"}
    if changes.keys() & drafts.DOOR_FIELDS:
        row.login_failures, row.retry_at, row.status_reason, row.poll_error = 0, None, "", ""
        row.next_poll_at = _first_poll(row, now)
        if row.status == AccountStatus.ERROR:
            row.status = AccountStatus.CONNECTED
        names |= {"login_failures", "retry_at", "status_reason", "poll_error", "next_poll_at", "status"}
    if changes.keys() & {"email", "imap_host", "imap_port", "imap_username", "imap_folder"}:
        row.uid_validity, row.last_uid = None, 0  # the numbers of another mailbox mean nothing here
        names |= {"uid_validity", "last_uid"}
    row.save(update_fields=sorted(names))
    bus.publish(AccountsChanged(account_ids=(row.pk,)))


def test(account: Account, *, now: datetime) -> Report:
    """Try the account's connections and send a mail to itself; changes nothing. Not inside a transaction."""
    return checks.run(account, now=now)


def reconnect(account: Account, *, by: str, now: datetime) -> Report:
    """Try the account and use it again if everything works; else its reason says what does not."""
    report = checks.run(account, now=now)
    rows = Account.objects.filter(pk=account.pk)
    if not report.ok:
        rows.update(status_reason=str(report.problem)[:1000], updated_at=now)
        account.refresh_from_db()
        return report
    fresh: dict[str, Any] = {"status_reason": "", "login_failures": 0, "retry_at": None, "poll_error": ""}
    with transaction.atomic():
        if account.status == AccountStatus.CONNECTED:
            rows.update(**fresh, updated_at=now)
        else:
            states.move(account, AccountStatus.CONNECTED, ACCOUNT_MOVES, **fresh)
        audit.record(workspace=account.workspace, by=by, action="account.reconnected", obj=account, now=now)
        bus.publish(AccountsChanged(account_ids=(account.pk,)))
    account.refresh_from_db()
    return report


def disable(account: Account, *, by: str, now: datetime) -> Account:
    """Stop sending from and reading an account until it is reconnected; what it should have sent waits.

    Raises:
        Conflict: it is disabled.
    """
    with transaction.atomic():
        states.move(account, AccountStatus.DISABLED, ACCOUNT_MOVES, status_reason="", retry_at=None)
        audit.record(workspace=account.workspace, by=by, action="account.disabled", obj=account, now=now)
        bus.publish(AccountsChanged(account_ids=(account.pk,)))
    return account


def delete(account: Account, *, by: str, now: datetime) -> None:
    """Remove an account. One that has sent stays as a row without its secrets, so that the past keeps its sender.

    Raises:
        Conflict: a running campaign sends from it.
    """
    with transaction.atomic():
        row = Account.objects.select_for_update(of=("self",)).select_related("workspace").get(pk=account.pk)
        for ask in _guards:
            ask(row)
        audit.record(
            workspace=row.workspace, by=by, action="account.deleted", obj=row, changes={"email": row.email}, now=now
        )
        try:
            with transaction.atomic():
                row.delete()
        except ProtectedError:
            _hide(row, now)


def _hide(row: Account, now: datetime) -> None:
    Account.objects.filter(pk=row.pk).update(
        status=AccountStatus.DISABLED,
        status_reason=REMOVED,
        sealed_secrets="",
        next_poll_at=None,
        retry_at=None,
        updated_at=now,
    )
    bus.publish(AccountsChanged(account_ids=(row.pk,)))
