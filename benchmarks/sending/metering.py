"""What sending costs: processor time, SQL statements and memory of the processes that do it."""

import json
import os
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.sending import counting

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Measured:
    """What it took to send so many mails; None is what cannot be said. `size` is that of one mail in bytes."""

    mails: int
    seconds: float
    processor: float
    statements: int | None
    megabytes: float | None
    size: int

    @property
    def rate(self) -> float:
        """Mails a second."""
        return self.mails / self.seconds

    @property
    def microseconds(self) -> float:
        """Processor time of a mail."""
        return self.processor / self.mails * 1e6

    def dump(self) -> str:
        """Return this as a line for the process that started this one."""
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, line: str) -> "Measured":
        """Return what another process dumped."""
        return cls(**json.loads(line))


class Meter:
    """Counts from its making on what some processes use; `pids` finds them, anew each time."""

    def __init__(self, pids: Callable[[], Collection[int]]) -> None:
        self._pids = pids
        self._processor, self._statements = self._worked(), self._stated()

    def _worked(self) -> float:
        return sum(_processor(pid) for pid in self._pids())

    def _stated(self) -> int:
        # Who only watches asks the database, too.
        return counting.total(with_own=os.getpid() in self._pids())

    def read(self, *, mails: int, seconds: float, size: int) -> Measured:
        """Return what was used since."""
        megabytes = max((_peak(pid) for pid in self._pids()), default=0.0)
        worked, stated = self._worked() - self._processor, self._stated() - self._statements
        return Measured(mails, seconds, worked, stated, megabytes, size)


def _processor(pid: int) -> float:
    """Return the seconds of a process and of its children that ended."""
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        return sum(map(int, fields[11:15])) / _TICKS
    return 0.0


def _peak(pid: int) -> float:
    """Return the most memory that a process has had, in MB."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0
