"""Questions to the database that must be answered soon or not at all, for addresses that anybody may call."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, TimeoutError
from functools import partial
from typing import Generic, TypeVar

from django.db import DatabaseError, InterfaceError, close_old_connections, connection

Answer = TypeVar("Answer")
Key = TypeVar("Key")

# A database that accepts connections and says nothing holds a thread for ever; more than these it never gets.
THREADS = 4
_pool = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="bounded")
# A connection that was idle for so long is looked after before it is used.
IDLE_SECONDS = 1.0
_mine = threading.local()
MOST_WAITING = 64
_waiting = threading.BoundedSemaphore(MOST_WAITING)
# Those who come while a question of `Together` is under way wait for the next one, but behind a slow one only so long.
PATIENCE_SECONDS = 0.1


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


class Together(Generic[Key, Answer]):
    """A question about keys, asked once for all who wait for an answer at the same moment.

    `question` returns what it knows, by key; of a key that is not there it knows nothing.
    """

    def __init__(self, question: Callable[[Sequence[Key]], Mapping[Key, Answer]]) -> None:
        self._question = question
        self._lock = threading.Lock()
        self._waiting: list[tuple[Key, Future[Answer | None]]] = []
        self._askers = 0
        self._asked_at = 0.0

    def ask(self, key: Key, *, seconds: float) -> Answer | None:
        """Return what the question knows of a key, or None; runs and raises as `run` does."""
        try:
            if connection.in_atomic_block:
                return self._question([key]).get(key)
            return self._soon(key, seconds)
        except (DatabaseError, InterfaceError) as error:
            raise Unavailable from error

    def _soon(self, key: Key, seconds: float) -> Answer | None:
        future: Future[Answer | None] = Future()
        with self._lock:
            if len(self._waiting) == MOST_WAITING:
                raise Unavailable
            self._waiting.append((key, future))
            is_slow = time.monotonic() - self._asked_at > PATIENCE_SECONDS
            is_needed = not self._askers or (is_slow and self._askers < THREADS)
            self._askers += is_needed
        if is_needed:
            _pool.submit(self._answer)
        try:
            return future.result(timeout=seconds)
        except TimeoutError as error:
            raise Unavailable from error
        finally:
            future.cancel()  # if nobody has begun to ask it

    def _answer(self) -> None:
        """Ask for all who wait, until nobody does."""
        while waiting := self._taken():
            keys = list(dict.fromkeys(key for key, _future in waiting))
            try:
                found = _asked(partial(self._question, keys))
            except BaseException as error:  # theirs who wait, as with any pool
                for _key, future in waiting:
                    future.set_exception(error)
            else:
                for key, future in waiting:
                    future.set_result(found.get(key))

    def _taken(self) -> list[tuple[Key, "Future[Answer | None]"]]:
        with self._lock:
            waiting = [one for one in self._waiting if one[1].set_running_or_notify_cancel()]
            self._waiting = []
            if waiting:
                self._asked_at = time.monotonic()
            else:
                self._askers -= 1
            return waiting


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
