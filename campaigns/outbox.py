"""Sends every mail of the product: at most once to the recipient, and doubt is visible.

Claim, render, connect, open, transmit, settle (design.md section 3, reliability.md section 3). Each step is committed
before the next begins, so a sender may die anywhere. No network inside a transaction; no write without the fence.
"""

import time
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime
from uuid import UUID

from django.db import connection

from campaigns import births, journal, scheduler, settling
from campaigns.claiming import Keeper, claim, lease_end, release_account, take_account
from campaigns.desk import Desk
from campaigns.enums import MessageState
from campaigns.mail import rendering
from campaigns.mail.rendering import Frozen, Made, Unrenderable
from campaigns.models import Message
from campaigns.settling import Held, Settlement
from fluenzr.core import bulk, clock, collector, jobs
from fluenzr.mailboxes import health, transports
from fluenzr.mailboxes.models import Account
from fluenzr.mailboxes.transports.base import Outcome, Parcel, Transport, TransportDown

# A task stops claiming after this long where another waits for its worker, and after the longest turn in any case.
CLAIM_FOR_SECONDS = 5.0
LONGEST_SECONDS = 60.0


def send_account(account_id: UUID) -> int:
    """Send what is due from one account, until nothing is or the time is up; return how many receipts came."""
    owner = str(journal.mine().owner)
    account = take_account(account_id, owner=owner)
    if account is None:
        return 0
    try:
        with Keeper({account.pk}, owner), collector.seldom():
            return Sender(account, owner).run()
    finally:
        release_account(account.pk, owner=owner)


class _Batch:
    """Mails that are held together; `held` loses each as soon as it is known what became of it."""

    def __init__(self, messages: Sequence[Message] = ()) -> None:
        self.held = {message.pk: Held(message, message.fence) for message in messages}
        self.parcels: list[Parcel] = []
        self.begun: set[UUID] = set()


class Sender:
    """One sender's loop over one account, at a desk of its own or at one that it shares.

    At its own, where that helps, the next batch is made and the last one is written down while one is on its way.
    """

    def __init__(self, account: Account, owner: str, desk: Desk | None = None) -> None:
        self.account, self.owner = account, owner
        self.transport: Transport = transports.of(account)
        self.clock = clock.Carried()
        self.batch = _Batch()
        self.waiting: deque[list[Message]] = deque()  # claimed, and too heavy to be made together
        self.until = self.ends = 0.0  # when no more is taken, and when at the latest, by the steady clock
        # SQLite writes one thing at a time, and threads would only wait for each other.
        is_apart = self.transport.in_bulk and connection.vendor == "postgresql" and not connection.in_atomic_block
        self.shares = desk is not None
        self.desk = desk or Desk(owner=owner, is_apart=is_apart)
        self.looks_ahead = is_apart

    def run(self) -> int:
        """Send what is due, until nothing is or the time is up; return how many receipts came."""
        try:
            return self._run()
        finally:
            if not self.shares:
                self.desk.close()

    def _run(self) -> int:
        done, begun_at = 0, time.monotonic()
        self.until, self.ends = begun_at + CLAIM_FOR_SECONDS, begun_at + LONGEST_SECONDS
        following: Future[_Batch] | None = None
        trouble: TransportDown | None = None
        maker = self.desk.maker
        try:
            batch = maker.do(self._next).result()
            while batch.held:
                following = maker.do(self._next) if self.looks_ahead else None
                done += self._deliver(batch)
                batch = (following or maker.do(self._next)).result()
                following = None
        except TransportDown as down:
            trouble = down
        finally:
            self._end(following)
        self.desk.writer.do(self._note, done, trouble).result()
        return done

    def _note(self, done: int, trouble: TransportDown | None) -> None:
        """Remember how the account does."""
        now = clock.database_now()
        if trouble is not None:
            health.down(self.account, kind=trouble.kind, text=trouble.text, now=now)
        elif done:
            health.up(self.account)
        if done:
            health.note_sent(self.account.pk, now=now)

    def _end(self, following: "Future[_Batch] | None") -> None:
        """Give back what was not sent."""
        self.transport.close()
        self._put_back(self.batch)
        if following is not None:
            self._put_back(following.result())
        for messages in self.waiting:
            self._put_back(_Batch(messages))

    def _next(self) -> _Batch:
        """Take and make what goes next; an empty batch when nothing is due or the time is up."""
        now = self.clock.read()
        if not self.waiting and self._has_time() and not jobs.stopping():
            messages = claim(self.account, owner=self.owner, count=self.transport.batch, now=now)
            if not messages and self.transport.in_bulk:
                return self._born(now)
            self.waiting.extend(rendering.portions(messages, rendering.enclosures(messages)))
        return self._made(self.waiting.popleft(), now) if self.waiting else _Batch()

    def _has_time(self) -> bool:
        """Whether it is still this account's turn: the next sender would have to dial and sign in again."""
        if time.monotonic() >= self.until and self.until < self.ends and not jobs.is_crowded("send"):
            self.until = min(self.until + CLAIM_FOR_SECONDS, self.ends)
        return time.monotonic() < self.until

    def _born(self, now: datetime) -> _Batch:
        """Take mails that nobody planned before, as bulk lanes have them; they are made already."""
        until, count = lease_end(now), self.transport.batch
        born = scheduler.take(self.account.pk, owner=self.owner, lease_until=until, now=now, count=count)
        batch = _Batch([message for message, _made in born])
        for message, made in born:
            self._take_in(batch, message, made, now)
        return batch

    def _made(self, messages: Sequence[Message], now: datetime) -> _Batch:
        """Make claimed mails: what is fresh is frozen, what was tried before is the same again."""
        batch = _Batch(messages)
        files = rendering.enclosures(messages)
        fresh = [message for message in messages if message.frozen is None and message.content is None]
        made = rendering.make(fresh, files, now=now) if fresh else {}
        frozen = _freeze({batch.held[key]: one.frozen for key, one in made.items() if isinstance(one, Made)}, now)
        old = [message for message in messages if message.pk not in made]
        contents = rendering.compose(old, files) if old else {}
        for message in messages:
            one = made.get(message.pk)
            if one is None:
                batch.parcels.append(self._parcel(message, contents[message.pk]))
            elif isinstance(one, Made) and message.pk not in frozen:
                batch.held.pop(message.pk)  # stopped meanwhile
            else:
                self._take_in(batch, message, one, now)
        return batch

    def _take_in(self, batch: _Batch, message: Message, made: Made | Unrenderable, now: datetime) -> None:
        if isinstance(made, Unrenderable):
            settling.fail(batch.held.pop(message.pk), reason=made.reason, now=now)
        else:
            batch.parcels.append(self._parcel(message, made.content))

    def _parcel(self, message: Message, content: bytes) -> Parcel:
        return Parcel(
            id=message.pk,
            sender=self.account.email,
            recipient=message.recipient,
            content=content,
            message_id=message.message_id,
            subject=message.subject,
        )

    def _deliver(self, batch: _Batch) -> int:
        self.batch, count = batch, 0
        if batch.parcels:
            for receipt in self.transport.deliver(batch.parcels, self._open, self._begun):
                held = batch.held.pop(receipt.id)
                if receipt.outcome is not Outcome.UNOPENED:
                    journal.mine().answered(receipt, held.fence)
                self.desk.answers.add(Settlement(held, receipt))
                count += 1
                if receipt.outcome is Outcome.UNOPENED and not self.transport.in_bulk and jobs.stopping():
                    break  # a mailbox that hangs up for each mail that is not to be sent would dial for the next
        self._put_back(batch)
        return count

    def _open(self, ids: Sequence[UUID]) -> set[UUID]:
        """Commit `sending` for those that nobody stopped; only they may be sent. None when it is time to end."""
        self.desk.answers.write_down()
        if jobs.stopping():
            return set()
        return self.desk.open([self.batch.held[key] for key in ids], now=self.clock.now())

    def _begun(self, key: UUID) -> None:
        journal.mine().begun(key, self.batch.held[key].fence)
        self.batch.begun.add(key)

    def _put_back(self, batch: _Batch) -> None:
        if batch.held:
            self.desk.writer.do(_give_back, batch, self.clock.now()).result()


def _give_back(batch: _Batch, now: datetime) -> None:
    """Give back what was not sent; of a mail whose body was begun nobody knows whether it was."""
    for key in batch.begun & batch.held.keys():
        held = batch.held.pop(key)
        settling.doubt(held.message, fence=held.fence, reason="", now=now)
    settling.put_back_all(list(batch.held.values()), now=now)
    batch.held.clear()


def _freeze(frozen: Mapping[Held, Frozen], now: datetime) -> set[UUID]:
    """Keep the values that make mails again byte for byte; return the messages that nobody stopped meanwhile."""
    columns = ("frozen", "links", "in_reply_to", "references")
    rows = [
        (one.values, one.links, one.in_reply_to, one.references, held.fence, held.key) for held, one in frozen.items()
    ]
    where = {"state": MessageState.CLAIMED}
    kept = bulk.update_where(Message, columns, rows, matching=("fence",), where=where, same={"frozen_at": now})
    for held, one in frozen.items():
        births.freeze(held.message, one, now=now)
    return kept
