"""How long the database works for us, and how long it holds what we have locked."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from django.db import connection

# So often it is looked how long a transaction lasts already.
LOOK_SECONDS = 0.02


class Statements:
    """Milliseconds that statements took, with the way to the server and back; COPY is not among them."""

    def __init__(self) -> None:
        self.took: list[float] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.took.append((time.perf_counter() - began) * 1000)


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return the milliseconds of some work: of its statements, and in all."""
    statements, began = Statements(), time.perf_counter()
    with connection.execute_wrapper(statements):
        work()
    return sum(statements.took), (time.perf_counter() - began) * 1000


def medians(work: Callable[[], object], times: int) -> tuple[float, float]:
    """Return the medians of `timed`; the first time does not count."""
    work()
    statements, whole = zip(*(timed(work) for _time in range(times)), strict=True)
    return median(statements), median(whole)


class Transactions:
    """The longest transaction of this thread's connection that wrote, in milliseconds, as the server saw it."""

    longest = 0.0


@contextmanager
def transactions() -> Iterator[Transactions]:
    """Look all the time how long our transactions last that lock rows; a statement outside of one is one by itself."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (ours,) = cursor.fetchone()
    found, done = Transactions(), threading.Event()

    def look() -> None:
        age = "extract(epoch FROM clock_timestamp() - xact_start) * 1000"
        with connection.cursor() as cursor:
            while not done.wait(LOOK_SECONDS):
                cursor.execute(
                    f"SELECT {age} FROM pg_stat_activity WHERE pid = %s AND backend_xid IS NOT NULL",  # noqa: S608
                    [ours],
                )
                found.longest = max([found.longest, *(float(age) for (age,) in cursor.fetchall())])
        connection.close()

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield found
    finally:
        done.set()
        thread.join()
