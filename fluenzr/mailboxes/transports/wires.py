"""A pipelining line on its socket, which never blocks; with TLS or without."""

import math
import selectors
import socket
import ssl
import time

from fluenzr.mailboxes.transports import smtp
from fluenzr.mailboxes.transports.answers import Stage
from fluenzr.mailboxes.transports.base import Receipt
from fluenzr.mailboxes.transports.pipeline import Line
from fluenzr.mailboxes.transports.session import COMMAND_SECONDS, QUIT_SECONDS, Session

_AT_ONCE = 16_384
# TLS may have to read in order to write, and the reverse.
_WAITS = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
_READ = selectors.EVENT_READ
_BOTH = selectors.EVENT_READ | selectors.EVENT_WRITE


class Wire:
    """One connection of a relay: the socket of a session that is signed in, and the line that runs over it."""

    def __init__(self, session: Session, selector: selectors.BaseSelector, *, pipelining: bool) -> None:
        self.size_limit = session.size_limit
        self.line = Line(pipelining=pipelining and session.pipelining, sizes="SIZE" in session.extensions)
        self.deadline = math.inf
        self._selector = selector
        self._sock, unread = session.release()
        self._sock.setblocking(False)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._is_tls = isinstance(self._sock, ssl.SSLSocket)
        self._waits_for = _READ
        selector.register(self._sock, _READ, self)
        if unread:
            self.line.receive(unread)

    def turn(self, events: int) -> list[Receipt]:
        """Read and write what the socket is ready for; return the receipts that came of it."""
        receipts = self._read() if events & _READ or self._is_tls else []
        if self.line.out:
            receipts += self.flush()
        return receipts

    def flush(self) -> list[Receipt]:
        """Write what the line has to say, as far as the socket takes it, and begin to wait for the answer."""
        line = self.line
        waits_for = _READ
        try:
            while line.out:
                line.sent(self._sock.send(line.out))
        except ssl.SSLWantReadError:
            pass
        except _WAITS:
            waits_for = _BOTH
        except OSError as error:
            return self._cut_off(str(error))
        if waits_for != self._waits_for:
            self._waits_for = waits_for
            self._selector.modify(self._sock, waits_for, self)
        self.restart_clock()
        return []

    def restart_clock(self) -> None:
        """Give the server its time for what it owes now (RFC 5321, 4.5.3.2)."""
        line = self.line
        due = line.due
        if due is None:
            self.deadline = math.inf
        elif due is Stage.DOT:
            self.deadline = time.monotonic() + (smtp.BODY_SECONDS if line.out else smtp.DOT_SECONDS)
        else:
            self.deadline = time.monotonic() + (QUIT_SECONDS if due is Stage.QUIT else COMMAND_SECONDS)

    def close(self) -> None:
        """Drop the connection without a word; harmless when it is closed."""
        if self._sock.fileno() >= 0:
            self._selector.unregister(self._sock)
            self._sock.close()

    def _read(self) -> list[Receipt]:
        receipts: list[Receipt] = []
        line = self.line
        replies = line.replies
        try:
            while not line.is_over:
                raw = self._sock.recv(_AT_ONCE)
                if not raw:
                    receipts += line.end("the server closed the connection")
                elif receipts:
                    receipts += line.receive(raw)
                else:
                    receipts = line.receive(raw)
                # What TLS has decrypted already no selector knows of.
                if not self._is_tls or not self._sock.pending():  # type: ignore[attr-defined]
                    break
        except _WAITS:
            pass
        except OSError as error:
            receipts += line.end(str(error))
        if line.replies != replies:
            self.restart_clock()
        return receipts

    def _cut_off(self, reason: str) -> list[Receipt]:
        """Nothing more can be written. A server that refuses in the midst of a body says so before it hangs up."""
        receipts: list[Receipt] = []
        try:
            while not self.line.is_over and (raw := self._sock.recv(_AT_ONCE)):
                receipts += self.line.receive(raw)
        except OSError:
            pass
        return receipts + self.line.end(reason)
