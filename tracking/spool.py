"""A local file that takes what came in before it is answered, whatever the database does.

One line is one record, written by one append before the answer. The page cache keeps it when the process is killed, so
nothing is lost but by a power failure. Each process writes a file of its own, a new one each minute, and holds a shared
lock on it: `tracking.shipping` deletes a file only under the exclusive lock, thus never one that is still written to.
"""

import fcntl
import json
import os
import threading
import time
from pathlib import Path
from typing import Any

from django.conf import settings

SUFFIX = ".spool"
BUCKET_SECONDS = 60

_lock = threading.Lock()
_open_file: tuple[Path, int, int] | None = None  # path, process, descriptor


def folder() -> Path:
    """Return where the files of this machine lie."""
    path = Path(settings.DATA_DIR) / "spool"
    path.mkdir(parents=True, exist_ok=True)
    return path


def bucket_of(path: Path) -> int:
    """Return the unix second at which the minute of a file began."""
    return int(path.name.partition("-")[0])


def append(record: dict[str, Any]) -> None:
    """Append one record as one line of JSON, in one write.

    Raises:
        OSError: the disk is full or the folder cannot be written.
    """
    # A line break before it too: what a full disk cut off before stays a line of its own.
    line = b"\n" + json.dumps(record, separators=(",", ":")).encode() + b"\n"
    # Threads of a process share the descriptor; one of them may be about to close it for the next minute.
    with _lock:
        written = os.write(_descriptor(), line)
    if written != len(line):
        raise OSError("the spool took only a part of the line")


def _descriptor() -> int:
    global _open_file
    bucket = int(time.time()) // BUCKET_SECONDS * BUCKET_SECONDS
    path = folder() / f"{bucket}-{os.getpid()}{SUFFIX}"
    if _open_file is not None:
        known, process, descriptor = _open_file
        if known == path and process == os.getpid() and os.fstat(descriptor).st_nlink:
            return descriptor
        if process == os.getpid():  # after a fork the descriptor belongs to the parent's lock: leave it
            os.close(descriptor)
        _open_file = None
    _open_file = (path, os.getpid(), _locked(path))
    return _open_file[2]


def _locked(path: Path) -> int:
    """Open the file for appending and hold its shared lock."""
    while True:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        if os.fstat(descriptor).st_nlink:
            return descriptor
        os.close(descriptor)  # deleted between the two calls
