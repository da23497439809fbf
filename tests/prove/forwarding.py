"""`python -m tests.prove.forwarding FROM TO [SECONDS]`: carries TCP from one HOST:PORT to another.

Given seconds, it holds back what it carries for so long in each direction, as a longer way would; only the handshake of
TCP itself is as quick as ever.
"""

import asyncio
import sys
from collections import deque


class Half(asyncio.Protocol):
    """One of the two connections of a pair; what it receives goes to the other one."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.other: Half | None = None
        self.transport: asyncio.Transport | None = None
        # What is on its way to this end, and when it arrives; None is the end of it.
        self._coming: deque[tuple[float, bytes | None]] = deque()
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._arrive()

    def data_received(self, data: bytes) -> None:
        assert self.other is not None, "both are made together"
        self.other.bring(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.other is not None:
            self.other.bring(None)

    def bring(self, data: bytes | None) -> None:
        """Have this arrive in time; in the order in which it came."""
        if not self.seconds and not self._coming and self.transport is not None:
            self._take(data)
            return
        self._coming.append((self._loop.time() + self.seconds, data))
        if len(self._coming) == 1 and self.transport is not None:
            self._loop.call_at(self._coming[0][0], self._arrive)

    def _arrive(self) -> None:
        while self._coming and self._coming[0][0] <= self._loop.time():
            self._take(self._coming.popleft()[1])
        if self._coming:
            self._loop.call_at(self._coming[0][0], self._arrive)

    def _take(self, data: bytes | None) -> None:
        assert self.transport is not None, "asked for before"
        if data is None:
            self.transport.close()
        else:
            self.transport.write(data)


class Entrance(Half):
    """The half that somebody dialled; it dials the other."""

    def __init__(self, seconds: float, target: tuple[str, int]) -> None:
        super().__init__(seconds)
        self._target = target
        self._dialling: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.other = Half(self.seconds)
        self.other.other = self
        super().connection_made(transport)
        self._dialling = self._loop.create_task(self._dial())

    async def _dial(self) -> None:
        other = self.other
        assert other is not None, "just made"
        try:
            await self._loop.create_connection(lambda: other, *self._target)
        except OSError:
            self.bring(None)


def place(text: str) -> tuple[str, int]:
    """HOST:PORT as its two halves."""
    host, _colon, port = text.rpartition(":")
    return host, int(port)


async def main(source: str, target: str, seconds: str = "0") -> None:
    """Carry until killed."""
    loop = asyncio.get_running_loop()
    host, port = place(source)
    server = await loop.create_server(lambda: Entrance(float(seconds), place(target)), host, port, backlog=500)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
