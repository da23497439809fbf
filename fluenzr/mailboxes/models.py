"""By what door: accounts that send and may be read."""

from typing import Any, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from fluenzr.core import crypto
from fluenzr.core.ids import KeyField, PublicIdMixin
from fluenzr.core.models import Blob
from fluenzr.mailboxes.enums import REMOVED, AccountStatus, Channel, Encryption, Provider
from fluenzr.workspaces.models import ScopedQuerySet, Workspace


class AccountQuerySet(ScopedQuerySet):
    """Questions about accounts."""

    def usable(self) -> Self:
        """Keep those that may send."""
        return self.filter(status=AccountStatus.CONNECTED)

    def removed(self) -> Self:
        """Keep those that were removed after they had sent."""
        return self.filter(status=AccountStatus.DISABLED, status_reason=REMOVED)

    def listed(self) -> Self:
        """Keep those that people see."""
        return self.exclude(status=AccountStatus.DISABLED, status_reason=REMOVED)

    def to_poll(self, now: Any) -> Self:
        """Keep those whose mailbox is due to be read."""
        return self.filter(status=AccountStatus.CONNECTED, next_poll_at__lte=now)


class Account(PublicIdMixin, models.Model):
    """A mailbox. A null cap means none; secrets are sealed and never shown."""

    id = KeyField(prefix="acc")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="accounts")
    channel = models.CharField(_("channel"), max_length=20, choices=Channel.choices, default=Channel.EMAIL)
    provider = models.CharField(_("provider"), max_length=20, default=Provider.SMTP)
    email = models.EmailField(_("e-mail"), max_length=254)
    display_name = models.CharField(_("display name"), max_length=200, blank=True)
    status = models.CharField(
        _("status"), max_length=20, choices=AccountStatus.choices, default=AccountStatus.CONNECTED
    )
    status_reason = models.TextField(_("reason"), blank=True)
    signature = models.TextField(_("signature"), blank=True)
    timezone = models.CharField(_("time zone"), max_length=64, blank=True)
    daily_limit = models.PositiveIntegerField(_("mails a day"), null=True, blank=True)
    hourly_limit = models.PositiveIntegerField(_("mails an hour"), null=True, blank=True)
    min_gap_seconds = models.PositiveIntegerField(_("seconds between mails"), default=0)

    smtp_host = models.CharField(_("SMTP host"), max_length=253, blank=True)
    smtp_port = models.PositiveIntegerField(_("SMTP port"), null=True, blank=True)
    smtp_username = models.CharField(_("SMTP user"), max_length=254, blank=True)
    smtp_encryption = models.CharField(max_length=10, choices=Encryption.choices, default=Encryption.TLS)
    imap_host = models.CharField(_("IMAP host"), max_length=253, blank=True)
    imap_port = models.PositiveIntegerField(_("IMAP port"), null=True, blank=True)
    imap_username = models.CharField(_("IMAP user"), max_length=254, blank=True)
    imap_encryption = models.CharField(max_length=10, choices=Encryption.choices, default=Encryption.SSL)
    imap_folder = models.CharField(max_length=200, default="INBOX")
    sealed_secrets = models.TextField(blank=True, editable=False)

    # Pacing: the next free moment of the hourly cap, and today's count (local date of the account's zone).
    next_slot_at = models.DateTimeField(null=True, blank=True)
    count_date = models.DateField(null=True, blank=True)
    count_today = models.PositiveIntegerField(default=0)
    last_sent_at = models.DateTimeField(null=True, blank=True)

    # One sender at a time holds the account until its lease ends.
    sender = models.CharField(max_length=120, blank=True)
    sender_until = models.DateTimeField(null=True, blank=True)
    login_failures = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)

    # How far the mailbox has been read.
    uid_validity = models.BigIntegerField(null=True, blank=True)
    last_uid = models.BigIntegerField(default=0)
    next_poll_at = models.DateTimeField(null=True, blank=True)
    last_polled_at = models.DateTimeField(null=True, blank=True)
    poll_error = models.TextField(blank=True)
    # What a sandbox account's imaginary recipients do by themselves: "" nothing, "lively" a bit of everything.
    sandbox_play = models.CharField(max_length=20, blank=True)

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = AccountQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["workspace", "channel", "email"], name="account_unique"),)
        indexes = (models.Index(fields=["next_poll_at"], name="account_next_poll"),)

    def __str__(self) -> str:
        return self.email

    @property
    def domain(self) -> str:
        """The part of the address behind the @."""
        return self.email.rpartition("@")[2].lower()

    @property
    def zone_name(self) -> str:
        """The zone of the account's day: its own, else the workspace's."""
        return self.timezone or self.workspace.timezone

    def _place(self) -> str:
        return f"mailboxes.account:{self.pk}"

    def secrets(self) -> dict[str, str]:
        """Return the passwords, by `smtp` and `imap`."""
        if not self.sealed_secrets:
            return {}
        secrets: dict[str, str] = crypto.unseal(self.sealed_secrets, place=self._place())
        return secrets

    def seal_secrets(self, secrets: dict[str, str]) -> None:
        """Put the passwords into the sealed field; the caller saves it."""
        self.sealed_secrets = crypto.seal(secrets, place=self._place())


class SandboxMail(PublicIdMixin, models.Model):
    """A mail that a sandbox account sent, as its recipient would find it. Nothing left the machine."""

    id = KeyField(prefix="sbx")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    account = models.ForeignKey(Account, models.CASCADE, related_name="sandbox_mails")
    message_id = models.CharField(max_length=255, db_index=True)
    recipient = models.CharField(max_length=254)
    subject = models.TextField(blank=True)
    raw = models.BinaryField()
    received_at = models.DateTimeField()
    # What the imaginary recipient already did: opened, clicked, replied, bounced, left.
    played = models.JSONField(default=list, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        indexes = (models.Index(fields=["workspace", "-received_at"], name="sandbox_received"),)

    def __str__(self) -> str:
        return f"{self.subject} to {self.recipient}"


class SandboxReply(models.Model):
    """A raw mail in a sandbox account's inbox; the normal fetch reads it by `uid`."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    account = models.ForeignKey(Account, models.CASCADE, related_name="sandbox_replies")
    raw = models.BinaryField()
    received_at = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.pk} for {self.account_id}"


class RawMail(models.Model):
    """A mail as it was fetched, kept until retention drops it; one per account and UID."""

    id = KeyField(prefix="raw")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    account = models.ForeignKey(Account, models.CASCADE, related_name="raw_mails")
    uid_validity = models.BigIntegerField()
    uid = models.BigIntegerField()
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    fetched_at = models.DateTimeField()
    # What became of it: the class that was found, or `quarantine` with the reason.
    outcome = models.CharField(max_length=20, blank=True)
    reason = models.TextField(blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["account", "uid_validity", "uid"], name="raw_mail_unique"),)

    def __str__(self) -> str:
        return f"{self.uid} of {self.account_id}"
