"""What runs by itself; `fluenzr.schedules` says when."""

import time
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from fluenzr.core import jobs
from tracking import folding, polling, sandbox, shipping

# A run gives its worker back after this long; what is left is due at once again.
SECONDS_A_RUN = 20
# The beat ships by itself: in a flood it must still ask what else is due.
SECONDS_OF_THE_BEAT = 0.5


def ship_spool() -> None:
    """Copy this machine's spool into the database."""
    shipping.ship(now=timezone.now(), seconds=SECONDS_OF_THE_BEAT)


def fold_due(now: datetime) -> bool:
    """Whether any hit waits to be folded."""
    return folding.is_due(now)


def fold() -> None:
    """Fold settled hits, batch by batch."""
    end = time.monotonic() + SECONDS_A_RUN
    while folding.fold(now=timezone.now()) and time.monotonic() < end and not jobs.stopping():
        pass


def poll_due(now: datetime) -> bool:
    """Whether any mailbox is due to be read."""
    return polling.is_due(now)


def poll_mailboxes() -> None:
    """Ask for a visit of each mailbox that is due."""
    polling.ask_all(now=timezone.now())


def poll_account(account_id: str) -> None:
    """Read what is new in one mailbox."""
    polling.visit(UUID(account_id), now=timezone.now())


def play_due(now: datetime) -> bool:
    """Whether any sandbox account plays by itself."""
    return sandbox.is_due(now)


def play_sandboxes() -> None:
    """Let the imaginary recipients of lively sandboxes do something."""
    sandbox.play_lively(now=timezone.now())
