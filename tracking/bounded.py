"""Questions to the database that must be answered soon or not at all, for addresses that anybody may call."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, TimeoutError
from typing import TypeVar

from django.db import DatabaseError, InterfaceError, close_old_connections, connection

Answer = TypeVar("Answer")

# A database that accepts connections and says nothing holds a thread for ever; more than these it never gets.
THREADS = 4
_pool = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="bounded")
_waiting = threading.BoundedSemaphore(64)


class Unavailable(Exception):
    """The database did not answer in time. What was asked may still come to pass."""


def run(question: Callable[[], Answer], *, seconds: float) -> Answer:
    """Return what `question` returns, asked in another thread with a database connection of its own.

    Inside a transaction it runs at once, in this thread: it must see what the transaction wrote.

    Raises:
        Unavailable: the database is down, too busy, or did not answer within `seconds`.
    """
    try:
        if connection.in_atomic_block:
            return question()
        return _soon(question, seconds=seconds)
    except (DatabaseError, InterfaceError) as error:
        raise Unavailable from error


def _soon(question: Callable[[], Answer], *, seconds: float) -> Answer:
    if not _waiting.acquire(blocking=False):
        raise Unavailable
    future: Future[Answer] = _pool.submit(_asked, question)
    future.add_done_callback(lambda _done: _waiting.release())
    try:
        return future.result(timeout=seconds)
    except TimeoutError as error:
        raise Unavailable from error
    finally:
        future.cancel()  # if it has not begun


def _asked(question: Callable[[], Answer]) -> Answer:
    close_old_connections()
    try:
        return question()
    finally:
        close_old_connections()
