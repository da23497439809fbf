"""Sends every mail of the product: at most once to the recipient, and doubt is visible.

Claim, render, connect, open, transmit, settle (design.md section 3, reliability.md section 3). Each step is committed
before the next begins, so a sender may die anywhere. No network inside a transaction; no write without the fence.
"""

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self
from uuid import UUID

import structlog
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q, QuerySet

from campaigns import journal, settling
from campaigns.enums import MessageState
from campaigns.mail import rendering
from campaigns.mail.enclosures import Enclosures
from campaigns.mail.rendering import Unrenderable
from campaigns.models import Message
from campaigns.settling import Held
from fluenzr.core import clock, jobs
from fluenzr.mailboxes import health, transports
from fluenzr.mailboxes.models import Account
from fluenzr.mailboxes.transports.base import Outcome, Parcel, Receipt, Transport, TransportDown

log = structlog.get_logger(__name__)

# A task stops claiming after this long, so that stopping is quick and accounts take turns.
CLAIM_FOR_SECONDS = 5.0
# How late a mail may be for its slot.
SLOT_LASTS = timedelta(minutes=15)
# How long the answer of a server is offered to a database that does not take it; then recovery has the journal.
SETTLE_FOR_SECONDS = 45.0


def send_account(account_id: UUID) -> int:
    """Send what is due from one account, until nothing is or the time is up; return how many receipts came."""
    owner = str(journal.mine().owner)
    account = take_account(account_id, owner=owner)
    if account is None:
        return 0
    try:
        with _Keeper(account.pk, owner):
            return _Sender(account, owner).run()
    finally:
        release_account(account.pk, owner=owner)


def take_account(account_id: UUID, *, owner: str) -> Account | None:
    """Become the one sender of an account, or return None when it has one or may not send now."""
    now = clock.database_now()
    free = Q(sender="") | Q(sender_until__lt=now)
    ready = Q(retry_at__isnull=True) | Q(retry_at__lte=now)
    rows = Account.objects.usable().filter(free, ready, pk=account_id)
    if not rows.update(sender=owner, sender_until=now + _lease()):
        return None
    account: Account = Account.objects.select_related("workspace").get(pk=account_id)
    return account


def release_account(account_id: UUID, *, owner: str) -> None:
    """Let another sender take the account; a database that is away frees it by the lease."""
    with suppress(DatabaseError):
        Account.objects.filter(pk=account_id, sender=owner).update(sender="", sender_until=None)


def claim(account: Account, *, owner: str, count: int, now: datetime) -> list[Message]:
    """Take up to `count` due messages of an account for this sender.

    The UPDATE repeats the condition: SQLite ignores row locks silently, so the WHERE alone must suffice.
    """
    with transaction.atomic():
        # An account that got into trouble sends nothing more, not even for the sender that holds it.
        usable = Account.objects.usable().filter(pk=account.pk)
        due = Message.objects.to_claim(now).filter(account__in=usable).order_by("not_before", "id")
        rows = list(
            due.select_related("campaign").select_for_update(no_key=True, skip_locked=True, of=("self",))[:count]
        )
        over = [row.pk for row in rows if _missed_its_slot(row, now)]
        if over:
            Message.objects.to_claim(now).filter(pk__in=over).update(has_slot=False, not_before=now)
        keys = [row.pk for row in rows if row.pk not in over]
        Message.objects.to_claim(now).filter(pk__in=keys).update(
            state=MessageState.CLAIMED, fence=F("fence") + 1, owner=owner, lease_until=now + _lease()
        )
        mine = Message.objects.filter(pk__in=keys, owner=owner, state=MessageState.CLAIMED)
        return list(mine.select_related("workspace", "campaign").order_by("not_before", "id"))


def _missed_its_slot(message: Message, now: datetime) -> bool:
    """Whether a mail of a sequence is too late for its slot: the planner gives it another, inside hours and limits.

    What a person sends again, knowingly, goes at once.
    """
    if message.campaign is None or message.sent_at is not None:
        return False
    return now - message.not_before > SLOT_LASTS or not message.campaign.window().is_open(now)


def _lease() -> timedelta:
    return timedelta(seconds=settings.FLUENZR_LEASE_SECONDS)


class _Sender:
    """One sender's loop over one account."""

    def __init__(self, account: Account, owner: str) -> None:
        self.account, self.owner = account, owner
        self.held: dict[UUID, Held] = {}
        self.opened: set[UUID] = set()

    def run(self) -> int:
        transport = transports.of(self.account)
        deadline, done = time.monotonic() + CLAIM_FOR_SECONDS, 0
        try:
            while time.monotonic() < deadline and not jobs.stopping():
                now = clock.database_now()
                messages = claim(self.account, owner=self.owner, count=transport.batch, now=now)
                if not messages:
                    break
                done += self._deliver(transport, messages)
        except TransportDown as trouble:
            self._put_back_all()
            health.down(self.account, kind=trouble.kind, text=trouble.text, now=clock.database_now())
        else:
            if done:
                health.up(self.account)
        finally:
            transport.close()
        return done

    def _deliver(self, transport: Transport, messages: Sequence[Message]) -> int:
        self.held = {message.pk: Held(message, message.fence) for message in messages}
        self.opened = set()
        files = rendering.enclosures(messages)
        count = 0
        for portion in rendering.portions(messages, files):
            parcels = self._parcels(portion, files)
            for receipt in transport.deliver(parcels, self._open) if parcels else ():
                held = self.held.pop(receipt.id)
                if receipt.outcome is not Outcome.UNOPENED:
                    journal.mine().answered(receipt, held.fence)
                self._settle(held, receipt)
                count += 1
        self._put_back_all()
        return count

    def _parcels(self, messages: Sequence[Message], files: Enclosures) -> list[Parcel]:
        """Render: freeze what has no frozen values yet, and make the bytes."""
        now = clock.database_now()
        fresh = [message for message in messages if message.frozen is None and message.content is None]
        for key, result in rendering.prepare(fresh, now=now).items() if fresh else ():
            held = self.held[key]
            if isinstance(result, Unrenderable):
                settling.fail(self.held.pop(key), reason=result.reason, now=now)
            elif not _freeze(held, result, now):
                self.held.pop(key)  # stopped meanwhile
        ready = [message for message in messages if message.pk in self.held]
        contents = rendering.compose(ready, files) if ready else {}
        return [
            Parcel(
                id=message.pk,
                sender=self.account.email,
                recipient=message.recipient,
                content=contents[message.pk],
                message_id=message.message_id,
                subject=message.subject,
            )
            for message in ready
        ]

    def _open(self, ids: Sequence[UUID]) -> set[UUID]:
        """Commit `sending` for those that nobody stopped, and note them in the journal; only they may be sent."""
        now = clock.database_now()
        rows = Message.objects.filter(pk__in=ids, owner=self.owner)
        fenced = Q()
        for key in ids:
            fenced |= Q(pk=key, fence=self.held[key].fence)
        try:
            with transaction.atomic():
                claimed = rows.filter(fenced, state=MessageState.CLAIMED)
                claimed.update(state=MessageState.SENDING, sending_at=now, lease_until=now + _lease())
                opened = set(rows.filter(fenced, state=MessageState.SENDING).values_list("pk", flat=True))
        except DatabaseError:
            opened = self._reread(rows.filter(fenced, state=MessageState.SENDING, sending_at=now))
        for key in opened:
            self.held[key].message.sending_at = now
            journal.mine().begun(key, self.held[key].fence)
        self.opened |= opened
        return opened

    def _reread(self, rows: QuerySet[Message]) -> set[UUID]:
        """The answer to COMMIT was lost: go on only with what the row says, and with nothing if it cannot be read."""
        connection.close()
        try:
            return set(rows.values_list("pk", flat=True))
        except DatabaseError:
            return set()

    def _settle(self, held: Held, receipt: Receipt) -> None:
        """Settle, again and again while the database is away: the server's answer must not be forgotten."""
        deadline = time.monotonic() + SETTLE_FOR_SECONDS
        pause = 0.1
        while True:
            try:
                settling.settle(held, receipt, now=clock.database_now())
                return
            except DatabaseError:
                connection.close()
                if time.monotonic() + pause > deadline:
                    log.warning("settle_left_to_recovery", message=str(held.message.pk))
                    return
                time.sleep(pause)
                pause = min(pause * 2, 5.0)

    def _put_back_all(self) -> None:
        now = clock.database_now()
        for held in self.held.values():
            if held.message.pk in self.opened:
                settling.doubt(held.message, fence=held.fence, reason="", now=now)
            else:
                settling.put_back(held, now=now)
        self.held = {}


def _freeze(held: Held, frozen: rendering.Frozen, now: datetime) -> bool:
    """Keep the values that make this mail again byte for byte, unless the message was stopped meanwhile."""
    message = held.message
    changes = {
        "frozen": frozen.values,
        "frozen_at": now,
        "links": frozen.links,
        "in_reply_to": frozen.in_reply_to,
        "references": frozen.references,
    }
    rows = Message.objects.filter(pk=message.pk, fence=held.fence, state=MessageState.CLAIMED)
    if not rows.update(**changes):
        return False
    for name, value in changes.items():
        setattr(message, name, value)
    return True


class _Keeper:
    """Renews the leases of a sender while it works, also while it waits ten minutes for a server."""

    def __init__(self, account_id: UUID, owner: str) -> None:
        self._account_id, self._owner = account_id, owner
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._done.wait(settings.FLUENZR_LEASE_SECONDS / 4):
                with suppress(DatabaseError):
                    self._renew()
        finally:
            connection.close()

    def _renew(self) -> None:
        until = clock.database_now() + _lease()
        Account.objects.filter(pk=self._account_id, sender=self._owner).update(sender_until=until)
        states = (MessageState.CLAIMED, MessageState.SENDING)
        Message.objects.filter(owner=self._owner, state__in=states).update(lease_until=until)
