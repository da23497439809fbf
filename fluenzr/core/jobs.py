"""Background work: the only module that knows django-q2.

A task is a dotted path and a few strings or numbers; it may run twice, and what it must not do twice it claims
in a row of its own. The queue lies in the database, so a task asked for inside a transaction exists exactly if
that transaction commits: no `on_commit` is needed, and none is wanted.
"""

import os
import select
import stat
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.brokers.orm import ORM
from django_q.conf import Conf
from django_q.models import OrmQ, Schedule, Task
from django_q.tasks import async_task

from fluenzr.core.models import Heartbeat, Kick

CLUSTERS = ("send", "io", "work")
# A kick that nobody took up for as long as a lease is forgotten: its task may have died with its worker.
STALE_AFTER = timedelta(seconds=settings.FLUENZR_LEASE_SECONDS)

# A task that a free worker does not begin so soon waits for one.
CROWDED_AFTER = timedelta(seconds=1)
# What was taken out of the queue and is not done after so long may have died with its worker: it no longer counts.
LONGEST_TASK_SECONDS = 90.0
_FULL_POLL_SECONDS = 0.05

KEEP_FAILURES = timedelta(days=30)

STOP_FD = "FLUENZR_STOP_FD"
STOP_PIPE = "FLUENZR_STOP_PIPE"


def enqueue(path: str, *args: str | int, cluster: str = "work") -> None:
    """Ask for one run of the function at the dotted path, with these arguments, on one of CLUSTERS."""
    if cluster not in CLUSTERS:
        raise ValueError(f"there is no cluster {cluster!r}")
    async_task(path, *args, cluster=cluster, group=path[:100])


def kick(name: str, path: str, *args: str | int, cluster: str = "work", now: datetime | None = None) -> bool:
    """Like `enqueue`, unless the job `name` already waits in the queue; True when it was enqueued."""
    now = now or timezone.now()
    # Reading first: the beat asks each second, and on SQLite even an UPDATE of no row takes the write lock.
    if _waiting([name], now):
        return False
    with transaction.atomic():
        if not _mark([name], now):
            return False
        enqueue("fluenzr.core.jobs.run_kicked", name, path, *args, cluster=cluster)
    return True


def kick_each(name: str, path: str, keys: Sequence[str], *, cluster: str = "work", now: datetime | None = None) -> bool:
    """Like `kick` for the jobs `name:key` of some keys, which one task does: it is given the keys.

    Those that already wait in the queue are left out.
    """
    now = now or timezone.now()
    names = {f"{name}:{key}": key for key in sorted(keys)}
    left = sorted(names.keys() - _waiting(names, now))
    if not left:
        return False
    with transaction.atomic():
        mine = [names[one] for one in _mark(left, now)]
        if mine:
            enqueue("fluenzr.core.jobs.run_kicked_each", name, path, *mine, cluster=cluster)
    return bool(mine)


def _free(now: datetime) -> Q:
    return Q(kicked_at=None) | Q(kicked_at__lt=now - STALE_AFTER)


def _waiting(names: Iterable[str], now: datetime) -> set[str]:
    return set(Kick.objects.filter(name__in=list(names)).exclude(_free(now)).values_list("name", flat=True))


def _mark(names: Sequence[str], now: datetime) -> list[str]:
    """Note that these jobs wait in the queue from now on, and return those that did not."""
    Kick.objects.bulk_create([Kick(name=name) for name in names], ignore_conflicts=True)
    return [name for name in names if Kick.objects.filter(_free(now), name=name).update(kicked_at=now)]


def started(*names: str) -> None:
    """Say that these jobs have begun, so that news from now on asks for another run."""
    Kick.objects.filter(name__in=names).update(kicked_at=None)


def run_kicked(name: str, path: str, *args: str | int) -> None:
    """The task behind `kick`: clears the kick before it looks at the work, so no news falls between."""
    started(name)
    import_string(path)(*args)


def run_kicked_each(name: str, path: str, *keys: str) -> None:
    """The task behind `kick_each`."""
    started(*(f"{name}:{key}" for key in keys))
    import_string(path)(*keys)


def heartbeat(name: str) -> None:
    """Note that this part of the installation works now."""
    now = timezone.now()
    if not Heartbeat.objects.filter(name=name).update(seen_at=now):
        Heartbeat.objects.bulk_create([Heartbeat(name=name, seen_at=now)], ignore_conflicts=True)


def waiting(cluster: str) -> int:
    """How many tasks lie in the queue of a cluster, running ones included."""
    count: int = OrmQ.objects.filter(key=cluster).count()
    return count


def workers(cluster: str) -> int:
    """How many tasks of a cluster this node does at once."""
    known: Any = settings.Q_CLUSTER
    count: int = known["ALT_CLUSTERS"].get(cluster, known)["workers"]
    return count


def is_crowded(cluster: str, *, now: datetime | None = None) -> bool:
    """Whether a task waits for one of the cluster's workers on any node, or more do than this node has."""
    now, there_are = now or timezone.now(), workers(cluster)
    since = OrmQ.objects.filter(key=cluster, lock__lte=now).order_by("lock").values_list("lock", flat=True)
    longest = list(since[: there_are + 1])
    return len(longest) > there_are or any(lock < now - CROWDED_AFTER for lock in longest)


class Broker(ORM):  # type: ignore[misc]
    """The queue in the database, of which a node takes only as many tasks as it has free workers.

    django-q2 takes tasks ahead; what waits on one node then, the idle workers of another could not run.
    """

    def __init__(self, list_key: str | None = None) -> None:
        super().__init__(list_key)
        self._taken: dict[int, float] = {}

    def dequeue(self) -> list[tuple[int, str]] | None:
        """Take the next task, or wait a little where there is none or no worker for it."""
        if len(self._taken) >= Conf.WORKERS:
            self._forget_done()
        if len(self._taken) >= Conf.WORKERS:
            time.sleep(_FULL_POLL_SECONDS)
            return None
        tasks: list[tuple[int, str]] | None = super().dequeue()
        self._taken |= {key: time.monotonic() for key, _payload in tasks or ()}
        return tasks

    def _forget_done(self) -> None:
        since = time.monotonic() - LONGEST_TASK_SECONDS
        recent = [key for key, at in self._taken.items() if at > since]
        left = self.get_connection().filter(pk__in=recent).values_list("pk", flat=True)
        self._taken = {key: self._taken[key] for key in left}


def thin(*, now: datetime | None = None) -> None:
    """Drop the reports of failed tasks after KEEP_FAILURES; successful ones are not kept at all."""
    Task.objects.filter(stopped__lt=(now or timezone.now()) - KEEP_FAILURES).delete()


def stopping() -> bool:
    """Whether the installation is going down: a task then finishes what it holds and begins nothing new.

    The leader of `manage.py up` holds the other end of a pipe and closes it, or dies. A cluster that was started by
    itself has such a pipe, too (see `watchdog.announce`).
    """
    descriptor = os.environ.get(STOP_FD, "")
    if not descriptor or not _is_stop_pipe(int(descriptor)):
        return False
    poller = select.poll()
    poller.register(int(descriptor), select.POLLIN | select.POLLHUP)
    return bool(poller.poll(0))


def _is_stop_pipe(descriptor: int) -> bool:
    # A process started afresh inherits the variable but not the descriptor, whose number may be anything there.
    try:
        found = os.fstat(descriptor)
    except OSError:
        return False
    return stat.S_ISFIFO(found.st_mode) and str(found.st_ino) == os.environ.get(STOP_PIPE)


@dataclass(frozen=True)
class Timetable:
    """One row of django-q2's own schedule: what to run every so many minutes."""

    name: str
    path: str
    cluster: str
    minutes: int
    args: tuple[str, ...] = ()


def sync_timetable(rows: Iterable[Timetable]) -> None:
    """Make django-q2's schedule equal to `rows`: known ones keep their next run, others go."""
    wanted = {row.name: row for row in rows}
    with transaction.atomic():
        Schedule.objects.exclude(name__in=wanted).delete()
        for name, row in wanted.items():
            fields = {
                "func": row.path,
                "args": repr(row.args) if row.args else "",
                "cluster": row.cluster,
                "schedule_type": Schedule.MINUTES,
                "minutes": row.minutes,
            }
            if not Schedule.objects.filter(name=name).update(**fields):
                Schedule.objects.create(name=name, **fields)
