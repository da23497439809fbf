"""Groups that feed campaigns, and groups whose members are kept out."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.enums import GroupRole
from campaigns.models.campaign import Campaign
from contacts.models import Group
from fluenzr.core.ids import KeyField
from fluenzr.workspaces.models import ScopedQuerySet, Workspace


class CampaignGroup(models.Model):
    """That a group feeds a campaign (as long as it is dynamic), or is excluded from it."""

    id = KeyField()
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="group_links")
    group = models.ForeignKey(Group, models.CASCADE, related_name="campaign_links")
    role = models.CharField(_("role"), max_length=10, choices=GroupRole.choices)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["campaign", "group"], name="campaign_group_unique"),)

    def __str__(self) -> str:
        return f"{self.group_id} {self.role} {self.campaign_id}"
