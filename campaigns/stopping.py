"""Ending journeys and taking back mails that are not on the wire yet.

Sender and stopper meet on the message's row: a stop sets `queued | claimed` messages to `cancelled` in its own
transaction, and the sender's last step before the body is an UPDATE filtered on `claimed`. Whoever commits first wins.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from campaigns import completion
from campaigns.enums import REVISABLE, RUNNING, STOPPABLE, EnrolmentStatus, MessageState, Phase, Place
from campaigns.models import Campaign, Enrolment, Message
from fluenzr.core import among
from fluenzr.core.errors import Text

PAUSED = "paused"
HELD = "hold"


def stop(
    enrolments: Iterable[UUID],
    *,
    status: EnrolmentStatus,
    reason: Text,
    now: datetime,
    from_statuses: Collection[str] = RUNNING,
) -> int:
    """End these journeys with a status and cancel their waiting mails; return how many were ended.

    Journeys in none of `from_statuses` keep their status; their waiting mails are cancelled all the same.
    """
    keys = list(enrolments)
    with transaction.atomic():
        # People before mails: whoever plans a mail holds its person's row, so once that row is ours no mail of theirs
        # can be born unseen. The other way round, one that was being planned would leave after the stop.
        rows = Enrolment.objects.filter(pk__in=keys)
        list(rows.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
        cancel(Message.objects.filter(enrolment__in=keys), reason=status, now=now)
        ended = rows.filter(status__in=list(from_statuses))
        campaigns = set(ended.values_list("campaign", flat=True))
        count = ended.update(status=status, reason=str(reason), phase=Phase.IDLE, next_run_at=None, finished_at=now)
        completion.complete(campaigns, now=now)
    return count


def stop_people(
    contacts: Collection[UUID], *, status: EnrolmentStatus, reason: Text, now: datetime, revise: bool = False
) -> int:
    """End every running journey of these people, in all campaigns; `revise` also changes completed ones (A41)."""
    rows = Enrolment.objects.filter(contact__in=list(contacts), status__in=REVISABLE if revise else RUNNING)
    keys = list(rows.values_list("pk", flat=True))
    return stop(keys, status=status, reason=reason, now=now, from_statuses=REVISABLE if revise else RUNNING)


def cancel(messages: QuerySet[Message], *, reason: str, now: datetime) -> int:
    """Take back those of the messages that are not on the wire; return how many."""
    rows = messages.filter(state__in=STOPPABLE)
    with transaction.atomic():
        # In the order in which a sender opens many at once, so that neither waits for the other in a circle.
        keys = list(rows.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
        held = Message.objects.filter(among.keys("pk", keys), state__in=STOPPABLE)
        return held.update(state=MessageState.CANCELLED, reason=reason, settled_at=now) if keys else 0


def hold_back(campaign: Campaign, *, now: datetime) -> int:
    """Take back the waiting mails of a campaign that pauses; `release` puts them back."""
    keys = Message.objects.on_their_way(campaign.pk)
    return cancel(Message.objects.filter(among.keys("pk", keys)), reason=PAUSED, now=now)


def release(campaign: Campaign, *, now: datetime) -> int:
    """Put back what `hold_back` took, for people who are still on their way.

    The people wait for a slot again instead of leaving all at once (semantics, section 2): a message that was never
    opened is dropped with its slot, and made anew when the lane has room. Whoever was stopped meanwhile gets neither.
    """
    held = Message.objects.filter(campaign=campaign, place=Place.BACK, reason=PAUSED)
    with transaction.atomic():
        unopened, opened = held.filter(sending_at__isnull=True), held.filter(sending_at__isnull=False)
        # A server refused it for now; the same mail is tried again.
        again = opened.filter(enrolment__status__in=RUNNING)
        again.update(state=MessageState.QUEUED, reason="", not_before=now, has_slot=False, settled_at=None)
        people = list(unopened.values_list("enrolment", flat=True))
        unopened.delete()
        rows = Enrolment.objects.filter(pk__in=people, status__in=RUNNING)
        return rows.update(phase=Phase.MAIL, next_run_at=now)


def render_anew(contacts: Collection[UUID]) -> int:
    """Have the waiting mails of people who object to tracking made again, now without pixel and tracked links."""
    with transaction.atomic():
        _hold(contacts)
        rows = Message.objects.filter(contact__in=list(contacts), state__in=STOPPABLE)
        return rows.update(state=MessageState.QUEUED, frozen=None, frozen_at=None, links={})


def _hold(contacts: Collection[UUID]) -> QuerySet[Enrolment]:
    """Lock the running journeys of these people: a mail that is being born for them is seen when this returns."""
    people = Enrolment.objects.filter(contact__in=list(contacts), status__in=RUNNING)
    list(people.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
    return people


def postpone(contacts: Collection[UUID], *, until: datetime) -> None:
    """Take back the queued mails of people who are on hold; they are made anew when the hold ends.

    A mail that a sender has claimed already leaves, as one claimed a second earlier did.
    """
    with transaction.atomic():
        people = _hold(contacts)
        queued = Message.objects.filter(enrolment__in=people.values("pk"), state=MessageState.QUEUED, sending_at=None)
        queued.update(state=MessageState.CANCELLED, reason=HELD)
        taken = Message.objects.filter(enrolment__in=people.values("pk"), state=MessageState.CANCELLED, reason=HELD)
        waiting = list(taken.values_list("enrolment", flat=True))
        taken.delete()
        people.filter(pk__in=waiting).update(phase=Phase.MAIL, next_run_at=until)


def wake(contacts: Collection[UUID], *, held_until: datetime, now: datetime) -> None:
    """Let people whose hold ended early be mailed as soon as a slot is free: they were put off until its end."""
    rows = Enrolment.objects.filter(contact__in=list(contacts), status__in=RUNNING, phase=Phase.MAIL)
    rows.filter(next_run_at=held_until).update(next_run_at=now)
