"""Several mailboxes in one process: each opens one mail at a time and waits for its server, but not for the others.

Each mailbox has its sender in a thread, where the server may be as slow as it likes. What the senders want of the
database is done for all of them together, over four connections however many they are: the calling thread opens, one
makes, one writes down, one renews the leases. So one commit opens a mail of every mailbox that is ready for its next.
"""

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from queue import Empty, SimpleQueue
from uuid import UUID

import structlog
from django.db import DatabaseError, connection

from campaigns import journal, outbox, senders
from campaigns.claiming import Keeper, release_account, take_account
from campaigns.desk import Desk, commit_open
from campaigns.settling import Held
from fluenzr.core import clock, collector, jobs
from fluenzr.mailboxes.models import Account

log = structlog.get_logger(__name__)

# So long a fleet takes up other mailboxes that wait, as those of one campaign are not asked for all at once.
BOARDING_SECONDS = 5.0
# And so long while all of its own only finish what they hold: one server that owes an answer must not hold a worker.
WAITING_SECONDS = 600.0
_LOOK_SECONDS = 1.0
# What was answered is written down by then, whatever the senders do.
_TICK_SECONDS = 0.2


def send(accounts: Sequence[UUID]) -> int:
    """Send what is due from these mailboxes, and from others that wait meanwhile; return how many receipts came."""
    owner = str(journal.mine().owner)
    fleet = _Fleet(owner)
    with Keeper(fleet.crew.keys(), owner), collector.seldom():
        return fleet.run(accounts)


class _Opening:
    """What one sender wants to open, and where it waits for the answer: the keys of what was, or an error."""

    def __init__(self, mails: Sequence[Held], now: datetime) -> None:
        self.mails, self.now = mails, now
        # A tenth of the processor time of a Future.
        self.answer: SimpleQueue[set[UUID] | Exception] = SimpleQueue()


class _SharedDesk(Desk):
    """A desk for many senders, served by the thread that made it."""

    def __init__(self, *, owner: str) -> None:
        super().__init__(owner=owner, is_apart=True)
        self._asked: SimpleQueue[_Opening | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._is_refusing = False

    def open(self, mails: Sequence[Held], *, now: datetime) -> set[UUID]:
        """Wait until these are opened together with what others ask for."""
        opening = _Opening(mails, now)
        with self._lock:
            if self._is_refusing:
                return set()
            self._asked.put(opening)
        answer = opening.answer.get()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def wake(self) -> None:
        """Let whoever serves look around."""
        self._asked.put(None)

    def serve(self) -> None:
        """Wait a little for senders that want to open a mail, and open for all that ask by then in one commit."""
        openings = self._openings(patience=_TICK_SECONDS)
        if openings:
            self._open(openings)
        self.answers.write_down()

    def refuse(self) -> None:
        """Open nothing more."""
        with self._lock:
            self._is_refusing = True
        for opening in self._openings(patience=0.0):
            opening.answer.put(set())

    def _openings(self, *, patience: float) -> list[_Opening]:
        asked: list[_Opening | None] = []
        with suppress(Empty):
            asked.append(self._asked.get(timeout=patience))
            while True:
                asked.append(self._asked.get_nowait())
        return [opening for opening in asked if opening is not None]

    def _open(self, openings: Sequence[_Opening]) -> None:
        mails = [held for opening in openings for held in opening.mails]
        try:
            opened = commit_open(mails, owner=self.owner, now=max(opening.now for opening in openings))
        except Exception as error:
            for opening in openings:
                opening.answer.put(error)
            return
        for opening in openings:
            opening.answer.put({held.key for held in opening.mails} & opened)


class _Member:
    """A mailbox of a fleet, and the thread in which it waits for its server."""

    def __init__(self, account: Account, desk: _SharedDesk) -> None:
        self.sender = outbox.Sender(account, desk.owner, desk)
        self.done = 0
        self.error: Exception | None = None
        self.is_over = False
        self._desk = desk
        self.thread = threading.Thread(target=self._run, name="mailbox", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            self.done = self.sender.run()
        except Exception as error:
            self.error = error
        finally:
            # The desk has those that are needed; one that was made here by mistake must not stay.
            connection.close()
            self.is_over = True
            self._desk.wake()


class _Fleet:
    def __init__(self, owner: str) -> None:
        self.crew: dict[UUID, _Member] = {}
        self._owner = owner
        self._desk = _SharedDesk(owner=owner)
        self._begun_at = self._looked_at = time.monotonic()
        self._done = 0
        self._error: Exception | None = None

    def run(self, accounts: Sequence[UUID]) -> int:
        try:
            self._board(accounts)
            while self.crew:
                self._desk.serve()
                self._part()
                self._look_around()
        finally:
            self._disband()
        if self._error is not None:
            raise self._error
        return self._done

    def _board(self, accounts: Sequence[UUID]) -> None:
        """Take these mailboxes, but those that have a sender or may not send now."""
        for key in accounts:
            account = take_account(key, owner=self._owner)
            if account is not None:
                try:
                    self.crew[key] = _Member(account, self._desk)
                except BaseException:
                    release_account(key, owner=self._owner)
                    raise

    def _part(self) -> None:
        """Let go of the mailboxes that are done, so that others may take them."""
        for key, member in list(self.crew.items()):
            if member.is_over:
                del self.crew[key]
                release_account(key, owner=self._owner)
                self._done += member.done
                if member.error is not None:
                    log.error("mailbox_failed", account=str(key), exc_info=member.error)
                    self._error = self._error or member.error

    def _look_around(self) -> None:
        """Take up mailboxes that wait for a worker, while there is time and room for them."""
        now = time.monotonic()
        if now - self._looked_at < _LOOK_SECONDS:
            return
        self._looked_at = now
        room = senders.TOGETHER - len(self.crew)
        if room <= 0 or not self._is_boarding(now) or jobs.stopping():
            return
        with suppress(DatabaseError):
            wanted = senders.of_mailboxes(senders.wanted(clock.database_now()))
            self._board(list(wanted.values_list("pk", flat=True)[:room]))

    def _is_boarding(self, now: float) -> bool:
        age = now - self._begun_at
        are_finishing = all(member.sender.until < now for member in self.crew.values())
        return age < BOARDING_SECONDS or (are_finishing and age < WAITING_SECONDS)

    def _disband(self) -> None:
        self._desk.refuse()
        try:
            for member in self.crew.values():
                member.thread.join()
            self._part()
        finally:
            self._desk.close()
