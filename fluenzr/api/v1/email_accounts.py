"""`/v1/email-accounts`: the mailboxes that send and are read. Passwords go in and never come out."""

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from fluenzr.api.v1 import answers
from fluenzr.api.v1.bodies import Body, Nothing, Paged
from fluenzr.api.v1.resource import Resource
from fluenzr.api.v1.values import Choice, CommaList, Text, Whole
from fluenzr.core import clock
from fluenzr.mailboxes import accounts
from fluenzr.mailboxes.checks import Report
from fluenzr.mailboxes.enums import AccountStatus, Encryption, Provider
from fluenzr.mailboxes.models import Account
from fluenzr.mailboxes.transports import providers


def _optional() -> Text:
    # How long each may be is the domain's to say.
    return Text(required=False, allow_null=True, allow_blank=True, trim_whitespace=False)


class ServerBody(Body):
    """A server and a login."""

    ignored: ClassVar[tuple[str, ...]] = ("hasPassword",)

    host = _optional()
    port = Whole(required=False, allow_null=True)
    username = _optional()
    password = _optional()
    encryption = Choice(Encryption.choices, required=False)


class MailboxBody(ServerBody):
    """A server to read from, and the folder."""

    folder = _optional()


class AccountBody(Body):
    """What may be written; an answer of GET can be put back."""

    ignored: ClassVar[tuple[str, ...]] = ("id", "statusReason", "lastSentAt", "createdAt", "updatedAt")

    email = Text(max_length=1000)
    displayName = _optional()  # noqa: N815 - the API's names
    provider = Choice([(name, name) for name in providers()], default=Provider.SMTP.value)
    smtp = ServerBody(required=False, allow_null=True)
    imap = MailboxBody(required=False, allow_null=True)
    dailyLimit = Whole(required=False, allow_null=True)  # noqa: N815
    hourlyLimit = Whole(required=False, allow_null=True)  # noqa: N815
    minGapSeconds = Whole(required=False, allow_null=True)  # noqa: N815
    signature = _optional()
    timezone = _optional()
    sandboxPlay = _optional()  # noqa: N815
    status = Choice(AccountStatus.choices, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a status that is not the account's own; a null `smtp` is none given."""
        if attrs.get("smtp", {}) is None:
            del attrs["smtp"]
        own = self.context.get("status", AccountStatus.CONNECTED)
        if attrs.pop("status", own) != own:
            message = _("The status cannot be written; use POST /v1/email-accounts/:id/disable or /reconnect")
            raise ValidationError({"status": [message]})
        return attrs


class AccountQuery(Paged):
    """What a list of accounts may be asked for."""

    sorts: ClassVar[dict[str, str]] = {"createdAt": "created_at", "email": "email"}
    status = CommaList(Choice(AccountStatus.choices), required=False)


class AccountResource(Resource):
    """What concerns one account."""

    def account(self, account_id: str) -> Account:
        """Return the account of this workspace, or raise the 404; a removed one is gone."""
        found: Account = self.find(Account.objects.listed().select_related("workspace"), account_id)
        return found


class AccountList(Resource):
    """`/v1/email-accounts`."""

    def get(self, request: Request) -> Response:
        """List the accounts."""
        asked = self.parameters(AccountQuery)
        rows = Account.objects.in_workspace(self.workspace).listed()
        if "status" in asked:
            rows = rows.filter(status__in=asked["status"])
        return answers.page(rows, asked, show)

    def post(self, request: Request) -> Response:
        """Connect an account; nothing is tried yet, see `test`."""
        draft: Any = self.body(AccountBody)
        return answers.created(show(accounts.create(workspace=self.workspace, draft=draft, by=self.by, now=self.now)))


class AccountOne(AccountResource):
    """`/v1/email-accounts/:id`."""

    def get(self, request: Request, account_id: str) -> Response:
        """Show an account."""
        return answers.one(show(self.account(account_id)))

    def put(self, request: Request, account_id: str) -> Response:
        """Change the given fields; `smtp` and `imap` merge by key, a null `imap` forgets it."""
        account = self.account(account_id)
        draft: Any = self.body(AccountBody, partial=True, status=account.status)
        return answers.one(show(accounts.update(account, draft=draft, by=self.by, now=self.now)))

    def delete(self, request: Request, account_id: str) -> Response:
        """Remove an account that no running campaign sends from."""
        accounts.delete(self.account(account_id), by=self.by, now=self.now)
        return answers.one({"id": account_id, "deleted": True})


class AccountTest(AccountResource):
    """`/v1/email-accounts/:id/test`."""

    def post(self, request: Request, account_id: str) -> Response:
        """Open the connections, send a mail to the account itself, and say what works."""
        account = self.account(account_id)
        self.body(Nothing)
        return answers.one(show_report(accounts.test(account, now=self.now)))


class AccountReconnect(AccountResource):
    """`/v1/email-accounts/:id/reconnect`."""

    def post(self, request: Request, account_id: str) -> Response:
        """Try the account and use it again if everything works."""
        account = self.account(account_id)
        self.body(Nothing)
        report = accounts.reconnect(account, by=self.by, now=self.now)
        return answers.one({**show_report(report), "account": show(account)})


class AccountDisable(AccountResource):
    """`/v1/email-accounts/:id/disable`."""

    def post(self, request: Request, account_id: str) -> Response:
        """Stop using the account until it is reconnected."""
        account = self.account(account_id)
        self.body(Nothing)
        return answers.one(show(accounts.disable(account, by=self.by, now=self.now)))


def show(account: Account) -> dict[str, Any]:
    """Return an account as the API shows it: of a password only whether there is one."""
    secrets = account.secrets()
    return {
        "id": account.public_id,
        "email": account.email,
        "displayName": account.display_name or None,
        "provider": account.provider,
        "status": account.status,
        "statusReason": account.status_reason or None,
        "smtp": _server(account, "smtp", secrets) if account.smtp_host else None,
        "imap": _server(account, "imap", secrets, folder=account.imap_folder) if account.imap_host else None,
        "dailyLimit": account.daily_limit,
        "hourlyLimit": account.hourly_limit,
        "minGapSeconds": account.min_gap_seconds,
        "signature": account.signature or None,
        "timezone": account.timezone or None,
        "sandboxPlay": account.sandbox_play or None,
        "lastSentAt": clock.to_iso(account.last_sent_at),
        "createdAt": clock.to_iso(account.created_at),
        "updatedAt": clock.to_iso(account.updated_at),
    }


def _server(account: Account, kind: str, secrets: dict[str, str], **more: str) -> dict[str, Any]:
    return {
        "host": getattr(account, f"{kind}_host"),
        "port": getattr(account, f"{kind}_port"),
        "username": getattr(account, f"{kind}_username") or None,
        "encryption": getattr(account, f"{kind}_encryption"),
        "hasPassword": bool(secrets.get(kind)),
        **more,
    }


def show_report(report: Report) -> dict[str, Any]:
    """Return what was tried, in order."""
    checks = [
        {"name": check.name, "ok": check.ok, "message": str(check.message), "detail": check.detail or None}
        for check in report.checks
    ]
    return {"ok": report.ok, "checks": checks}
