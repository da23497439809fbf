"""Readers whose requests are numbered, while the server is killed under them."""

import http.client
import itertools
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

READERS = 8
MARK = "Mozilla/5.0 probe/"


class Readers:
    """Threads that ask without pause, each request once; `answered` are the numbers of those that got an answer."""

    def __init__(self, port: int, paths: Sequence[str]) -> None:
        self.answered: set[int] = set()
        self.asked = 0
        self._port = port
        self._paths = paths
        self._numbers = itertools.count()
        self._stop = threading.Event()

    def _read(self) -> None:
        connection = self._connected()
        while not self._stop.is_set():
            number = next(self._numbers)
            path = self._paths[number % len(self._paths)]
            try:
                connection.request("GET", path, headers={"Host": "testserver", "User-Agent": f"{MARK}{number}"})
                answer = connection.getresponse()
                answer.read()
                if answer.status in (200, 302):
                    self.answered.add(number)
            except (OSError, http.client.HTTPException):
                connection.close()
                time.sleep(0.02)
                connection = self._connected()
        connection.close()

    def _connected(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Let them ask meanwhile."""
        threads = [threading.Thread(target=self._read) for _reader in range(READERS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()
            self.asked = next(self._numbers)

    def wait(self, more: int, *, seconds: float = 30) -> None:
        """Wait until so many more are answered."""
        enough, end = len(self.answered) + more, time.monotonic() + seconds
        while len(self.answered) < enough and time.monotonic() < end:
            time.sleep(0.01)


def numbers(agents: Sequence[str]) -> list[int]:
    """Return the numbers of the requests that hits say they came from."""
    found = []
    for agent in agents:
        with suppress(ValueError):
            found.append(int(agent.removeprefix(MARK)))
    return found
