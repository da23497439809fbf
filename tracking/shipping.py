"""Carries the spool of this machine into the database."""

import fcntl
import json
import logging
import os
import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import DataError, IntegrityError, transaction

from fluenzr.core import bulk
from fluenzr.core.errors import DomainError
from tracking import leaving, spool
from tracking.enums import HitKind
from tracking.models import RawHit

log = logging.getLogger(__name__)

BATCH = 2000
_HITS = frozenset(HitKind.values)
KINDS = _HITS | {*leaving.Wish}
# What `_hit` returns of a record.
COLUMNS = ("id", "kind", "message", "at", "link", "method", "ip", "user_agent", "headers")
_TEXTS = ("method", "ip", "ua")
MOST_LINKS = 32767
# A file is kept so long after its minute, fully shipped or not.
KEEP = timedelta(minutes=5)

# How far each file has been shipped. Forgetting it only costs time: a hit that is there already is not added twice.
_offsets: dict[Path, int] = {}


def ship(*, now: datetime, seconds: float = float("inf")) -> int:
    """Copy what is new in the files of this machine into the database; return how many records were read.

    Safe to run twice at once and to be killed anywhere: rows carry the key that the spool gave them. No batch begins
    after so many `seconds`; the next run goes on there.

    Raises:
        DatabaseError: the database does not answer; nothing is lost, the next run goes on there.
    """
    shipped, end = 0, time.monotonic() + seconds
    paths = sorted(spool.folder().glob(f"*{spool.SUFFIX}"))
    for gone in _offsets.keys() - set(paths):
        del _offsets[gone]
    for path in paths:
        try:
            shipped += _ship_file(path, end)
            _delete_when_done(path, now=now)
        except FileNotFoundError:
            continue  # a second shipper was done with it first
    return shipped


def _ship_file(path: Path, end: float) -> int:
    shipped = 0
    for records, offset in _batches(path, _offsets.get(path, 0)):
        with transaction.atomic():
            _store(records)
        _offsets[path] = offset
        shipped += len(records)
        if time.monotonic() > end:
            break
    return shipped


def _batches(path: Path, offset: int) -> Iterator[tuple[list[dict[str, Any]], int]]:
    """Yield complete lines as records, with the offset behind them."""
    with path.open("rb") as file:
        file.seek(offset)
        records: list[dict[str, Any]] = []
        for line in file:
            if not line.endswith(b"\n"):
                break  # being written right now
            offset += len(line)
            record = _parse(line)
            if record is not None:
                records.append(record)
            if len(records) >= BATCH:
                yield records, offset
                records = []
        if offset > _offsets.get(path, 0):
            yield records, offset


def _parse(line: bytes) -> dict[str, Any] | None:
    if line == b"\n":
        return None
    try:
        record: dict[str, Any] = json.loads(line)
        record["id"] = uuid.UUID(record["id"])
        record["message"] = uuid.UUID(record["message"])
        record["at"] = datetime.fromisoformat(record["at"])
        if record["kind"] not in KINDS or record["at"].tzinfo is None or not 0 <= record.get("link", 0) <= MOST_LINKS:
            raise ValueError("no such kind, time or link")
        if not all(isinstance(record.get(name, ""), str) for name in _TEXTS):
            raise ValueError("no text")
    except (ValueError, TypeError, KeyError, AttributeError):
        log.warning("The spool holds a broken line: %.200r", line)  # a full disk cut it off
        return None
    return record


def _store(records: list[dict[str, Any]]) -> None:
    hits = [_hit(record) for record in records if record["kind"] in _HITS]
    try:
        with transaction.atomic():
            bulk.insert(RawHit, COLUMNS, hits, same={"folded": False})
    except IntegrityError:
        # Some are there already: shipped before a restart, or by a second shipper.
        RawHit.objects.bulk_create(map(_row, hits), ignore_conflicts=True)
    except (DataError, ValueError):
        _store_each(hits)
    for record in records:
        if record["kind"] not in _HITS:
            _carry_out(record)


def _store_each(hits: Sequence[tuple[Any, ...]]) -> None:
    """Store hits of which one fits no row, as another release may have written it: it must not hold up the others."""
    for hit in hits:
        try:
            with transaction.atomic():
                RawHit.objects.bulk_create([_row(hit)], ignore_conflicts=True)
        except (DataError, IntegrityError, ValueError):
            log.exception("A hit of the spool fits no row: %.200r", hit)


def _row(hit: tuple[Any, ...]) -> RawHit:
    return RawHit(**dict(zip(COLUMNS, hit, strict=True)))


def _carry_out(record: dict[str, Any]) -> None:
    """Do what a recipient asked for while the database was down."""
    wish = leaving.Wish(record["kind"])
    try:
        with transaction.atomic():
            leaving.act(wish, record["message"], source=leaving.LATER, now=record["at"])
    except (DataError, IntegrityError, DomainError, AssertionError, LookupError, TypeError, ValueError):
        # It must not hold up the hits behind it; staff find here whom it is about.
        log.exception("The wish to %s of the recipient of message %s could not be done", wish, record["message"])


def _hit(record: dict[str, Any]) -> tuple[Any, ...]:
    # Lines of another release may lack what this one writes.
    return (
        record["id"],
        record["kind"],
        record["message"],
        record["at"],
        record.get("link", 0),
        record.get("method", "GET"),
        record.get("ip", ""),
        record.get("ua", ""),
        record.get("headers", {}),
    )


def _delete_when_done(path: Path, *, now: datetime) -> None:
    began = spool.bucket_of(path)
    if began is None or began + spool.BUCKET_SECONDS + KEEP.total_seconds() > now.timestamp():
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Under the lock nobody writes, so equal now is equal for good.
        if os.fstat(descriptor).st_size == _offsets.get(path, 0):
            path.unlink(missing_ok=True)
            _offsets.pop(path, None)
    except BlockingIOError:
        pass  # a process still has it open
    finally:
        os.close(descriptor)
