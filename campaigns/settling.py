"""Writes down what became of messages: fenced, and right when it comes late or twice."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from campaigns import acceptance, engine, events, outcomes, stopping, tallies
from campaigns.enums import EnrolmentStatus, EventType, MessageState
from campaigns.events import Happening
from campaigns.models import Enrolment, Message
from fluenzr.core import bulk
from fluenzr.core.errors import Text
from fluenzr.mailboxes import health
from fluenzr.mailboxes.transports.base import Outcome, Receipt
from fluenzr.mailboxes.verdicts import Verdict

# After a temporary refusal (semantics, section 10); then every eight hours until it is given up.
RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 45, 120, 240, 480))
JITTER = 0.2
GIVE_UP_AFTER = timedelta(hours=72)
# What a message says that no sender holds.
_FREE: dict[str, Any] = {"owner": ""}


@dataclass(frozen=True)
class Held:
    """A message as its sender holds it: nothing is written unless its row still carries this fence."""

    message: Message
    fence: int

    @property
    def key(self) -> UUID:
        """The message's."""
        key: UUID = self.message.pk
        return key


@dataclass(frozen=True)
class Settlement:
    """A message and the answer that came for it."""

    held: Held
    receipt: Receipt


def settle_all(pairs: Sequence[Settlement], *, now: datetime) -> None:
    """Settle many messages: those that were simply accepted, or not opened, at once, all others one by one."""
    accepted = {
        one.held.message.enrolment_id or one.held.key: one for one in pairs if one.receipt.outcome is Outcome.ACCEPTED
    }
    unopened = [one.held for one in pairs if one.receipt.outcome is Outcome.UNOPENED]
    put_back_all(unopened, now=now)
    done = {held.key for held in unopened}
    if accepted:
        with transaction.atomic():
            done |= _accepted(list(accepted.values()), now)
    for one in pairs:
        if one.held.key not in done:
            settle(one.held, one.receipt, now=now)


def settle(held: Held, receipt: Receipt, *, now: datetime) -> bool:
    """Write down the receipt and let the journey go on; False when the row was settled or taken over meanwhile.

    A late acceptance wins over `uncertain`: whoever recovered the row could not know.
    """
    with transaction.atomic():
        if receipt.outcome is Outcome.ACCEPTED:
            return bool(_accepted([Settlement(held, receipt)], now)) or _accepted_late(held, receipt, now)
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
    if not rows.update(**_FREE, **changes):
        return False
    _note(held.message, changes)
    return True


def _sent(now: datetime) -> dict[str, Any]:
    return {"state": MessageState.SENT, "sent_at": now, "settled_at": now, "reason": ""}


def _told(receipt: Receipt) -> dict[str, Any]:
    """Return the columns of what the server said."""
    return {"smtp_code": receipt.code, "smtp_text": receipt.text[:1000]}


def _named(receipt: Receipt) -> dict[str, Any]:
    """Return the column of what the server calls the mail."""
    return {"provider_message_id": receipt.provider_message_id[:255]}


def _note(message: Message, changes: Mapping[str, Any]) -> None:
    for name, value in changes.items():
        setattr(message, name, value)


def _accepted(pairs: Sequence[Settlement], now: datetime) -> set[UUID]:
    """Write down, in a fixed number of statements, that mails were accepted; return those that were this simple.

    Not so are those of which a doubt was written down before, those that a person had sent again, and those whose row
    was taken over meanwhile.
    """
    told = {one.held.key: _told(one.receipt) | _named(one.receipt) for one in pairs}
    columns = ("smtp_code", "smtp_text", "provider_message_id")
    rows = [
        (*(told[one.held.key][name] for name in columns), one.held.fence, one.held.key)
        for one in sorted(pairs, key=lambda one: one.held.key)
    ]
    where = {"state": MessageState.SENDING, "sent_at": None}
    changes = _sent(now)
    written = bulk.update_where(Message, columns, rows, matching=("fence",), where=where, same=changes | _FREE)
    sent = [one for one in pairs if one.held.key in written]
    for one in sent:
        _note(one.held.message, changes | told[one.held.key])
    if sent:
        acceptance.record([one.held.message for one in sent], now=now)
    return written


def _accepted_late(held: Held, receipt: Receipt, now: datetime) -> bool:
    """A mail was accepted that counts as sent already: it was in doubt, or a person had it sent again."""
    message = held.message
    was_doubted = Message.objects.filter(pk=message.pk, state=MessageState.UNCERTAIN).exists()
    changes = _sent(now) | _told(receipt) | _named(receipt)
    if not _write(held, MessageState.SENDING, MessageState.UNCERTAIN, **changes):
        return False
    if was_doubted and message.campaign_id is not None:
        tallies.take_people(message.campaign_id, "uncertain", 1)
    engine.settled([message], now=now)
    return True


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
    """Nothing was said about the message to anybody: it waits for a sender again.

    Unless a server saw it before, it counts as never opened.
    """
    return _write(
        held, MessageState.CLAIMED, MessageState.SENDING, **_waiting_again(is_new=_is_new(held.message), now=now)
    )


def put_back_all(messages: Sequence[Held], *, now: datetime) -> None:
    """Put many messages back, in a few statements; see `put_back`."""
    for is_new in (True, False):
        rows = sorted((held.key, held.fence) for held in messages if _is_new(held.message) == is_new)
        changes = _waiting_again(is_new=is_new, now=now) | _FREE
        for state in (MessageState.CLAIMED, MessageState.SENDING):
            given = [(fence, key) for key, fence in rows]
            bulk.update_where(Message, (), given, matching=("fence",), where={"state": state}, same=changes)


def _is_new(message: Message) -> bool:
    """Whether no server has seen it yet."""
    return not message.attempts and message.sent_at is None


def _waiting_again(*, is_new: bool, now: datetime) -> dict[str, Any]:
    changes: dict[str, Any] = {"state": MessageState.QUEUED, "not_before": now}
    return changes | {"sending_at": None} if is_new else changes


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
        **_told(receipt),
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
        **_told(receipt),
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
