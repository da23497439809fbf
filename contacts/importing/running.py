"""The work of an import: chunk after chunk, each in one transaction with the checkpoint that says it is done.

Whatever kills a worker, the next one goes on behind the last commit. Two workers never write one import: who takes it
up raises its fence, and a chunk is written only under the fence of its worker.
"""

import logging
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta
from itertools import islice

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _

from contacts import fields
from contacts.enums import IMPORT_MOVES, ImportStatus
from contacts.importing import asking, files, laying, lifecycle, undoing, writing
from contacts.importing.reading import Row
from contacts.importing.writing import Chunk, Counts, Desk
from contacts.models import Import, RejectedRow
from fluenzr.core import bulk, clock, collector, jobs, leases, states
from fluenzr.core.errors import Conflict, DomainError
from fluenzr.workspaces.models import Workspace

log = logging.getLogger(__name__)

# Rows of one transaction: large enough that its fixed cost is small, small enough that others wait little for it.
CHUNK = 5000
# A task works for so many seconds, so that an import of a million rows holds no worker from the others.
SLICE = 5.0
# An import that fails so often in a row without getting on is given up.
MAX_ATTEMPTS = 20
KEEP_DRAFTS = timedelta(days=1)
KEEP_REJECTS = timedelta(days=30)

ACTIVE = (ImportStatus.RUNNING, ImportStatus.UNDOING)
# Called after each chunk.
Watcher = Callable[[Import], None]


class Lost(Exception):
    """The import was cancelled, or another worker has it; nothing more may be written."""


def due(now: datetime) -> bool:
    """Whether an import waits for a worker. One at a time has one, so that imports leave room for other work."""
    rows = Import.objects.filter(status__in=ACTIVE)
    return rows.exists() and not rows.filter(lease_until__gte=now).exists()


def run_next() -> bool:
    """Work for a slice on the import that has waited longest; False when none waits."""
    now = clock.database_now()
    waiting = Import.objects.filter(leases.is_free(now), status__in=ACTIVE)
    oldest = waiting.order_by(F("lease_until").asc(nulls_first=True), "pk").first()
    if oldest is None:
        return False
    run(oldest, seconds=SLICE)
    return True


def run(origin: Import, *, seconds: float | None = None, watch: Watcher | None = None) -> None:
    """Take the import up and work on it for so many seconds, or to its end; nothing when somebody else has it."""
    if not _claim(origin):
        return
    try:
        until = None if seconds is None else time.monotonic() + seconds
        with collector.seldom():
            if origin.status == ImportStatus.UNDOING:
                undoing.work(origin, is_over=lambda: _is_over(until), renew=lambda: _renew(origin))
            else:
                _import(origin, until, watch)
    except Lost:
        return
    except DomainError as error:
        _fail(origin, str(error.message))
    else:
        # Free at once for the next slice; after an error the lease runs out first.
        Import.objects.filter(pk=origin.pk, fence=origin.fence).update(lease_until=clock.database_now())


def _claim(origin: Import) -> bool:
    now = clock.database_now()
    mine = Import.objects.filter(leases.is_free(now), pk=origin.pk, status__in=ACTIVE)
    if not mine.update(fence=F("fence") + 1, attempts=F("attempts") + 1, lease_until=leases.until(now)):
        return False
    origin.refresh_from_db()
    if origin.attempts > MAX_ATTEMPTS and origin.status == ImportStatus.RUNNING:
        message = _("The import stopped at row %(row)s, whatever was tried. The rows before it are in.")
        _fail(origin, message % {"row": origin.done_rows + 1})
        return False
    return True


def _is_over(until: float | None) -> bool:
    return (until is not None and time.monotonic() > until) or jobs.stopping()


def _renew(origin: Import) -> None:
    """Keep the import for another while, inside a transaction that works on it.

    Raises:
        Lost: it is somebody else's by now.
    """
    ours = Import.objects.filter(pk=origin.pk, fence=origin.fence, status=origin.status)
    if not ours.update(lease_until=leases.until(clock.database_now()), attempts=0):
        raise Lost


def _import(origin: Import, until: float | None, watch: Watcher | None) -> None:
    plan = laying.plan_of(origin, fields.field_keys(origin.workspace))
    desk = writing.desk_of(origin, plan)
    with files.kept(origin) as path, lifecycle.table_of(origin, path).rows(past_header=origin.has_header) as rows:
        with closing(_chunks(desk, islice(rows, origin.done_rows, None))) as chunks:
            for chunk in chunks:
                _write(desk, chunk)
                if watch is not None:
                    watch(origin)
                if _is_over(until):
                    return
        _finish(origin)


def _chunks(desk: Desk, rows: Iterator[Row]) -> Generator[Chunk, None, None]:
    """Give chunk after chunk; a thread makes the next one while the database is busy with the present one.

    What goes wrong in the thread is raised here, after the chunks before it were given. It asks no database.
    """

    def lay() -> Chunk:
        return writing.chunk_of([desk.plan.lay(row) for row in islice(rows, CHUNK)])

    # The reasons of rejected rows are written by the thread, in the language of its caller.
    language = (translation.get_language(),)
    with ThreadPoolExecutor(max_workers=1, initializer=translation.activate, initargs=language) as thread:
        ahead = thread.submit(lay)
        while (chunk := ahead.result()).rows:
            ahead = thread.submit(lay)
            yield chunk


def _write(desk: Desk, chunk: Chunk) -> None:
    began = time.monotonic()
    if desk.origin.check_mx:
        chunk.rows = asking.asked(desk, chunk.rows)
    try:
        counts = _in_transaction(desk, chunk)
    except IntegrityError:
        # An address is known, or somebody else made the contact at this moment.
        desk.looks = True
        counts = _in_transaction(desk, chunk)
    origin = desk.origin
    origin.done_rows += len(chunk.rows)
    for name, number in _columns(counts).items():
        setattr(origin, name, getattr(origin, name) + number)
    origin.rows_per_second = round(len(chunk.rows) / max(time.monotonic() - began, 0.001))


def _in_transaction(desk: Desk, chunk: Chunk) -> Counts:
    origin = desk.origin
    with transaction.atomic():
        bulk.commit_lazily()
        # In the order in which everybody takes them: the import, then the workspace, by which imports go in turn.
        _renew(origin)
        Workspace.objects.select_for_update(no_key=True).get(pk=origin.workspace_id)
        now = clock.database_now()
        counts = writing.write(desk, chunk, now=now)
        moved = {name: F(name) + number for name, number in _columns(counts).items()}
        Import.objects.filter(pk=origin.pk).update(
            done_rows=origin.done_rows + len(chunk.rows), rows_per_second=origin.rows_per_second, **moved
        )
    return counts


def _columns(counts: Counts) -> dict[str, int]:
    return {f"{name}_rows": number for name, number in vars(counts).items()}


def _finish(origin: Import) -> None:
    with transaction.atomic():
        try:
            states.move(origin, ImportStatus.DONE, IMPORT_MOVES, finished_at=clock.database_now())
        except Conflict as error:
            raise Lost from error
        files.drop(origin)


def _fail(origin: Import, why: str) -> None:
    log.warning("Import %s failed: %s", origin.public_id, why)
    if origin.status == ImportStatus.RUNNING:
        with transaction.atomic():
            states.move(origin, ImportStatus.FAILED, IMPORT_MOVES, error=why, finished_at=clock.database_now())
            files.drop(origin)


def seconds_left(origin: Import) -> int | None:
    """Return about how long a running import takes yet; None before its first chunk."""
    if not origin.rows_per_second:
        return None
    return -(-(origin.total_rows - origin.done_rows) // origin.rows_per_second)


def forget(*, now: datetime) -> None:
    """Give up drafts that nobody started within a day, and drop rejected rows that nobody fetched within a month."""
    abandoned = Import.objects.filter(status=ImportStatus.DRAFT, created_at__lt=now - KEEP_DRAFTS)
    for origin in abandoned.select_related("workspace"):
        lifecycle.cancel(origin, by="system", now=now)
    old = Import.objects.filter(finished_at__lt=now - KEEP_REJECTS).exclude(status__in=ACTIVE)
    RejectedRow.objects.filter(origin__in=old).delete()
