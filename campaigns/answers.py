"""What servers answered, until it is written down: together, once it is much or has waited long."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future

import structlog
from django.db import DatabaseError, connection

from campaigns import settling
from campaigns.overlap import Aside
from campaigns.settling import Settlement
from fluenzr.core import clock

log = structlog.get_logger(__name__)

# So many answers are written down together, or those of so long.
SETTLE_AT = 500
SETTLE_AFTER_SECONDS = 0.5
# How long an answer is offered to a database that does not take it; then recovery has the journal.
SETTLE_FOR_SECONDS = 45.0


class Answers:
    """The answers that some senders got and the database does not know; any of their threads may add one."""

    def __init__(self, writer: Aside) -> None:
        self._writer = writer
        self._lock = threading.Lock()
        self._waiting: list[Settlement] = []
        self._since = 0.0
        self._settling: Future[None] | None = None

    def add(self, settlement: Settlement) -> None:
        """Keep an answer, which the journal has."""
        with self._lock:
            if not self._waiting:
                self._since = time.monotonic()
            self._waiting.append(settlement)
        self.write_down()

    def write_down(self) -> None:
        """Settle the answers that came if it is time to; the writer has one list at a time."""
        with self._lock:
            if not self._waiting:
                return
            is_long = time.monotonic() - self._since >= SETTLE_AFTER_SECONDS
            if len(self._waiting) < SETTLE_AT and not is_long:
                return
            is_busy = self._settling is not None and not self._settling.done()
            if not is_busy or len(self._waiting) >= 2 * SETTLE_AT:
                self._begin()

    def settle(self) -> None:
        """Settle all answers that came, and wait until that is done."""
        with self._lock:
            settling_now = self._begin()
        settling_now.result()

    def _begin(self) -> "Future[None]":
        # Its error is told once: what came since is to be written down all the same.
        before, self._settling = self._settling, None
        if before is not None:
            before.result()
        answers, self._waiting = self._waiting, []
        self._settling = self._writer.do(_settle, answers)
        return self._settling


def _settle(answers: Sequence[Settlement]) -> None:
    """Settle, again and again while the database is away: the servers' answers must not be forgotten."""
    deadline = time.monotonic() + SETTLE_FOR_SECONDS
    pause = 0.1
    while answers:
        try:
            settling.settle_all(answers, now=clock.database_now())
            return
        except DatabaseError:
            connection.close()
            if time.monotonic() + pause > deadline:
                log.warning("settle_left_to_recovery", messages=len(answers))
                return
            time.sleep(pause)
            pause = min(pause * 2, 5.0)
