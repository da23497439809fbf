"""What comes back: raw hits, and conversations."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, Enrolment, Message
from contacts.models import Contact
from fluenzr.core.ids import KeyField, PublicIdMixin
from fluenzr.mailboxes.models import Account, RawMail
from fluenzr.workspaces.models import ScopedQuerySet, Workspace
from tracking.enums import ConversationStatus, HitKind, MailClass


class RawHit(models.Model):
    """A request to a tracking address as it came; append-only, points at nothing. The spool gives it its key."""

    id = KeyField()
    kind = models.CharField(max_length=10, choices=HitKind.choices)
    message = models.UUIDField()
    link = models.PositiveSmallIntegerField(default=0)
    at = models.DateTimeField()
    method = models.CharField(max_length=10, default="GET")
    ip = models.CharField(max_length=45, blank=True)
    user_agent = models.CharField(max_length=500, blank=True)
    headers: Any = models.JSONField(default=dict, blank=True)
    folded = models.BooleanField(default=False)

    class Meta:
        indexes = (
            models.Index(fields=["at"], condition=Q(folded=False), name="hit_to_fold"),
            models.Index(fields=["message", "at"], name="hit_message"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M:%S}"


class Conversation(PublicIdMixin, models.Model):
    """A thread with one person in one account's mailbox."""

    id = KeyField(prefix="cnv")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="conversations")
    account = models.ForeignKey(Account, models.CASCADE, related_name="conversations")
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, related_name="conversations")
    campaign = models.ForeignKey(Campaign, models.SET_NULL, null=True, related_name="conversations")
    enrolment = models.ForeignKey(Enrolment, models.SET_NULL, null=True, related_name="conversations")
    subject = models.TextField(_("subject"), blank=True)
    preview = models.TextField(_("preview"), blank=True)
    status = models.CharField(
        _("status"), max_length=20, choices=ConversationStatus.choices, default=ConversationStatus.UNREAD
    )
    last_at = models.DateTimeField(_("last mail"))
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        indexes = (models.Index(fields=["workspace", "status", "-last_at"], name="conversation_status"),)

    def __str__(self) -> str:
        return self.subject


class InboundMail(PublicIdMixin, models.Model):
    """A mail that came in, understood: what it is, whose it is, and what it says."""

    id = KeyField(prefix="inb")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    raw = models.OneToOneField(RawMail, models.SET_NULL, null=True, related_name="inbound")
    conversation = models.ForeignKey(Conversation, models.CASCADE, null=True, related_name="mails")
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, related_name="+")
    answers = models.ForeignKey(Message, models.SET_NULL, null=True, related_name="answers")
    kind = models.CharField(_("kind"), max_length=20, choices=MailClass.choices)
    message_id = models.CharField(max_length=998, blank=True)
    sender = models.CharField(_("from"), max_length=320, blank=True)
    subject = models.TextField(_("subject"), blank=True)
    text = models.TextField(_("text"), blank=True)
    preview = models.TextField(_("preview"), blank=True)
    details: Any = models.JSONField(default=dict, blank=True)
    received_at = models.DateTimeField(_("received"))

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = (
            # The same mail fetched twice (a changed UIDVALIDITY) is one mail.
            models.UniqueConstraint(
                fields=["account", "message_id"], condition=~Q(message_id=""), name="inbound_unique"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} from {self.sender}"
