"""Campaigns, the accounts they send from, and their workflow with its versions."""

from typing import Any, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.enums import EDITABLE, CampaignStatus
from fluenzr.core import clock
from fluenzr.core.ids import KeyField, PublicIdMixin
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces.models import ScopedQuerySet, User, Workspace


def working_week() -> list[str]:
    """Return Monday to Friday, the days that a new campaign sends on."""
    return list(clock.DAY_NAMES[:5])


class CampaignQuerySet(ScopedQuerySet):
    """Questions about campaigns."""

    def active(self) -> Self:
        """Keep those that run."""
        return self.filter(status=CampaignStatus.ACTIVE)


class Campaign(PublicIdMixin, models.Model):
    """A sequence with its settings; the people in it are enrolments."""

    id = KeyField(prefix="cmp")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="campaigns")
    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), null=True, blank=True)
    kind = models.CharField(_("type"), max_length=20, default="custom")
    status = models.CharField(_("status"), max_length=20, choices=CampaignStatus.choices, default=CampaignStatus.DRAFT)
    status_reason = models.TextField(_("reason"), blank=True)

    send_days = models.JSONField(_("sending days"), default=working_week)
    send_hours_start = models.PositiveSmallIntegerField(_("first hour"), default=9)
    send_hours_end = models.PositiveSmallIntegerField(_("last hour, exclusive"), default=18)
    timezone = models.CharField(_("time zone"), max_length=64)
    max_emails_per_hour = models.PositiveIntegerField(_("mails an hour"), null=True, blank=True, default=30)
    # Whether a reply also ends the journeys of the person's colleagues (`campaigns.colleagues`).
    one_per_company = models.BooleanField(_("one conversation per company"), default=False)

    version = models.ForeignKey("WorkflowVersion", models.PROTECT, null=True, blank=True, related_name="+")
    # The next free moment of `max_emails_per_hour`.
    next_slot_at = models.DateTimeField(null=True, blank=True)

    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    paused_at = models.DateTimeField(_("paused"), null=True, blank=True)
    completed_at = models.DateTimeField(_("completed"), null=True, blank=True)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        indexes = (
            models.Index(fields=["workspace", "-created_at", "id"], name="campaign_created"),
            models.Index(fields=["status"], name="campaign_status"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_editable(self) -> bool:
        """Whether it may be changed: only a draft or a paused campaign (seed 000)."""
        return self.status in EDITABLE

    def window(self) -> clock.Window:
        """Return the hours in which this campaign sends."""
        return clock.Window(
            zone=self.timezone,
            days=frozenset(clock.DAY_NAMES.index(day) for day in self.send_days),
            start=self.send_hours_start * 60,
            end=self.send_hours_end * 60,
        )


class CampaignAccount(models.Model):
    """A lane: one account that a campaign sends from. `position` 0 is the campaign's `emailAccountId`.

    `next_slot_at` is the next moment at which the lane may send; while it is ahead nobody's row is looked at.
    """

    id = KeyField()
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="lanes")
    account = models.ForeignKey(Account, models.PROTECT, related_name="lanes")
    position = models.PositiveSmallIntegerField(default=0)
    next_slot_at = models.DateTimeField(null=True, blank=True)
    wait_reason = models.CharField(max_length=40, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["campaign", "account"], name="lane_unique"),)
        indexes = (models.Index(fields=["next_slot_at"], name="lane_next_slot"),)

    def __str__(self) -> str:
        return f"{self.campaign_id} by {self.account_id}"


class DayCount(models.Model):
    """How many mails of campaigns a workspace has taken on a local date, for the plan's daily limit (contract A42)."""

    id = KeyField()
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    day = models.DateField()
    taken = models.PositiveIntegerField(default=0)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["workspace", "day"], name="day_count_unique"),)

    def __str__(self) -> str:
        return f"{self.taken} on {self.day}"


class WorkflowDraft(models.Model):
    """The document that the editor writes; it may be incomplete."""

    campaign = models.OneToOneField(Campaign, models.CASCADE, primary_key=True, related_name="draft")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    graph: Any = models.JSONField(default=dict)
    revision = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(auto_now=True)
    saved_by = models.CharField(max_length=200, blank=True)

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"draft {self.revision} of {self.campaign_id}"


class WorkflowVersion(PublicIdMixin, models.Model):
    """A published workflow: never changed, so that a mail can always be made again as it was."""

    id = KeyField(prefix="wfv")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    graph: Any = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=200, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["campaign", "number"], name="version_unique"),)

    def __str__(self) -> str:
        return f"version {self.number} of {self.campaign_id}"


class Link(models.Model):
    """Where the n-th link of an email node leads; a click goes nowhere else.

    A target that holds a variable is kept per message instead, and `url` is then its template.
    """

    id = KeyField()
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    version = models.ForeignKey(WorkflowVersion, models.CASCADE, related_name="links")
    node = models.CharField(max_length=64)
    variant = models.CharField(max_length=40, blank=True)
    index = models.PositiveSmallIntegerField()
    url = models.TextField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["version", "node", "variant", "index"], name="link_unique"),)

    def __str__(self) -> str:
        return self.url
