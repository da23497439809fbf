"""The beat: asks each second what is due and kicks it."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.utils.module_loading import import_string

from fluenzr.core import jobs
from fluenzr.schedules import Entry

log = logging.getLogger(__name__)

# What fails is asked again after this long, not each second.
PAUSE_AFTER_ERROR = timedelta(seconds=10)


class Beat:
    """Walks entries; remembers only when each was last asked, so two beats at once do no harm."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = entries
        self.next_at: dict[str, datetime] = {}

    def tick(self, *, now: datetime) -> list[str]:
        """Ask all entries whose time has come; returns the names of those that were run or kicked."""
        return [entry.name for entry in self.entries if self._is_time(entry, now) and self._asked(entry, now)]

    def _is_time(self, entry: Entry, now: datetime) -> bool:
        return self.next_at.get(entry.name, now) <= now

    def _asked(self, entry: Entry, now: datetime) -> bool:
        self.next_at[entry.name] = now + timedelta(seconds=entry.every)
        try:
            return ask(entry, now=now)
        except Exception:  # one broken job must not stop the others
            log.exception("The job %s could not be asked", entry.name)
            self.next_at[entry.name] = now + PAUSE_AFTER_ERROR
            return False


def ask(entry: Entry, *, now: datetime) -> bool:
    """Run the entry here (local) or kick it, if it is due; True when it was."""
    if entry.due is not None:
        due: Callable[[datetime], bool] = import_string(entry.due)
        if not due(now):
            return False
    if entry.local:
        import_string(entry.path)(*entry.args)
        return True
    return jobs.kick(entry.name, entry.path, *entry.args, cluster=entry.cluster, now=now)
