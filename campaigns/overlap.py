"""Work beside the network: a thread with a database connection of its own, or none where that is no help."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from django.db import connection

Result = TypeVar("Result")


class Aside:
    """Does one thing after the other: in a thread if `is_apart`, else at once. Close it when done."""

    def __init__(self, *, is_apart: bool) -> None:
        self.is_apart = is_apart
        self._pool = ThreadPoolExecutor(max_workers=1) if is_apart else None

    def do(self, work: Callable[..., Result], *args: Any) -> "Future[Result]":
        """Return what comes of the work; its error is raised by whoever asks for the result."""
        if self._pool is not None:
            return self._pool.submit(work, *args)
        future: Future[Result] = Future()
        try:
            future.set_result(work(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    def close(self) -> None:
        """Wait for what was begun, and give the connection back."""
        if self._pool is not None:
            self._pool.submit(_close_own)
            self._pool.shutdown()


def _close_own() -> None:
    # Named here, the connection is that of the thread that calls this.
    connection.close()
