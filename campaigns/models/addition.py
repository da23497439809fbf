"""People who are being added to a campaign."""

from typing import Any

from django.db import models
from django.db.models import Q

from campaigns.models.campaign import Campaign
from fluenzr.core.ids import KeyField, PublicIdMixin
from fluenzr.workspaces.models import ScopedQuerySet, Workspace


class Addition(PublicIdMixin, models.Model):
    """The order to add many people, and how far it is: whichever worker goes on with it begins behind `last`.

    `asked` says who is meant (`campaigns.candidates.Asked`) and is emptied at the end. `done` were added and `skipped`
    not, of `meant`. `error` says why it ended early.
    """

    id = KeyField(prefix="add")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="additions")
    asked: Any = models.JSONField(default=dict)
    by = models.CharField(max_length=200)
    meant = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    last = models.UUIDField(null=True)
    error = models.TextField(blank=True)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        indexes = (
            # The question that the beat asks each second: is there any at all?
            models.Index(fields=["lease_until"], condition=Q(ended_at=None), name="addition_waiting"),
        )

    def __str__(self) -> str:
        return f"{self.meant} people to {self.campaign_id}"
