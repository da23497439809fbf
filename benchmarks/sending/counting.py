"""Counts the SQL statements of a process, for another one to read: an app that is added to settings for a measurement.

BEGIN and COMMIT are not counted, a COPY is one statement, and so is one that is executed with many rows.
"""

import itertools
import mmap
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created

# Names the folder with a file of eight bytes for each process; without it nothing is counted.
FOLDER = "BENCH_STATEMENTS"
_SIZE = struct.Struct("<q")

_steps: dict[int, Callable[[], None]] = {}


class Counting(AppConfig):
    """Hooks into each connection that is made."""

    name = "benchmarks.sending"

    def ready(self) -> None:
        """Count from now on."""
        if os.environ.get(FOLDER):
            connection_created.connect(_watch)
            _count_copies()


def total(*, with_own: bool) -> int:
    """Return how many statements all processes have made that count into this folder, this one if asked for."""
    folder = os.environ.get(FOLDER)
    files = Path(folder).iterdir() if folder else ()
    found = (path.read_bytes() for path in files if with_own or path.name != str(os.getpid()))
    return sum(_SIZE.unpack(content)[0] for content in found if len(content) == _SIZE.size)


def _watch(connection: Any, **_others: Any) -> None:
    if _execute not in connection.execute_wrappers:
        connection.execute_wrappers.append(_execute)


def _execute(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    if not sql.startswith("BEGIN"):
        _step()
    return execute(sql, params, many, context)


def _count_copies() -> None:
    """COPY does not come through Django's cursor."""
    import psycopg

    original = psycopg.Cursor.copy

    def copy(self: Any, *arguments: Any, **options: Any) -> Any:
        _step()
        return original(self, *arguments, **options)

    psycopg.Cursor.copy = copy  # type: ignore[method-assign,assignment]


def _step() -> None:
    pid = os.getpid()
    if pid not in _steps:  # this process is new: it may be a fork
        _steps.clear()
        _steps[pid] = _counter(Path(os.environ[FOLDER]) / str(pid))
    _steps[pid]()


def _counter(path: Path) -> Callable[[], None]:
    path.write_bytes(_SIZE.pack(0))
    with path.open("r+b") as file:
        shown = mmap.mmap(file.fileno(), _SIZE.size)
    # Its `next` is one step for all threads.
    numbers = itertools.count(1)

    def step() -> None:
        _SIZE.pack_into(shown, 0, next(numbers))

    return step
