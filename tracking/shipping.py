"""Carries the spool of this machine into the database."""

import fcntl
import json
import logging
import os
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import DataError, IntegrityError, transaction
from django.utils.dateparse import parse_datetime

from fluenzr.core.errors import DomainError
from tracking import leaving, spool
from tracking.enums import HitKind
from tracking.models import RawHit

log = logging.getLogger(__name__)

BATCH = 500
KINDS = {*HitKind.values, *leaving.Wish}
# A file is kept so long after its minute, fully shipped or not.
KEEP = timedelta(minutes=5)

# How far each file has been shipped. Forgetting it only costs time: a hit that is there already is not added twice.
_offsets: dict[Path, int] = {}


def ship(*, now: datetime) -> int:
    """Copy what is new in the files of this machine into the database; return how many records were read.

    Safe to run twice at once and to be killed anywhere: rows carry the key that the spool gave them.

    Raises:
        DatabaseError: the database does not answer; nothing is lost, the next run goes on there.
    """
    shipped = 0
    paths = sorted(spool.folder().glob(f"*{spool.SUFFIX}"))
    for gone in _offsets.keys() - set(paths):
        del _offsets[gone]
    for path in paths:
        try:
            shipped += _ship_file(path)
            _delete_when_done(path, now=now)
        except FileNotFoundError:
            continue  # a second shipper was done with it first
    return shipped


def _ship_file(path: Path) -> int:
    shipped = 0
    for records, end in _batches(path, _offsets.get(path, 0)):
        with transaction.atomic():
            _store(records)
        _offsets[path] = end
        shipped += len(records)
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
        record["at"] = parse_datetime(record["at"])
        if record["at"] is None or record["kind"] not in KINDS:
            raise ValueError("no such time or kind")
    except (ValueError, TypeError, KeyError):
        log.warning("The spool holds a broken line: %.200r", line)  # a full disk cut it off
        return None
    return record


def _store(records: list[dict[str, Any]]) -> None:
    hits = [RawHit(**_hit_fields(record)) for record in records if record["kind"] in HitKind.values]
    RawHit.objects.bulk_create(hits, ignore_conflicts=True)
    for record in records:
        if record["kind"] not in HitKind.values:
            _carry_out(record)


def _carry_out(record: dict[str, Any]) -> None:
    """Do what a recipient asked for while the database was down."""
    wish = leaving.Wish(record["kind"])
    try:
        with transaction.atomic():
            leaving.act(wish, record["message"], source=leaving.LATER, now=record["at"])
    except (DataError, IntegrityError, DomainError, AssertionError, LookupError, TypeError, ValueError):
        # It must not hold up the hits behind it; staff find here whom it is about.
        log.exception("The wish to %s of the recipient of message %s could not be done", wish, record["message"])


def _hit_fields(record: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": record["id"],
        "kind": record["kind"],
        "message": record["message"],
        "at": record["at"],
        # Lines of another release may lack what this one writes.
        "link": record.get("link", 0),
        "method": record.get("method", "GET"),
        "ip": record.get("ip", ""),
        "user_agent": record.get("ua", ""),
        "headers": record.get("headers", {}),
    }


def _delete_when_done(path: Path, *, now: datetime) -> None:
    if spool.bucket_of(path) + spool.BUCKET_SECONDS + KEEP.total_seconds() > now.timestamp():
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
