"""When a campaign is complete: no row of it is open any more, computed in SQL (reliability.md S19)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from campaigns.enums import RUNNING, CampaignStatus, EnrolmentStatus, GroupRole, Place
from campaigns.models import Campaign, CampaignGroup, Enrolment, Message
from contacts.enums import GroupKind
from fluenzr.core import bus
from fluenzr.core.prepared import Prepared


def _anybody(status: EnrolmentStatus) -> Prepared:
    """Return the question for one of a campaign's people with a status: the newest, as the oldest go first.

    From the other end, PostgreSQL would walk through all that is left in the index of those who have gone.
    """
    return Prepared(
        lambda keys: Enrolment.objects.filter(campaign=keys[0], status=status).order_by("-id").values_list("pk")[:1]
    )


_RUNNING = tuple(map(_anybody, RUNNING))


@dataclass(frozen=True)
class CampaignsCompleted:
    """Fact: these campaigns are done with everybody."""

    campaign_ids: Collection[UUID]
    at: datetime


def complete(campaigns: Collection[UUID], *, now: datetime) -> list[UUID]:
    """Complete those of the campaigns that had people and are done with all of them; return which.

    A campaign without people does not complete (contract A37), nor does one that a dynamic group feeds.
    """
    # Asked after each batch of mails, nearly always for nothing: the whole question takes milliseconds to write.
    campaigns = [one for one in campaigns if not any(asked.rows([one]) for asked in _RUNNING)]
    if not campaigns:
        return []
    people = Enrolment.objects.filter(campaign=OuterRef("pk"))
    messages = Message.objects.filter(campaign=OuterRef("pk"))
    feeding = CampaignGroup.objects.filter(campaign=OuterRef("pk"), role=GroupRole.FEEDS, group__kind=GroupKind.DYNAMIC)
    done = Campaign.objects.active().filter(
        Exists(people),
        ~Exists(people.filter(status__in=RUNNING)),
        ~Exists(messages.filter(place=Place.WAITING)),
        ~Exists(messages.held()),
        ~Exists(feeding),
        pk__in=list(campaigns),
    )
    with transaction.atomic():
        keys = list(done.values_list("pk", flat=True))
        if not keys:
            return []
        # Asked again under the lock: whoever adds people holds it, and those who were added meanwhile are seen then.
        list(
            Campaign.objects.filter(pk__in=keys)
            .order_by("pk")
            .select_for_update(no_key=True)
            .values_list("pk", flat=True)
        )
        keys = list(done.values_list("pk", flat=True))
        rows = Campaign.objects.filter(pk__in=keys)
        rows.update(status=CampaignStatus.COMPLETED, completed_at=now, updated_at=now)
        if keys:
            bus.publish(CampaignsCompleted(tuple(keys), now))
    return keys
