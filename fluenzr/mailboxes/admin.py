"""What staff see of email accounts: whether they send, why not, and what the sandboxes hold. No secret is shown."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from fluenzr.core.admin import ReadOnlyAdmin, act, linked, rows_link
from fluenzr.core.errors import Conflict
from fluenzr.mailboxes import accounts
from fluenzr.mailboxes.models import Account, RawMail, SandboxMail, SandboxReply
from fluenzr.workspaces.admin import actor

Rows = QuerySet[Any]


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    """Accounts; they are tried, reconnected and put out of use by actions."""

    list_display = (
        "email",
        "provider",
        "status",
        "status_reason",
        "login_failures",
        "count_today",
        "daily_limit",
        "hourly_limit",
        "last_sent_at",
        "last_polled_at",
        linked("workspace"),
    )
    list_filter = ("status", "provider", "channel", "created_at")
    list_select_related = ("workspace",)
    search_fields = ("email", "display_name", "smtp_host", "workspace__name")
    ordering = ("-id",)
    exclude = ("sealed_secrets",)
    readonly_fields = ("has_secrets", "related")
    actions = ("reconnect", "disable")

    @admin.display(description=_("passwords"), boolean=True)
    def has_secrets(self, account: Account) -> bool:
        """Say whether a password is kept, and nothing of it."""
        return bool(account.sealed_secrets)

    @admin.display(description=_("related"))
    def related(self, account: Account) -> str:
        """Lead to what it fetched and what its sandbox holds."""
        pairs = ((RawMail, _("fetched mails")), (SandboxMail, _("sandbox mails")))
        links = [rows_link(model, text, account__id__exact=account.pk) for model, text in pairs]
        return format_html("{}, {}", *links)

    @admin.action(description=_("Try and reconnect"), permissions=["operate"])
    def reconnect(self, request: HttpRequest, rows: Rows) -> None:
        """Sign in, send a mail to the account itself, and use it again if that works."""

        def one(account: Account) -> None:
            report = accounts.reconnect(account, by=actor(request), now=timezone.now())
            if not report.ok:
                raise Conflict(report.problem)

        act(request, rows.select_related("workspace"), one)

    @admin.action(description=_("Disable: no sending, no reading"), permissions=["operate"])
    def disable(self, request: HttpRequest, rows: Rows) -> None:
        """Put out of use until somebody reconnects."""
        act(
            request,
            rows.select_related("workspace"),
            lambda account: accounts.disable(account, by=actor(request), now=timezone.now()),
        )


@admin.register(SandboxMail)
class SandboxMailAdmin(ReadOnlyAdmin):
    """What sandboxes sent."""

    list_display = ("subject", "recipient", "received_at", "played", linked("account"), linked("workspace"))
    list_filter = ("received_at",)
    list_select_related = ("account", "workspace")
    search_fields = ("=recipient", "=message_id", "subject")
    ordering = ("-received_at",)
    exclude = ("raw",)
    readonly_fields = ("shown",)

    @admin.display(description=_("mail"))
    def shown(self, mail: SandboxMail) -> str:
        """Lead to the mail as its recipient sees it."""
        return format_html('<a href="{}">{}</a>', reverse("tracking:sandbox-mail", args=[mail.public_id]), _("Show"))


@admin.register(SandboxReply)
class SandboxReplyAdmin(ReadOnlyAdmin):
    """What the imaginary recipients of sandboxes answered."""

    list_display = ("id", "received_at", linked("account"), linked("workspace"))
    list_filter = ("received_at",)
    list_select_related = ("account", "workspace")
    ordering = ("-id",)
    exclude = ("raw",)


@admin.register(RawMail)
class RawMailAdmin(ReadOnlyAdmin):
    """What was fetched from mailboxes and what became of it; the content is private and not shown."""

    list_display = ("uid", "outcome", "reason", "fetched_at", linked("account"), linked("workspace"))
    list_filter = ("outcome", "fetched_at")
    list_select_related = ("account", "workspace")
    search_fields = ("=account__email", "reason")
    ordering = ("-fetched_at",)
    exclude = ("blob",)
