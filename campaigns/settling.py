"""Writes down what became of a message: one transaction each, fenced, and right when it comes late or twice."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from campaigns import engine, events, outcomes, stopping, tallies
from campaigns.enums import EnrolmentStatus, EventType, MessageState
from campaigns.events import Happening
from campaigns.models import Enrolment, Message
from fluenzr.core.errors import Text
from fluenzr.mailboxes import health
from fluenzr.mailboxes.transports.base import Outcome, Receipt
from fluenzr.mailboxes.verdicts import Verdict

# After a temporary refusal (semantics, section 10); then every eight hours until it is given up.
RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 45, 120, 240, 480))
JITTER = 0.2
GIVE_UP_AFTER = timedelta(hours=72)


@dataclass(frozen=True)
class Held:
    """A message as its sender holds it: nothing is written unless its row still carries this fence."""

    message: Message
    fence: int


def settle(held: Held, receipt: Receipt, *, now: datetime) -> bool:
    """Write down the receipt and let the journey go on; False when the row was settled or taken over meanwhile.

    A late acceptance wins over `uncertain`: whoever recovered the row could not know.
    """
    with transaction.atomic():
        if receipt.outcome is Outcome.ACCEPTED:
            return _sent(held, receipt, now)
        if receipt.outcome is Outcome.UNKNOWN:
            return doubt(held.message, fence=held.fence, reason=receipt.text, now=now)
        # The mail may still be taken back by a stop, which locks person, journey and mails in this order: so do we.
        outcomes.hold_person(held.message)
        list(Enrolment.objects.select_for_update(no_key=True).filter(pk=held.message.enrolment_id).values_list("pk"))
        if receipt.outcome is Outcome.UNOPENED:
            return put_back(held, now=now)
        if receipt.outcome is Outcome.DEFERRED or receipt.verdict is Verdict.SOFT:
            return _deferred(held, receipt, now)
        return _refused(held, receipt, now)


def _write(held: Held, *states: str, **changes: Any) -> bool:
    rows = Message.objects.filter(pk=held.message.pk, fence=held.fence, state__in=states)
    if not rows.update(owner="", lease_until=None, **changes):
        return False
    for name, value in changes.items():
        setattr(held.message, name, value)
    return True


def _sent(held: Held, receipt: Receipt, now: datetime) -> bool:
    message = held.message
    before = Message.objects.filter(pk=message.pk).values_list("state", "sent_at").get()
    changes = {
        "state": MessageState.SENT,
        "sent_at": now,
        "settled_at": now,
        "reason": "",
        "smtp_code": receipt.code,
        "smtp_text": receipt.text[:1000],
        "provider_message_id": receipt.provider_message_id[:255],
    }
    if not _write(held, MessageState.SENDING, MessageState.UNCERTAIN, **changes):
        return False
    if before[0] == MessageState.UNCERTAIN and message.campaign_id is not None:
        tallies.take_people(message.campaign_id, "uncertain", 1)
    if before == (MessageState.SENDING, None):  # else it was counted as sent when the doubt arose
        metadata = {"subject": message.subject} if message.subject else {}
        events.record([Happening(EventType.SENT, now, message=message, metadata=metadata)])
    _note_use(message, now)
    engine.settled([message], now=now)
    return True


def _note_use(message: Message, now: datetime) -> None:
    health.note_sent(message.account_id, now=now)


def doubt(message: Message, *, fence: int, reason: str, now: datetime) -> bool:
    """A body was begun and no answer is known: it counts as sent, shows as uncertain, and is never sent again by us."""
    held = Held(message, fence)
    text = reason or str(_("The connection ended before the server answered."))
    changes = {"state": MessageState.UNCERTAIN, "settled_at": now, "reason": text[:400]}
    with transaction.atomic():
        if not _write(held, MessageState.SENDING, **changes):
            return False
        if message.sent_at is None:
            at = message.sending_at or now
            events.record([Happening(EventType.UNCERTAIN, at, message=message, metadata={"reason": text})])
        elif message.campaign_id is not None:  # a person had it sent again: it counts as sent already
            tallies.add_people(message.workspace_id, message.campaign_id, "uncertain", 1)
        engine.settled([message], now=now)
    return True


def put_back(held: Held, *, now: datetime) -> bool:
    """Nothing was said about the message to anybody: it waits for a sender again."""
    return _write(held, MessageState.CLAIMED, MessageState.SENDING, state=MessageState.QUEUED, not_before=now)


def _deferred(held: Held, receipt: Receipt, now: datetime) -> bool:
    message = held.message
    if now - message.created_at >= GIVE_UP_AFTER:
        return _given_up(held, receipt, now)
    wait = RETRY_AFTER[min(message.attempts, len(RETRY_AFTER) - 1)]
    # Spread around the wait, and never before it (reliability.md S6).
    wait += timedelta(seconds=random.uniform(0, JITTER) * wait.total_seconds())
    return _write(
        held,
        MessageState.CLAIMED,
        MessageState.SENDING,
        state=MessageState.QUEUED,
        not_before=now + wait,
        has_slot=message.campaign_id is None,  # hours and limits hold for another try too
        attempts=message.attempts + 1,
        smtp_code=receipt.code,
        smtp_text=receipt.text[:1000],
    )


def _given_up(held: Held, receipt: Receipt, now: datetime) -> bool:
    if not _failed(held, receipt, now):
        return False
    outcomes.refused(held.message, kind=outcomes.SOFT, now=now, metadata={"bounceReason": receipt.text})
    return True


def _refused(held: Held, receipt: Receipt, now: datetime) -> bool:
    """5xx: the address, this mail, or our own mailbox is at fault (reliability.md S7)."""
    if receipt.verdict is Verdict.POLICY:
        if not put_back(held, now=now):
            return False
        health.trouble(held.message.account_id, reason=receipt.text, now=now)
        return True
    if not _failed(held, receipt, now):
        return False
    if receipt.verdict is Verdict.HARD:
        outcomes.refused(held.message, kind=outcomes.HARD, now=now, metadata={"bounceReason": receipt.text})
    else:
        _end_in_error(held.message, _("The server refused the mail: %(text)s") % {"text": receipt.text}, now)
    return True


def _failed(held: Held, receipt: Receipt, now: datetime) -> bool:
    return _write(
        held,
        MessageState.CLAIMED,
        MessageState.SENDING,
        state=MessageState.FAILED,
        settled_at=now,
        reason=receipt.text[:400],
        smtp_code=receipt.code,
        smtp_text=receipt.text[:1000],
    )


def fail(held: Held, *, reason: Text, now: datetime) -> bool:
    """The mail cannot be made: the message fails and the person stops with that reason."""
    with transaction.atomic():
        changes = {"state": MessageState.FAILED, "settled_at": now, "reason": str(reason)[:400]}
        if not _write(held, MessageState.CLAIMED, **changes):
            return False
        _end_in_error(held.message, reason, now)
    return True


def _end_in_error(message: Message, reason: Text, now: datetime) -> None:
    events.record([Happening(EventType.FAILED, now, message=message, metadata={"reason": str(reason)})])
    if message.enrolment_id is not None:
        stopping.stop([message.enrolment_id], status=EnrolmentStatus.ERROR, reason=reason, now=now)
