"""Everything that leaves."""

from typing import Any, Self
from uuid import UUID

from django.db import models
from django.db.models import Case, Q, Value, When
from django.utils.translation import gettext_lazy as _

from campaigns.enums import HELD, MessageState, Place, Purpose
from campaigns.models.campaign import Campaign, WorkflowVersion
from campaigns.models.claim import Claim
from campaigns.models.enrolment import Enrolment
from contacts.models import Contact
from fluenzr.core.ids import KeyField, PublicIdMixin
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces.models import ScopedQuerySet, Workspace


class MessageQuerySet(ScopedQuerySet):
    """Questions about messages."""

    def to_claim(self, now: Any) -> Self:
        """Keep those that a sender may take now."""
        return self.filter(place=Place.WAITING, has_slot=True, not_before__lte=now)

    def wanting_a_slot(self, now: Any) -> Self:
        """Keep those that a server put off, or that missed their slot, and that want another now."""
        return self.filter(place=Place.WAITING, has_slot=False, not_before__lte=now)

    def held(self) -> Self:
        """Keep those that a sender holds; they are found by its claims, which are few."""
        return self.filter(state__in=HELD, claim__in=Claim.objects.all())

    def on_their_way(self, campaign: UUID) -> list[UUID]:
        """Return the keys of those of a campaign that wait for a sender or are held by one.

        In one statement: between two, one could go from what the second asks for to what the first has asked for.
        """
        ours = self.filter(campaign=campaign)
        waiting, held = ours.filter(place=Place.WAITING), ours.held()
        return list(waiting.values_list("pk").union(held.values_list("pk"), all=True).values_list("pk", flat=True))


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
    # Whoever makes a mail holds the journey's row. Whoever deletes a journey, or a contact and thereby its journeys,
    # has to lock that row first, and only then looks for mails (tests/prove/test_stops.py).
    enrolment = models.ForeignKey(
        Enrolment, models.CASCADE, null=True, db_constraint=False, db_index=False, related_name="messages"
    )
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, db_constraint=False, related_name="messages")
    account = models.ForeignKey(Account, models.PROTECT, db_constraint=False, db_index=False, related_name="messages")
    version = models.ForeignKey(
        WorkflowVersion, models.PROTECT, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    node = models.CharField(_("node"), max_length=64, blank=True)
    occurrence = models.PositiveSmallIntegerField(default=0)
    variant = models.CharField(max_length=40, blank=True)

    state = models.CharField(_("state"), max_length=20, choices=MessageState.choices, default=MessageState.QUEUED)
    # Where an index names the state, PostgreSQL writes into every index of the table whenever it changes. So indexes
    # name this: it stays null from when a sender takes a mail until the mail is sent, and so do they.
    place = models.GeneratedField(
        expression=Case(
            When(state="queued", then=Value("waiting")), When(state="cancelled", then=Value("back")), default=None
        ),
        output_field=models.CharField(max_length=10, null=True),
        db_persist=True,
    )
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
    # The last one; it is gone once all its mails are let go.
    claim = models.ForeignKey(Claim, models.DO_NOTHING, null=True, db_constraint=False, related_name="messages")
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
                fields=["account", "not_before"], condition=Q(place="waiting", has_slot=True), name="message_queued"
            ),
            models.Index(
                fields=["account", "campaign", "not_before"],
                condition=Q(place="waiting", has_slot=False),
                name="message_slotless",
            ),
            models.Index(fields=["recipient_hash"], name="message_recipient"),
            models.Index(fields=["campaign", "place"], name="message_campaign"),
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
