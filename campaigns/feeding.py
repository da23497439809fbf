"""Dynamic groups: whoever joins one is enrolled at once in every active campaign that it feeds (product.md section 5).

Everything happens in the transaction of the joining, so nobody is in the group and was forgotten.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from campaigns import audience, completion
from campaigns.enums import GroupRole
from campaigns.models import Campaign, CampaignGroup
from contacts import stages
from contacts.enums import GroupKind, StageRole
from contacts.models import Contact, Group

BY = "dynamic group"


def enrol(group_id: UUID, contacts: Sequence[UUID], *, workspace_id: UUID, now: datetime) -> None:
    """Enrol contacts who have joined a group, at most a thousand; who is in already or may not be written to is not."""
    feeding = CampaignGroup.objects.filter(workspace=workspace_id, role=GroupRole.FEEDS, group__kind=GroupKind.DYNAMIC)
    if not feeding.filter(group=group_id).exists():
        return
    # People before campaigns, as everybody takes them. And all fed campaigns of the workspace, not only those of this
    # group: one transaction may fill several groups, and two would else take their campaigns in different orders.
    people = Contact.objects.filter(pk__in=contacts).order_by("pk").select_for_update(no_key=True)
    list(people.values_list("pk", flat=True))
    running = Campaign.objects.active().filter(pk__in=feeding.values("campaign")).order_by("pk")
    fed = set(feeding.filter(group=group_id).values_list("campaign", flat=True))
    batch = Group(pk=group_id).public_id
    campaigns = list(running.select_for_update(no_key=True, of=("self",)).select_related("workspace", "version"))
    for campaign in campaigns:
        if campaign.pk in fed:
            enrolled = audience.enrol(campaign, contacts, by=BY, batch=batch, now=now)
            stages.advance(enrolled, role=StageRole.LEAD, by=BY, now=now)


def end(group_id: UUID, *, now: datetime) -> None:
    """A group feeds no longer: campaigns that waited for nobody else are complete."""
    links = CampaignGroup.objects.filter(group=group_id, role=GroupRole.FEEDS)
    completion.complete(list(links.values_list("campaign", flat=True)), now=now)
