"""`python -m tests.prove.mail_log HOST:PORT LOG PACE`: a mail server that takes everything and keeps a log of it.

It offers PIPELINING, and takes as many seconds to answer the final dot as the file PACE says. A line of the log is
written before the answer: the address that the mail came from, its recipient and its Message-ID, with tabs between.
"""

import asyncio
import os
import re
import sys
from pathlib import Path

from tests.prove.forwarding import place

_LONGEST = 1 << 22
_MESSAGE_ID = re.compile(rb"(?im)^Message-ID:\s*(\S+)")
_ADDRESS = re.compile(rb"<(.*)>")


class Server:
    """What all connections share."""

    def __init__(self, log: str, pace: Path) -> None:
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._pace = pace

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until the client leaves or is gone."""
        try:
            await self._talk(reader, writer)
        except (OSError, EOFError):
            pass
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer, recipient = writer.get_extra_info("peername")[0], b""
        writer.write(b"220 log\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                writer.write(b"250-log\r\n250 PIPELINING\r\n")
            elif verb == b"DATA":
                writer.write(b"354 go on\r\n")
                content = await reader.readuntil(b"\r\n.\r\n")
                await asyncio.sleep(float(self._pace.read_text()))
                self._note(peer, recipient, content)
                writer.write(b"250 2.0.0 taken\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 bye\r\n")
                return
            else:
                if verb == b"RCPT":
                    recipient = _first(_ADDRESS, line)
                writer.write(b"250 ok\r\n")

    def _note(self, peer: str, recipient: bytes, content: bytes) -> None:
        os.write(self._log, b"\t".join((peer.encode(), recipient, _first(_MESSAGE_ID, content))) + b"\n")


def _first(pattern: re.Pattern[bytes], text: bytes) -> bytes:
    found = pattern.search(text)
    return found[1] if found else b"?"


async def main(source: str, log: str, pace: str) -> None:
    """Serve until killed."""
    host, port = place(source)
    server = await asyncio.start_server(Server(log, Path(pace)).serve, host, port, limit=_LONGEST, backlog=500)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
