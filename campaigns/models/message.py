"""Everything that leaves."""

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.enums import MessageState, Purpose
from campaigns.models.campaign import Campaign, WorkflowVersion
from campaigns.models.enrolment import Enrolment
from contacts.models import Contact
from fluenzr.core.ids import KeyField, PublicIdMixin
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces.models import ScopedQuerySet, Workspace


class MessageQuerySet(ScopedQuerySet):
    """Questions about messages."""

    def to_claim(self, now: Any) -> Self:
        """Keep those that a sender may take now."""
        return self.filter(state=MessageState.QUEUED, has_slot=True, not_before__lte=now)

    def wanting_a_slot(self, now: Any) -> Self:
        """Keep those that a server put off, or that missed their slot, and that want another now."""
        return self.filter(state=MessageState.QUEUED, has_slot=False, not_before__lte=now)


class Message(PublicIdMixin, models.Model):
    """One mail to one person: born with a slot, sent at most once, remembered.

    `frozen` holds the values that make the mail again byte for byte; a mail that belongs to no workflow keeps its
    `content` instead. `fence` rises with each claim, and nothing is written without it.
    """

    id = KeyField(prefix="msg")
    # The campaign's or the account's: to check these four anew for each mail proves nothing.
    workspace = models.ForeignKey(Workspace, models.CASCADE, db_constraint=False, related_name="+")
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose.choices, default=Purpose.SEQUENCE)
    # `message_campaign` and `message_once` begin with these two.
    campaign = models.ForeignKey(
        Campaign, models.CASCADE, null=True, db_constraint=False, db_index=False, related_name="messages"
    )
    enrolment = models.ForeignKey(Enrolment, models.CASCADE, null=True, db_index=False, related_name="messages")
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, related_name="messages")
    account = models.ForeignKey(Account, models.PROTECT, db_constraint=False, db_index=False, related_name="messages")
    version = models.ForeignKey(
        WorkflowVersion, models.PROTECT, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    node = models.CharField(_("node"), max_length=64, blank=True)
    occurrence = models.PositiveSmallIntegerField(default=0)
    variant = models.CharField(max_length=40, blank=True)

    state = models.CharField(_("state"), max_length=20, choices=MessageState.choices, default=MessageState.QUEUED)
    reason = models.CharField(_("reason"), max_length=400, blank=True)
    recipient = models.CharField(_("recipient"), max_length=254)
    recipient_hash = models.CharField(max_length=64)
    recipient_provider = models.CharField(max_length=100, blank=True)
    local_minute = models.PositiveSmallIntegerField(null=True)
    message_id = models.CharField("Message-ID", max_length=255)
    provider_message_id = models.CharField(max_length=255, blank=True)
    in_reply_to = models.CharField(max_length=255, blank=True)
    references: Any = models.JSONField(default=list, blank=True)

    frozen: Any = models.JSONField(null=True, blank=True)
    frozen_at = models.DateTimeField(null=True, blank=True)
    content: Any = models.JSONField(null=True, blank=True)
    links: Any = models.JSONField(default=dict, blank=True)

    created_at = models.DateTimeField(auto_now_add=True)
    not_before = models.DateTimeField(_("not before"))
    has_slot = models.BooleanField(_("has a slot"), default=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    owner = models.CharField(max_length=160, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    sending_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    smtp_code = models.PositiveSmallIntegerField(null=True, blank=True)
    smtp_text = models.CharField(max_length=1000, blank=True)

    first_opened_at = models.DateTimeField(null=True, blank=True)
    open_count = models.PositiveIntegerField(default=0)
    first_clicked_at = models.DateTimeField(null=True, blank=True)
    click_count = models.PositiveIntegerField(default=0)
    replied_at = models.DateTimeField(null=True, blank=True)
    bounced_at = models.DateTimeField(null=True, blank=True)
    bounce_kind = models.CharField(max_length=10, blank=True)
    unsubscribed_at = models.DateTimeField(null=True, blank=True)
    cost = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["enrolment", "node", "occurrence"], name="message_once"),
            # Of the column alone, PostgreSQL would get a second index for the beginnings of texts.
            models.UniqueConstraint(fields=["message_id"], name="message_message_id"),
        )
        indexes = (
            models.Index(
                fields=["account", "not_before"], condition=Q(state="queued", has_slot=True), name="message_queued"
            ),
            models.Index(
                fields=["account", "campaign", "not_before"],
                condition=Q(state="queued", has_slot=False),
                name="message_slotless",
            ),
            models.Index(fields=["lease_until"], condition=Q(state__in=["claimed", "sending"]), name="message_leased"),
            models.Index(fields=["settled_at"], condition=Q(state="uncertain"), name="message_uncertain"),
            models.Index(fields=["recipient_hash", "-sent_at"], name="message_recipient"),
            models.Index(fields=["campaign", "state"], name="message_campaign"),
            models.Index(
                fields=["provider_message_id"], condition=~Q(provider_message_id=""), name="message_provider_id"
            ),
        )

    def __str__(self) -> str:
        return f"{self.public_id} to {self.recipient}"

    @property
    def subject(self) -> str:
        """The subject as it was sent, or "" before it was made."""
        return str((self.frozen or self.content or {}).get("subject", ""))
