"""Which groups feed a campaign, and whose members it leaves out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns import removal
from campaigns.enums import RUNNING, CampaignStatus, GroupRole
from campaigns.models import Campaign, CampaignGroup, Enrolment
from contacts import facts
from contacts.enums import GroupKind
from contacts.models import Group, Membership
from fluenzr.core.errors import Invalid

# Whom a campaign in these states may still write to.
_LIVING = (CampaignStatus.DRAFT, CampaignStatus.ACTIVE, CampaignStatus.PAUSED)


@dataclass(frozen=True)
class Linked:
    """The groups of a campaign by their part in it."""

    feeding: list[Group]
    excluded: list[Group]


def of(campaign: Campaign) -> Linked:
    """Return the groups of a campaign, in the order in which they were linked."""
    links = list(CampaignGroup.objects.filter(campaign=campaign).select_related("group").order_by("pk"))

    def having(role: GroupRole) -> list[Group]:
        return [link.group for link in links if link.role == role]

    return Linked(having(GroupRole.FEEDS), having(GroupRole.EXCLUDED))


def write(
    campaign: Campaign,
    *,
    now: datetime,
    feeding: Iterable[Group] | None = None,
    excluded: Iterable[Group] | None = None,
) -> None:
    """Let exactly these groups feed the campaign, or be excluded from it; None leaves that part as it is.

    Nobody is enrolled by a new link: a group feeds those who join it from then on. Members of a group that is excluded
    now are taken out, if they are still on their way.

    Raises:
        Invalid: a group feeds and is excluded, or one that does not feed yet is not dynamic.
    """
    known = of(campaign)
    wanted_in = list(dict.fromkeys(known.feeding if feeding is None else feeding))
    wanted_out = list(dict.fromkeys(known.excluded if excluded is None else excluded))
    if set(wanted_in) & set(wanted_out):
        raise Invalid(_("A group cannot feed a campaign and be excluded from it"), field="excludeGroupIds")
    if static := [one.name for one in wanted_in if one.kind != GroupKind.DYNAMIC and one not in known.feeding]:
        message = gettext("Only a dynamic group feeds a campaign, and “%(name)s” is static")
        raise Invalid(message % {"name": static[0]}, field="groupIds")
    roles = {one.pk: GroupRole.FEEDS for one in wanted_in} | {one.pk: GroupRole.EXCLUDED for one in wanted_out}
    old = {link.group_id: link.role for link in CampaignGroup.objects.filter(campaign=campaign)}
    if roles == old:
        return
    changed = [key for key, role in old.items() if roles.get(key) != role]
    CampaignGroup.objects.filter(campaign=campaign, group__in=changed).delete()
    CampaignGroup.objects.bulk_create(
        CampaignGroup(workspace_id=campaign.workspace_id, campaign=campaign, group_id=key, role=role)
        for key, role in roles.items()
        if old.get(key) != role
    )
    for group in wanted_out:
        if old.get(group.pk) != GroupRole.EXCLUDED:
            _take_out_members(campaign, group, now=now)


def exclude(group_id: UUID, contacts: Iterable[UUID], *, now: datetime) -> None:
    """Take people who are in a group now out of the campaigns that exclude it, in the caller's transaction."""
    links = CampaignGroup.objects.filter(group=group_id, role=GroupRole.EXCLUDED, campaign__status__in=_LIVING)
    for link in links.select_related("campaign", "group").order_by("campaign"):
        _take_out(link.campaign, link.group, list(contacts), now=now)


def is_kept_out(campaign: Campaign) -> Exists:
    """Return whether a contact, the row of the query around, is in a group that the campaign excludes."""
    links = CampaignGroup.objects.filter(campaign=campaign, role=GroupRole.EXCLUDED, group=OuterRef("group"))
    return Exists(Membership.objects.filter(Exists(links), contact=OuterRef("pk")))


def _take_out_members(campaign: Campaign, group: Group, *, now: datetime) -> None:
    members = Membership.objects.filter(group=group, contact=OuterRef("contact"))
    inside = Enrolment.objects.filter(Exists(members), campaign=campaign, status__in=RUNNING)
    for chunk in facts.chunks(list(inside.order_by("pk").values_list("contact", flat=True))):
        _take_out(campaign, group, list(chunk), now=now)


def _take_out(campaign: Campaign, group: Group, contacts: list[UUID], *, now: datetime) -> None:
    reason = gettext("Is in the group “%(name)s”, which the campaign excludes.") % {"name": group.name}
    removal.take_out(campaign, contacts, reason=reason, now=now, from_statuses=RUNNING)
