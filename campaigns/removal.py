"""Taking people out of a campaign (contract A38)."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from campaigns import completion, events, stopping, tallies
from campaigns.enums import COUNTED, LISTED, EnrolmentStatus, EventType, MessageState
from campaigns.events import Happening
from campaigns.models import Campaign, Enrolment, Message
from fluenzr.core.errors import Text


def take_out(
    campaign: Campaign,
    contacts: Sequence[UUID],
    *,
    reason: Text,
    now: datetime,
    from_statuses: Collection[str] = LISTED,
) -> int:
    """Take people out, in the caller's transaction; return how many were in.

    Who was never mailed leaves no trace but an event; who was keeps the numbers. Those in none of `from_statuses`
    stay as they are.
    """
    # People first, then their mails, the campaign last: the order in which everybody takes these rows, so that two
    # never wait for each other. Whoever holds one of the mails meets the stop on its row.
    inside = Enrolment.objects.filter(campaign=campaign, contact__in=contacts, status__in=list(from_statuses))
    rows = list(inside.order_by("pk").select_for_update())
    if not rows:
        return 0
    keys = [row.pk for row in rows]
    stopping.cancel(Message.objects.filter(enrolment__in=keys), reason=EnrolmentStatus.REMOVED, now=now)
    on_its_way = Message.objects.filter(enrolment__in=keys, state__in=(*COUNTED, MessageState.SENDING))
    mailed = set(on_its_way.values_list("enrolment", flat=True)) | {row.pk for row in rows if row.emails_sent}
    unmailed = [key for key in keys if key not in mailed]
    if unmailed:
        Enrolment.objects.filter(pk__in=unmailed).delete()
        tallies.take_people(campaign.pk, "contacts", len(unmailed))
    events.record([Happening(EventType.REMOVED, now, enrolment=row) for row in rows])
    stopping.stop(mailed, status=EnrolmentStatus.REMOVED, reason=reason, now=now, from_statuses=from_statuses)
    completion.complete([campaign.pk], now=now)
    return len(rows)
