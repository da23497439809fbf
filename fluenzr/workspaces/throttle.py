"""API requests a minute, per workspace, all keys and all processes together (contract A61).

The minute of a workspace and what is taken of it are one row. A process leases a few requests of it by one conditional
UPDATE, so the sum never exceeds the limit, and serves them from memory. A block is what comes in about a second, and
shrinks as the window empties, so the numbers in the headers are hardly older and next to nothing leased is left
unused when the limit is reached. An unused rest ends with its window.
"""

import math
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db.models import Expression, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from fluenzr.core.errors import RateLimited
from fluenzr.workspaces.models import RateWindow

WINDOW = timedelta(seconds=60)
# A block is at most what the limit allows a second, and a tenth of what is left.
SHARE_OF_LIMIT = 60
SHARE_OF_REST = 10
# A block used up faster than this is too small, one that lasts longer is too large.
BLOCK_SECONDS = 1.0
# So many workspaces are remembered before the ended windows among them are dropped.
REMEMBERED = 1000
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Standing:
    """How a caller stands after asking: `reset` is the unix second in which the window ends."""

    is_allowed: bool
    limit: int
    remaining: int
    reset: int
    retry_after: int

    def headers(self) -> dict[str, str]:
        """Return the headers of seed 002."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset),
        }

    def enforce(self) -> None:
        """Raise RateLimited when the caller has to wait."""
        if not self.is_allowed:
            raise RateLimited(_("Too many requests; wait until the limit resets"), retry_after=self.retry_after)


@dataclass
class _Lease:
    """What this process holds of one window. `ends` and `leased` are seconds of the monotonic clock."""

    started_at: datetime
    taken: int
    ends: float
    leased: float
    size: int
    left: int
    free: int


@dataclass
class _Slot:
    lock: threading.Lock = field(default_factory=threading.Lock)
    lease: _Lease | None = None


class Throttle:
    """Counts the requests of workspaces.

    `now` makes the expression of the clock that all processes share, the database's; `ticks` is this process's own.
    """

    def __init__(self, now: Callable[[], Expression] = Now, ticks: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._ticks = ticks
        self._lock = threading.Lock()
        self._slots: dict[uuid.UUID, _Slot] = {}

    def take(self, workspace_id: uuid.UUID, *, limit: int) -> Standing:
        """Count one request of the workspace, and say whether it is within `limit` a minute."""
        slot = self._slot(workspace_id)
        with slot.lock:
            tick = self._ticks()
            lease = slot.lease
            if lease is None or tick >= lease.ends or (lease.left == 0 and lease.free > 0):
                lease = slot.lease = self._renew(workspace_id, limit, lease, tick)
            is_allowed = lease.left > 0
            lease.left -= is_allowed
            return _standing(lease, limit=limit, is_allowed=is_allowed, tick=tick)

    def _slot(self, workspace_id: uuid.UUID) -> _Slot:
        with self._lock:
            if len(self._slots) > REMEMBERED:
                tick = self._ticks()
                self._slots = {key: slot for key, slot in self._slots.items() if slot.lease and slot.lease.ends > tick}
            return self._slots.setdefault(workspace_id, _Slot())

    def _renew(self, workspace_id: uuid.UUID, limit: int, last: _Lease | None, tick: float) -> _Lease:
        size = _next_size(last, tick)
        rows = RateWindow.objects.filter(workspace=workspace_id)
        if last is not None and tick < last.ends:
            # Where nobody else has come since, one statement is enough.
            block = _block(size, limit, last.taken)
            if block and _is_leased(rows, last.started_at, last.taken, block):
                return _lease(last.started_at, last.taken + block, last.ends, tick, block, limit)
        while True:
            row = next(iter(rows.values_list("started_at", "taken", self._now())), None)
            if row is None:
                # A window long over, which the next round begins anew by the shared clock.
                fresh = RateWindow(workspace_id=workspace_id, started_at=_NEVER, taken=0)
                RateWindow.objects.bulk_create([fresh], ignore_conflicts=True)
                continue
            started_at, taken, now = row
            if not started_at - WINDOW < now < started_at + WINDOW:
                # It is over (or a clock was set back): whoever moves it first begins the next one.
                rows.filter(started_at=started_at).update(started_at=now, taken=0)
                continue
            block = _block(size, limit, taken)
            if block and not _is_leased(rows, started_at, taken, block):
                continue  # another process was faster: look again
            ends = tick + (started_at + WINDOW - now).total_seconds()
            return _lease(started_at, taken + block, ends, tick, block, limit)


def _block(size: int, limit: int, taken: int) -> int:
    free = max(0, limit - taken)
    return min(free, max(1, min(size, limit // SHARE_OF_LIMIT, free // SHARE_OF_REST)))


def _is_leased(rows: "QuerySet[RateWindow]", started_at: datetime, taken: int, block: int) -> bool:
    return rows.filter(started_at=started_at, taken=taken).update(taken=taken + block) == 1


def _lease(started_at: datetime, taken: int, ends: float, tick: float, block: int, limit: int) -> _Lease:
    free = max(0, limit - taken)
    return _Lease(started_at, taken, ends, leased=tick, size=max(block, 1), left=block, free=free)


def _next_size(last: _Lease | None, tick: float) -> int:
    if last is None or tick >= last.ends:
        return 1
    return last.size * 2 if tick - last.leased < BLOCK_SECONDS else max(1, last.size // 2)


def _standing(lease: _Lease, *, limit: int, is_allowed: bool, tick: float) -> Standing:
    return Standing(
        is_allowed=is_allowed,
        limit=limit,
        remaining=lease.left + lease.free,
        reset=math.ceil((lease.started_at + WINDOW).astimezone(UTC).timestamp()),
        retry_after=max(1, math.ceil(lease.ends - tick)),
    )


_process = Throttle()


def take(workspace_id: uuid.UUID, *, limit: int) -> Standing:
    """Count one request of the workspace in this process's throttle."""
    return _process.take(workspace_id, limit=limit)
