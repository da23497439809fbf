"""The door of an own relay or of an ESP, for mail in bulk: some connections at once, each a pipeline.

What is opened is what the connections take next, at most 50 mails in one commit. A body is begun only after that, after
its own 354, and after `begun` has noted it, so what a kill or a lost connection leaves in doubt is at most one mail a
connection. What was opened and not begun is harmless: it goes to another connection, or back.
"""

import selectors
import time
import uuid
from collections import deque
from collections.abc import Iterator, Sequence
from typing import ClassVar

from fluenzr.mailboxes.enums import Provider
from fluenzr.mailboxes.envelopes import ascii_address
from fluenzr.mailboxes.models import Account
from fluenzr.mailboxes.transports import answers
from fluenzr.mailboxes.transports.base import (
    Begun,
    Open,
    Outcome,
    Parcel,
    Receipt,
    Transport,
    TransportDown,
    register,
)
from fluenzr.mailboxes.transports.dialling import Dialler
from fluenzr.mailboxes.transports.pipeline import Letter
from fluenzr.mailboxes.transports.session import QUIT_SECONDS, Session, dial
from fluenzr.mailboxes.transports.smtp import door_of
from fluenzr.mailboxes.transports.wires import Wire
from fluenzr.mailboxes.verdicts import Verdict

CONNECTIONS = 8
MAX_MAILS = 1_000
# How many mails one commit opens, at most.
MAX_OPEN = 50
# How often the envelope of a mail may be lost with its connection before the mail waits for a better time.
TRIES = 2
# So many connections in a row that ended before they took a mail: the server does not want any now.
FRUITLESS = 3
# After a connection was not to be had, those that are there do the work so long.
REST_SECONDS = 30.0
_DIAL_POLL_SECONDS = 0.05


class _Work:
    """One call of `deliver`: what waits, what is opened, and what is known."""

    def __init__(self, parcels: Sequence[Parcel], open_: Open, begun: Begun) -> None:
        self.begun = begun
        self.opened: deque[Letter] = deque()
        self.failure: Exception | None = None
        self._waiting = deque(parcels)
        self._open = open_
        self._portion = 0
        self._opened_at = 0.0
        self._senders: dict[str, str] = {}

    @property
    def left(self) -> int:
        """How many mails no connection has taken."""
        return len(self._waiting) + len(self.opened)

    def fail(self, error: Exception) -> None:
        """Begin nothing more; what is on its way is waited for, then the error is raised."""
        self.failure = self.failure or error
        self._waiting.clear()
        self.opened.clear()

    def refill(self, places: int, size_limit: int | None) -> list[Receipt]:
        """Open what the connections take next (they have so many places), once most of what was opened is taken.

        Where that lasts less than a second twice as much is opened, up to MAX_OPEN. More in one commit is quicker; but
        who is stopped between this and the body still gets the mail.
        """
        if not self._waiting or len(self.opened) * 2 >= places:
            return []
        now = time.monotonic()
        quick = now - self._opened_at < 1.0
        self._portion = min(MAX_OPEN, max(places, self._portion * 2 if quick else 0))
        self._opened_at = now
        receipts: list[Receipt] = []
        letters: dict[uuid.UUID, Letter] = {}
        while self._waiting and len(self.opened) + len(letters) < self._portion:
            parcel = self._waiting.popleft()
            made = self._letter(parcel, size_limit)
            if isinstance(made, Receipt):
                receipts.append(made)
            else:
                letters[made.id] = made
        try:
            allowed = self._open(list(letters)) if letters else set()
        except Exception as error:
            self.fail(error)
            return receipts
        for key, letter in letters.items():
            if key in allowed:
                self.opened.append(letter)
            else:
                receipts.append(Receipt(key, Outcome.UNOPENED))
        return receipts

    def _letter(self, parcel: Parcel, size_limit: int | None) -> Letter | Receipt:
        try:
            sender = self._senders.get(parcel.sender) or ascii_address(parcel.sender)
            self._senders[parcel.sender] = sender
            recipient = ascii_address(parcel.recipient)
        except ValueError as error:
            return Receipt(parcel.id, Outcome.REFUSED, None, str(error), Verdict.HARD)
        if size_limit is not None and size_limit < len(parcel.content):
            return answers.too_large(parcel.id, len(parcel.content), size_limit)
        return Letter(parcel.id, sender, recipient, parcel.content)


@register(Provider.RELAY)
class RelayTransport(Transport):
    """An own relay or an ESP. Its connections stay open between the calls of `deliver`."""

    batch: ClassVar[int] = 1_000
    in_bulk: ClassVar[bool] = True

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self._door = door_of(account)
        self._selector = selectors.DefaultSelector()
        self._dialler = Dialler(self._door)
        self._wires: list[Wire] = []
        self._pipelining = True
        self._rests_until = 0.0
        self._fruitless = 0
        self._lost: tuple[int | None, str] = None, ""

    def deliver(self, parcels: Sequence[Parcel], open: Open, begun: Begun) -> Iterator[Receipt]:
        """Send the parcels over all connections at once; the receipts come as the server answers.

        When `open` or `begun` fails nothing more is begun, what is on its way is waited for, and the error is raised.
        """
        work = _Work(parcels, open, begun)
        try:
            yield from self._turn(work, 0.0)  # what hung up or said good-bye meanwhile
            while work.left or any(map(_is_busy, self._wires)):
                self._staff(work.left)
                limits = [wire.size_limit for wire in self._wires if wire.size_limit is not None]
                yield from work.refill(2 * len(self._wires), min(limits, default=None))
                yield from self._feed(work)
                yield from self._turn(work, self._patience(work))
            if work.failure is not None:
                raise work.failure
        finally:
            for wire in filter(_is_busy, self._wires[:]):
                self._drop(wire)

    def probe(self) -> None:
        """Connect and sign in; the connection is kept for what is sent next."""
        self._adopt(dial(self._door))

    def close(self) -> None:
        """Say QUIT on all connections, and wait a little for the answers."""
        self._dialler.close()
        for wire in self._wires:
            if wire.line.is_idle:
                wire.line.leave()
                wire.flush()
        deadline = time.monotonic() + QUIT_SECONDS
        while any(wire.line.is_leaving for wire in self._wires) and time.monotonic() < deadline:
            for key, events in self._selector.select(max(0.0, deadline - time.monotonic())):
                key.data.turn(events)
                if key.data.line.is_over:
                    self._drop(key.data)
        for wire in self._wires[:]:
            self._drop(wire)
        self._selector.close()

    def _staff(self, left: int) -> None:
        """See that there are connections enough for what is left, and at least one.

        The first is made alone: eight logins at once with a wrong password lock accounts out.

        Raises:
            TransportDown: there is none, and none can be made.
        """
        self._welcome(wait=False)
        while left and not self._at_work:
            if self._dialler.under_way:
                self._welcome(wait=True)
            elif self._fruitless >= FRUITLESS:
                self._fruitless = 0
                code, reason = self._lost
                raise TransportDown("limit" if code else "connect", f"{code or ''} {reason}".strip(), permanent=False)
            else:
                self._adopt(dial(self._door))
        missing = min(CONNECTIONS, left) - self._at_work - self._dialler.under_way
        if missing > 0 and time.monotonic() >= self._rests_until:
            self._dialler.start(missing)

    @property
    def _at_work(self) -> int:
        return sum(not wire.line.is_leaving for wire in self._wires)

    def _welcome(self, *, wait: bool) -> None:
        for made in self._dialler.made(wait=wait):
            if isinstance(made, Session):
                self._adopt(made)
            else:
                self._rests_until = time.monotonic() + REST_SECONDS

    def _adopt(self, session: Session) -> None:
        wire = Wire(session, self._selector, pipelining=self._pipelining)
        self._wires.append(wire)
        if wire.line.is_over:
            self._note_end(wire)

    def _patience(self, work: _Work) -> float:
        """How long to wait for news, at most."""
        if work.left and any(wire.line.is_idle for wire in self._wires):
            return 0.0  # the connections wait for us: nothing of what was asked for was opened
        if self._dialler.under_way:
            return _DIAL_POLL_SECONDS
        if not any(map(_is_busy, self._wires)):
            return 0.0  # nobody owes anything: the last that was asked for was not opened
        first = min((wire.deadline for wire in self._wires), default=0.0)
        return min(60.0, max(0.0, first - time.monotonic()))

    def _feed(self, work: _Work) -> list[Receipt]:
        """Give each idle connection a letter."""
        receipts: list[Receipt] = []
        for wire in self._wires[:]:
            line = wire.line
            if not line.is_idle:
                continue
            if line.taken >= MAX_MAILS:
                line.leave()
                receipts += wire.flush()
            elif work.opened:
                line.take(work.opened.popleft())
                receipts += wire.flush()
            if line.is_over:
                receipts += self._end(wire, work)
        return receipts

    def _turn(self, work: _Work, patience: float | None) -> Iterator[Receipt]:
        """Wait for news of the connections and act on them.

        An answer is given away before the next body is begun on its connection: two would be in doubt there if we died
        between.
        """
        news = self._selector.select(patience)
        heard = [key.data for key, _events in news]
        for key, events in news:
            wire: Wire = key.data
            yield from wire.turn(events)
            line = wire.line
            if line.is_ready:
                yield from self._begin(wire, work)
            if line.is_over:
                yield from self._end(wire, work)
            elif line.is_idle and work.opened and line.taken < MAX_MAILS:
                line.take(work.opened.popleft())
                yield from wire.flush()
        if len(news) < len(self._wires):
            now = time.monotonic()
            for wire in self._wires[:]:
                if wire.deadline <= now and wire not in heard:
                    yield from wire.line.end("the server did not answer in time")
                    yield from self._end(wire, work)

    def _begin(self, wire: Wire, work: _Work) -> list[Receipt]:
        """The 354 is there: note it, and write the body with the next envelope behind it."""
        line = wire.line
        letter = line.current
        if letter is None or work.failure is not None:
            return line.end("not to be sent")
        try:
            work.begun(letter.id)
        except Exception as error:
            work.fail(error)
            return line.end("not to be sent")
        goes_on = work.opened and line.pipelining and line.taken < MAX_MAILS
        line.begin(work.opened.popleft() if goes_on else None)
        return wire.flush()

    def _end(self, wire: Wire, work: _Work) -> list[Receipt]:
        """A connection is over: what it had not begun is tried on another, but not for ever."""
        line = wire.line
        self._note_end(wire)
        receipts: list[Receipt] = []
        for letter in () if work.failure is not None else reversed(line.returned):
            letter.tries += 1
            if letter.tries < TRIES:
                work.opened.appendleft(letter)
            else:
                text = f"before the mail was sent: {line.reason}"
                receipts.append(Receipt(letter.id, Outcome.DEFERRED, line.code, text))
        return receipts

    def _note_end(self, wire: Wire) -> None:
        line = wire.line
        self._drop(wire)
        self._pipelining = self._pipelining and not line.ran_ahead
        self._lost = line.code, line.reason
        if line.answered:
            self._fruitless = 0
        elif not line.is_leaving:
            self._fruitless += 1
            self._rests_until = time.monotonic() + REST_SECONDS

    def _drop(self, wire: Wire) -> None:
        wire.close()
        if wire in self._wires:
            self._wires.remove(wire)


def _is_busy(wire: Wire) -> bool:
    """Whether the server owes an answer about a mail."""
    return wire.line.due is not None and not wire.line.is_leaving
