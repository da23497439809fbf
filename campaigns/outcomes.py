"""What a mail led to: the consequences of a reply, a bounce, an unsubscribe, a complaint, and of late evidence.

Each function is one transaction and does nothing the second time for the same message.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from campaigns import colleagues, events, stopping, tallies
from campaigns.enums import REVISABLE, EnrolmentStatus, EventType, MessageState, Phase
from campaigns.events import Happening
from campaigns.models import Enrolment, Message
from contacts import stages, standing
from contacts.enums import StageRole
from contacts.models import Contact
from fluenzr.core.errors import Text

HARD, SOFT = "hard", "soft"
# What ends a journey: the status, and the sentence that says so.
ENDS: dict[str, tuple[EnrolmentStatus, Text]] = {
    EventType.REPLIED: (EnrolmentStatus.REPLIED, _("The contact replied.")),
    EventType.BOUNCED: (EnrolmentStatus.BOUNCED, _("The address does not take mail.")),
    EventType.UNSUBSCRIBED: (EnrolmentStatus.UNSUBSCRIBED, _("The contact unsubscribed.")),
    EventType.COMPLAINED: (EnrolmentStatus.UNSUBSCRIBED, _("The contact reported the mail as spam.")),
}
# Who moved a contact through the pipeline when nobody did by hand.
BY_REPLY = "reply"
# So many soft bounces in a row with no delivery between count as a hard one (semantics, section 10).
SOFT_LIMIT = 3


def replied(message: Message, *, at: datetime, now: datetime, metadata: Mapping[str, Any]) -> bool:
    """A person answered: the event counts where it matched, and every running journey of the person stops.

    Where the campaign holds one conversation per company, the journeys of colleagues in it stop too. Returns whether it
    was the first reply to this message.
    """
    with transaction.atomic():
        hold_person(message)
        others = colleagues.hold(message, now=now)
        arrived(message, now=now)
        first = _mark(message, "replied_at")
        events.record([Happening(EventType.REPLIED, at, message=message, metadata=metadata)])
        colleagues.stop(others, now=now)
        _end(message, *ENDS[EventType.REPLIED], now)
        if message.contact is not None:
            standing.replied(contacts=[message.contact], now=now)
            stages.advance([message.contact.pk], role=StageRole.QUALIFIED, by=BY_REPLY, now=now)
    return first


def auto_replied(message: Message, *, at: datetime, now: datetime, metadata: Mapping[str, Any]) -> None:
    """A machine answered for the person: it is written down and stops nothing."""
    with transaction.atomic():
        hold_person(message)
        arrived(message, now=now)
        events.record([Happening(EventType.AUTO_REPLIED, at, message=message, metadata=metadata)])


def bounced(message: Message, *, kind: str, at: datetime, now: datetime, metadata: Mapping[str, Any]) -> bool:
    """A mail came back. A hard bounce ends the journeys and suppresses the address; a soft one only after three.

    Returns whether this message had not bounced before.
    """
    with transaction.atomic():
        hold_person(message)
        arrived(message, now=now)
        if not Message.objects.filter(pk=message.pk, bounce_kind="").update(bounce_kind=kind):
            return False
        hard = kind == HARD or _soft_too_often(message)
        details = {**metadata, "bounceType": kind}
        # A soft one is a fact about the mail; it counts as a bounce only when it counts as hard.
        events.record([Happening(EventType.BOUNCED, at, message=message, metadata=details, counts=hard)])
        if hard:
            end_bounced(message, now=now)
    return True


def end_bounced(message: Message, *, now: datetime) -> None:
    """End the journeys of a person whose address does not take mail, and never write there again."""
    _end(message, *ENDS[EventType.BOUNCED], now)
    if message.contact is not None:
        standing.bounced(contacts=[message.contact], source=message.public_id, now=now)


def unsubscribed(message: Message, *, at: datetime, now: datetime, metadata: Mapping[str, Any]) -> bool:
    """A person left through this mail. Returns whether it was the first time."""
    happening = Happening(EventType.UNSUBSCRIBED, at, message=message, metadata=metadata)
    return _left(happening, standing.unsubscribe, now)


def complained(message: Message, *, at: datetime, now: datetime, metadata: Mapping[str, Any]) -> bool:
    """A person reported this mail as spam: as an unsubscribe, with its own event (contract A39)."""
    happening = Happening(EventType.COMPLAINED, at, message=message, metadata=metadata)
    return _left(happening, standing.complained, now)


def _left(happening: Happening, bar: Callable[..., int], now: datetime) -> bool:
    message = happening.message
    assert message is not None, "people leave through a mail"
    with transaction.atomic():
        hold_person(message)
        arrived(message, now=now)
        first = _mark(message, "unsubscribed_at")
        if first:
            events.record([happening])
        _end(message, *ENDS[happening.type], now)
        if message.contact is not None:
            bar(contacts=[message.contact], source=message.public_id, now=now)
    return first


def arrived(message: Message, *, now: datetime) -> bool:
    """Evidence settles a doubt: an uncertain message was accepted after all, and its journey goes on."""
    with transaction.atomic():
        rows = Message.objects.filter(pk=message.pk, state=MessageState.UNCERTAIN)
        if not rows.update(state=MessageState.SENT, sent_at=message.sending_at, reason="", settled_at=now):
            return False
        if message.campaign_id is not None:
            tallies.take_people(message.campaign_id, "uncertain", 1)
        waiting = Enrolment.objects.filter(pk=message.enrolment_id, phase=Phase.STEP)
        waiting.filter(next_run_at__gt=now).update(next_run_at=now)
    return True


def hold_person(message: Message) -> None:
    """Lock the person whom the mail went to, before anything of theirs: so do all who stop people (no deadlock)."""
    list(Contact.objects.select_for_update(no_key=True).filter(pk=message.contact_id).values_list("pk"))


def _mark(message: Message, stamp: str) -> bool:
    """Lock the message's row and say whether the stamp is still free; `events.record` sets it."""
    row = Message.objects.select_for_update(no_key=True).only(stamp).get(pk=message.pk)
    return getattr(row, stamp) is None


def _end(message: Message, status: EnrolmentStatus, reason: Any, now: datetime) -> None:
    """End the journey of this message, also a completed one (A41), and all running ones of its person."""
    if message.enrolment_id is not None:
        stopping.stop([message.enrolment_id], status=status, reason=reason, now=now, from_statuses=REVISABLE)
    if message.contact_id is not None:
        stopping.stop_people([message.contact_id], status=status, reason=reason, now=now)


def _soft_too_often(message: Message) -> bool:
    earlier = Message.objects.filter(workspace=message.workspace_id, recipient_hash=message.recipient_hash)
    kinds = earlier.filter(sent_at__isnull=False).order_by("-sent_at").values_list("bounce_kind", flat=True)
    last = list(kinds[:SOFT_LIMIT])
    return len(last) == SOFT_LIMIT and all(last)


def refused(message: Message, *, kind: str, now: datetime, metadata: Mapping[str, Any]) -> None:
    """The server did not take the mail, because of its recipient: a bounce of a mail that was never accepted."""
    with transaction.atomic():
        hold_person(message)
        if not Message.objects.filter(pk=message.pk, bounce_kind="").update(bounce_kind=kind):
            return
        details = {**metadata, "bounceType": kind}
        events.record([Happening(EventType.BOUNCED, now, message=message, metadata=details)])
        if kind == HARD:
            end_bounced(message, now=now)
        else:
            _end(message, EnrolmentStatus.BOUNCED, _("The server put the mail off for too long."), now)
