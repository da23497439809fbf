"""One contact's journey through one campaign."""

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.enums import RUNNING, EnrolmentStatus, Phase
from campaigns.models.campaign import Campaign, WorkflowVersion
from contacts.models import Contact
from fluenzr.core.ids import KeyField, PublicIdMixin
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces.models import ScopedQuerySet, Workspace


class EnrolmentQuerySet(ScopedQuerySet):
    """Questions about journeys."""

    def running(self) -> Self:
        """Keep those still on their way."""
        return self.filter(status__in=RUNNING)

    def listed(self) -> Self:
        """Keep those that lists and totals show."""
        return self.exclude(status=EnrolmentStatus.REMOVED)

    def steps_due(self, now: Any) -> Self:
        """Keep those whose next step is no mail and is due."""
        return self.filter(phase=Phase.STEP, next_run_at__lte=now)

    def mails_due(self, now: Any) -> Self:
        """Keep those who wait for a slot to be mailed."""
        return self.filter(phase=Phase.MAIL, next_run_at__lte=now)


class Enrolment(PublicIdMixin, models.Model):
    """Where one contact stands in one campaign. Only the engine writes a position.

    `next_run_at` is null while a mail is on its way and when the journey is over. `entered_at` is the logical time at
    which the node was entered: after a mail it is the moment the mail was accepted, so delays never count queueing.
    """

    id = KeyField(prefix="enr")
    # The campaign's, and one of its versions: to check and index them anew for each of 100,000 people proves nothing.
    workspace = models.ForeignKey(Workspace, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    version = models.ForeignKey(
        WorkflowVersion, models.PROTECT, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    # The indexes below begin with these three.
    campaign = models.ForeignKey(Campaign, models.CASCADE, db_index=False, related_name="enrolments")
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, db_index=False, related_name="enrolments")
    # Written by who holds the account's row, which whoever deletes it locks first.
    account = models.ForeignKey(
        Account, models.SET_NULL, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    status = models.CharField(
        _("status"), max_length=20, choices=EnrolmentStatus.choices, default=EnrolmentStatus.PENDING
    )
    reason = models.TextField(_("reason"), blank=True)
    node = models.CharField(_("node"), max_length=64, blank=True)
    phase = models.CharField(max_length=10, choices=Phase.choices, default=Phase.IDLE, blank=True)
    next_run_at = models.DateTimeField(_("next action"), null=True, blank=True)
    entered_at = models.DateTimeField(_("at this node since"), null=True, blank=True)
    steps = models.PositiveIntegerField(default=0)
    seed = models.PositiveBigIntegerField()
    batch = models.CharField(_("added by"), max_length=80, blank=True)
    added_at = models.DateTimeField(_("added"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    emails_sent = models.PositiveIntegerField(_("mails sent"), default=0)
    first_sent_at = models.DateTimeField(null=True, blank=True)
    last_sent_at = models.DateTimeField(null=True, blank=True)
    first_opened_at = models.DateTimeField(null=True, blank=True)
    first_clicked_at = models.DateTimeField(null=True, blank=True)
    replied_at = models.DateTimeField(null=True, blank=True)
    bounced_at = models.DateTimeField(null=True, blank=True)
    unsubscribed_at = models.DateTimeField(null=True, blank=True)

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["contact", "campaign"], name="enrolment_unique"),)
        indexes = (
            # Cost follows what is due, never what is finished.
            models.Index(
                fields=["campaign", "next_run_at"],
                condition=Q(phase="step", next_run_at__isnull=False),
                name="enrolment_step_due",
            ),
            models.Index(
                fields=["campaign", "account", "next_run_at"],
                condition=Q(phase="mail", next_run_at__isnull=False),
                name="enrolment_mail_due",
            ),
            models.Index(fields=["campaign", "status", "id"], name="enrolment_status"),
            # Who was added has none yet.
            models.Index(fields=["account"], condition=Q(account__isnull=False), name="enrolment_account"),
            # The order of lists. Nothing of it ever changes, so a step on the way costs it nothing.
            models.Index(fields=["campaign", "id"], name="enrolment_campaign"),
        )

    def __str__(self) -> str:
        return f"{self.contact_id} in {self.campaign_id}"
