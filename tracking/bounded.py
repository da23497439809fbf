"""Questions to the database that must be answered soon or not at all, for addresses that anybody may call."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, TimeoutError
from typing import TypeVar

from django.db import DatabaseError, InterfaceError, close_old_connections, connection

Answer = TypeVar("Answer")

# A database that accepts connections and says nothing holds a thread for ever; more than these it never gets.
THREADS = 4
_pool = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="bounded")
# A connection that was idle for so long is looked after before it is used.
IDLE_SECONDS = 1.0
_mine = threading.local()
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
    # Looking after a connection costs as much as what is asked: one that has just answered is not looked after.
    if time.monotonic() - getattr(_mine, "answered_at", 0.0) > IDLE_SECONDS:
        close_old_connections()
    try:
        answer = question()
    except BaseException:
        close_old_connections()
        raise
    _mine.answered_at = time.monotonic()
    return answer
