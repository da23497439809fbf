"""A local file that takes what came in before it is answered, whatever the database does.

One line is one record, written by one append before the answer. The page cache keeps it when the process is killed, so
nothing is lost but by a power failure. Each process writes a file of its own, a new one each minute, and holds a shared
lock on it: `tracking.shipping` deletes a file only under the exclusive lock, thus never one that is still written to.
"""

import fcntl
import json
import os
import secrets
import threading
import time
from itertools import count
from pathlib import Path
from typing import Any

from django.conf import settings

SUFFIX = ".spool"
BUCKET_SECONDS = 60
_SECOND = 1_000_000_000  # in nanoseconds

_renewing = threading.Lock()
_current: "_File | None" = None


def folder() -> Path:
    """Return where the files of this machine lie."""
    path = Path(settings.DATA_DIR) / "spool"
    path.mkdir(parents=True, exist_ok=True)
    return path


def bucket_of(path: Path) -> int | None:
    """Return the unix second at which the minute of a file began; None for a file that is named otherwise."""
    second = path.name.partition("-")[0]
    return int(second) if second.isdecimal() else None


def append(record: dict[str, Any]) -> None:
    """Append one record as one line of JSON, in one write.

    Raises:
        OSError: the disk is full or the folder cannot be written.
    """
    _file(time.time_ns()).write(json.dumps(record, separators=(",", ":")))


def append_now(fields: str) -> None:
    """Append a record of what comes in now: it gets its key and its time here, `fields` are its others as JSON.

    Raises:
        OSError: as `append` does.
    """
    now = time.time_ns()
    file = _file(now)
    file.write(f'{{"id":"{file.key(now)}","at":"{file.moment(now)}",{fields}}}')


class _File:
    """A file that this process writes, with its lock; closed when the last thread lets go of it."""

    def __init__(self, path: Path, second: int) -> None:
        self.path = path
        self.root = settings.DATA_DIR
        self.process = os.getpid()
        self.descriptor = _locked(path)
        self.clock = second, _text(second)
        # The rest of a UUIDv7 behind time and count; its first digit is the variant.
        self._noise = f"{secrets.choice('89ab')}{secrets.randbits(40):010x}"
        self._count = count()

    def __del__(self) -> None:
        # Missing where the file could not be opened.
        if hasattr(self, "descriptor"):
            os.close(self.descriptor)

    def key(self, now: int) -> str:
        """Return a UUIDv7 (RFC 9562, section 5.7): time, count and what is this file's alone, without a lock."""
        number = next(self._count)
        return f"{now // 1_000_000:012x}7{number & 0xFFF:03x}{self._noise}{number >> 12 & 0xFFFFF:05x}"

    def moment(self, now: int) -> str:
        """Return the time in ISO 8601; its seconds are written once a second."""
        second, text = self.clock
        if second != now // _SECOND:
            text = _text(now // _SECOND)  # another thread is on to the next one
        return f"{text}.{now // 1000 % 1_000_000:06d}+00:00"

    def write(self, text: str) -> None:
        """Write a line, in one call, so that lines of several threads never mix."""
        # A line break before it too: what a full disk cut off before stays a line of its own.
        line = f"\n{text}\n".encode()
        if os.write(self.descriptor, line) != len(line):
            raise OSError("the spool took only a part of the line")


def _file(now: int) -> _File:
    """Return the file of this moment; once a second it is looked at whether it is still the right one."""
    file = _current
    second = now // _SECOND
    if file is not None and file.clock[0] == second and file.root is settings.DATA_DIR and file.process == os.getpid():
        return file
    with _renewing:
        return _renewed(second)


def _renewed(second: int) -> _File:
    global _current
    path = folder() / f"{second // BUCKET_SECONDS * BUCKET_SECONDS}-{os.getpid()}{SUFFIX}"
    file = _current
    if file is None or file.path != path or file.process != os.getpid() or not os.fstat(file.descriptor).st_nlink:
        _current = file = _File(path, second)
    file.clock, file.root = (second, _text(second)), settings.DATA_DIR
    return file


def _text(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))


def _locked(path: Path) -> int:
    """Open the file for appending and hold its shared lock."""
    while True:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        if os.fstat(descriptor).st_nlink:
            return descriptor
        os.close(descriptor)  # deleted between the two calls
