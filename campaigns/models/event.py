"""What happened, and how often."""

import uuid
from datetime import UTC, datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.enums import EventType
from campaigns.models.campaign import Campaign
from campaigns.models.enrolment import Enrolment
from campaigns.models.message import Message
from contacts.models import Contact
from fluenzr.core.ids import KeyField, PublicIdMixin
from fluenzr.workspaces.models import ScopedQuerySet, Workspace

NO_ACCOUNT = uuid.UUID(int=0)
# The slot of a row that holds the sum over all time.
ALL_TIME = datetime(1970, 1, 1, tzinfo=UTC)


class Event(PublicIdMixin, models.Model):
    """Append-only: what happened to a message or a journey. It points without constraints, so it may outlive them."""

    id = KeyField(prefix="evt")
    # The indexes below begin with the workspace, the campaign and the contact, and nobody asks by enrolment.
    workspace = models.ForeignKey(Workspace, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    campaign = models.ForeignKey(
        Campaign, models.DO_NOTHING, db_constraint=False, db_index=False, null=True, related_name="+"
    )
    enrolment = models.ForeignKey(
        Enrolment, models.DO_NOTHING, db_constraint=False, db_index=False, null=True, related_name="+"
    )
    contact = models.ForeignKey(
        Contact, models.DO_NOTHING, db_constraint=False, db_index=False, null=True, related_name="+"
    )
    message = models.ForeignKey(
        Message, models.DO_NOTHING, db_constraint=False, db_index=False, null=True, related_name="+"
    )
    type = models.CharField(_("type"), max_length=20, choices=EventType.choices)
    node = models.CharField(_("node"), max_length=64, blank=True)
    link = models.PositiveSmallIntegerField(null=True, blank=True)
    is_bot = models.BooleanField(_("machine"), default=False)
    at = models.DateTimeField(_("at"))
    metadata: Any = models.JSONField(default=dict, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        indexes = (
            models.Index(fields=["workspace", "id"], name="event_workspace"),
            # With what lists filter by, so that counting them reads no row.
            models.Index(fields=["campaign", "-at", "-id", "is_bot", "type"], name="event_campaign_at"),
            models.Index(fields=["contact", "-at"], name="event_contact_at"),
            # Half of all events are of no mail.
            models.Index(fields=["message"], condition=Q(message__isnull=False), name="event_message"),
        )

    def __str__(self) -> str:
        return f"{self.type} {self.at:%Y-%m-%d %H:%M}"


class Tally(models.Model):
    """Counts of mails by node, variant, account and quarter of an hour; slot `ALL_TIME` holds their sum.

    Points at nothing but its campaign. Only `campaigns.tallies` writes it, in the transaction of the event.
    """

    id = KeyField()
    workspace = models.ForeignKey(Workspace, models.CASCADE, db_index=False, related_name="+")
    campaign = models.ForeignKey(Campaign, models.CASCADE, db_index=False, related_name="tallies")
    node = models.CharField(max_length=64)
    variant = models.CharField(max_length=40, blank=True)
    account = models.UUIDField(default=NO_ACCOUNT)
    slot = models.DateTimeField()
    sent = models.PositiveIntegerField(default=0)
    delivered = models.PositiveIntegerField(default=0)
    opened = models.PositiveIntegerField(default=0)
    clicked = models.PositiveIntegerField(default=0)
    replied = models.PositiveIntegerField(default=0)
    bounced = models.PositiveIntegerField(default=0)
    unsubscribed = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["campaign", "node", "variant", "account", "slot"], name="tally_unique"),
        )
        indexes = (models.Index(fields=["workspace", "slot"], name="tally_workspace"),)
        verbose_name_plural = _("tallies")

    def __str__(self) -> str:
        return f"{self.node} {self.slot:%Y-%m-%d %H:%M}"


class CampaignTotal(models.Model):
    """Counts of people of a campaign (contract A1), moved when a person's first-ever stamp is set."""

    campaign = models.OneToOneField(Campaign, models.CASCADE, primary_key=True, related_name="total")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    contacts = models.PositiveIntegerField(default=0)
    sent = models.PositiveIntegerField(default=0)
    opened = models.PositiveIntegerField(default=0)
    clicked = models.PositiveIntegerField(default=0)
    replied = models.PositiveIntegerField(default=0)
    bounced = models.PositiveIntegerField(default=0)
    unsubscribed = models.PositiveIntegerField(default=0)
    emails_sent = models.PositiveIntegerField(default=0)
    uncertain = models.PositiveIntegerField(default=0)

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"totals of {self.campaign_id}"


class Passage(models.Model):
    """How many people left a node by a port."""

    id = KeyField()
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="passages")
    node = models.CharField(max_length=64)
    port = models.CharField(max_length=40)
    passed = models.PositiveIntegerField(default=0)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["campaign", "node", "port"], name="passage_unique"),)

    def __str__(self) -> str:
        return f"{self.node} by {self.port}: {self.passed}"
