"""Makes connections at the same time: each is dialled in a thread of its own, where it may block."""

import threading
from queue import Empty, SimpleQueue

from fluenzr.mailboxes.transports.base import TransportDown
from fluenzr.mailboxes.transports.session import Door, Session, dial


class Dialler:
    """Dials one door in the background."""

    def __init__(self, door: Door) -> None:
        self.under_way = 0
        self._door = door
        self._made: SimpleQueue[Session | TransportDown] = SimpleQueue()
        self._lock = threading.Lock()
        self._is_closed = False

    def start(self, count: int) -> None:
        """Begin to dial so many connections."""
        for _number in range(count):
            self.under_way += 1
            threading.Thread(target=self._dial, name="dial", daemon=True).start()

    def made(self, *, wait: bool = False) -> list[Session | TransportDown]:
        """Return the connections that came, and why others did not; `wait` for at least one of those under way."""
        results: list[Session | TransportDown] = []
        try:
            while self.under_way:
                results.append(self._made.get(block=wait and not results))
                self.under_way -= 1
        except Empty:
            pass
        return results

    def close(self) -> None:
        """Give up what is under way: what still comes is closed at once."""
        with self._lock:
            self._is_closed = True
        for made in self.made():
            if isinstance(made, Session):
                made.close()

    def _dial(self) -> None:
        result: Session | TransportDown
        try:
            result = dial(self._door)
        except TransportDown as down:
            result = down
        except Exception as error:  # whoever waits must hear of it, whatever it is
            result = TransportDown("connect", str(error), permanent=False)
        with self._lock:
            if not self._is_closed:
                self._made.put(result)
            elif isinstance(result, Session):
                result.close()
