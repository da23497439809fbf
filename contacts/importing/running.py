"""The work of an import: chunk after chunk, each in one transaction with the checkpoint that says it is done.

Whatever kills a worker, the next one goes on behind the last commit. Two workers never write one import: who takes it
up raises its fence, and a chunk is written only under the fence of its worker.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from itertools import islice

from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction
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
from fluenzr.workspaces import plans
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
    """The import was cancelled, or another worker has it, or is not where it was; nothing more may be written."""


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
        chunks = _chunks(desk, islice(rows, origin.done_rows, None))
        with closing(chunks), _second_connection() as second:
            for chunk, following in chunks:
                if following is None:
                    _write(desk, chunk)
                else:
                    _write_both(desk, chunk, following, second)
                if watch is not None:
                    watch(origin)
                if _is_over(until):
                    return
        _finish(origin)


def _thread() -> ThreadPoolExecutor:
    """Return a thread; the reasons of rows that it rejects are in the language of its caller."""
    language = (translation.get_language(),)
    return ThreadPoolExecutor(max_workers=1, initializer=translation.activate, initargs=language)


@contextmanager
def _second_connection() -> Iterator[Executor]:
    """Give a thread; it has a connection of its own as soon as it asks the database, and closes it at the end."""
    with _thread() as thread:
        try:
            yield thread
        finally:
            thread.submit(_close_own)


def _close_own() -> None:
    # Named here, the connection is that of the thread that calls this.
    connection.close()


def _chunks(desk: Desk, rows: Iterator[Row]) -> Generator[tuple[Chunk, Chunk | None], None, None]:
    """Give chunk after chunk, and with it the following one where both may be written at once.

    A thread makes the next two while the database is busy with the present ones. What goes wrong in the thread is
    raised here, after the chunks before it were given. It asks no database.
    """

    def lay() -> Chunk:
        return writing.chunk_of([desk.plan.lay(row) for row in islice(rows, CHUNK)])

    with _thread() as thread:
        ahead = deque(thread.submit(lay) for _ in range(2))
        while (chunk := ahead.popleft().result()).rows:
            ahead.append(thread.submit(lay))
            following = None
            if _may_overlap(desk) and not ahead[0].exception() and ahead[0].result().is_apart_from(chunk):
                following = ahead.popleft().result()
                ahead.append(thread.submit(lay))
            yield chunk, following


def _may_overlap(desk: Desk) -> bool:
    """Whether two chunks can be on their way at once without waiting for each other, but for the order of their ends.

    SQLite has one writer. Known contacts are locked, and room is counted, by one at a time; facts of groups and new
    tags are left to one as well, and the tags of an import are made by its first chunk.
    """
    origin = desk.origin
    is_plain = not (desk.looks or desk.is_alone or desk.groups or desk.plan.has_tags or origin.check_mx)
    can = connection.vendor == "postgresql" and not connection.in_atomic_block
    return bool(can and is_plain and origin.done_rows) and plans.limits(desk.workspace).contacts is None


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
    _note(desk, chunk, counts)
    desk.origin.rows_per_second = round(len(chunk.rows) / max(time.monotonic() - began, 0.001))


def _write_both(desk: Desk, chunk: Chunk, following: Chunk, second: Executor) -> None:
    """Write two chunks at once, the second by another connection; what does not go well so goes in turn."""
    began, begins = time.monotonic(), desk.origin.done_rows + len(chunk.rows)
    later: list[Future[Counts]] = []

    def beside(now: datetime) -> None:
        later.append(second.submit(_behind, desk, following, begins=begins, now=now))

    try:
        counts = _in_transaction(desk, chunk, beside=beside)
    except (IntegrityError, OperationalError) as error:
        wait(later)
        _go_in_turn(desk, error)
        _write(desk, chunk)
        _write(desk, following)
        return
    finally:
        # Taken back or written, the first chunk has let go of the import, so the second one ends by itself.
        wait(later)
    _note(desk, chunk, counts)
    try:
        _note(desk, following, later[0].result())
    except (DatabaseError, Lost) as error:
        _go_in_turn(desk, error)
        _write(desk, following)
    else:
        rows = len(chunk.rows) + len(following.rows)
        desk.origin.rows_per_second = round(rows / max(time.monotonic() - began, 0.001))


def _go_in_turn(desk: Desk, error: Exception) -> None:
    if isinstance(error, IntegrityError):
        desk.looks = True
    else:
        log.info("Import %s goes on with one chunk at a time: %s", desk.origin.public_id, error)
        desk.is_alone = True


def _note(desk: Desk, chunk: Chunk, counts: Counts) -> None:
    origin = desk.origin
    origin.done_rows += len(chunk.rows)
    for name, number in _columns(counts).items():
        setattr(origin, name, getattr(origin, name) + number)


def _in_transaction(desk: Desk, chunk: Chunk, *, beside: Callable[[datetime], None] | None = None) -> Counts:
    """Write a chunk and the checkpoint; `beside` is called with the time of the chunk once the locks are held."""
    origin = desk.origin
    with transaction.atomic():
        bulk.commit_lazily()
        # In the order in which everybody takes them: the import, then the workspace, by which imports go in turn.
        _renew(origin)
        Workspace.objects.select_for_update(no_key=True).get(pk=origin.workspace_id)
        now = clock.database_now()
        if beside is not None:
            beside(now)
        counts = writing.write(desk, chunk, now=now)
        _move_checkpoint(desk, chunk, counts, begins=origin.done_rows)
    return counts


def _behind(desk: Desk, chunk: Chunk, *, begins: int, now: datetime) -> Counts:
    """Write a chunk while another transaction writes the one before it, and commit behind that one or not at all.

    The import's row, which the other one holds until it ends, is asked for last: the database sees who waits for whom,
    so two that wait for each other do not do so forever.

    Raises:
        Lost: the chunk before was taken back, or the import is somebody else's; nothing is written.
    """
    with transaction.atomic():
        bulk.commit_lazily()
        # As a foreign key does it: the workspace stays there until the end. Its lock is the other transaction's.
        with connection.cursor() as cursor:
            table = connection.ops.quote_name(Workspace._meta.db_table)
            cursor.execute(f"SELECT 1 FROM {table} WHERE id = %s FOR KEY SHARE", [desk.origin.workspace_id])  # noqa: S608
        counts = writing.write(desk, chunk, now=now)
        # First the lock, then a statement that sees what was committed meanwhile.
        Import.objects.select_for_update(no_key=True).filter(pk=desk.origin.pk).values_list("pk").first()
        _move_checkpoint(desk, chunk, counts, begins=begins)
    return counts


def _move_checkpoint(desk: Desk, chunk: Chunk, counts: Counts, *, begins: int) -> None:
    """Say that the rows of a chunk are done, the first of which is number `begins` from 0.

    Raises:
        Lost: the import is somebody else's by now, or its checkpoint is not there.
    """
    origin = desk.origin
    ours = Import.objects.filter(pk=origin.pk, fence=origin.fence, status=ImportStatus.RUNNING, done_rows=begins)
    moved = {name: F(name) + number for name, number in _columns(counts).items()}
    done = begins + len(chunk.rows)
    if not ours.update(done_rows=done, rows_per_second=origin.rows_per_second, **moved):
        raise Lost


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
