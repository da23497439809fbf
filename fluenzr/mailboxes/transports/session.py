"""One SMTP connection in lock-step: a command, then its whole reply, each within a time that has an end.

Not `smtplib`: its waits begin anew with every byte, so a server that drips holds a worker for ever; its login tries one
mechanism after the other, which locks accounts out; and it reads a reply of its own making (a line too long) as a 5xx.
"""

import base64
import re
import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.conf import settings

from fluenzr.core import hosts
from fluenzr.core.errors import Invalid
from fluenzr.mailboxes.enums import Encryption
from fluenzr.mailboxes.transports.base import TransportDown

COMMAND_SECONDS = 50.0
# From the first packet to a session that may send: no worker waits longer for a server that does not speak.
SETUP_SECONDS = 50.0
QUIT_SECONDS = 3.0
MAX_LINE = 4096
MAX_LINES = 200
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


class Lost(Exception):
    """The connection broke, fell silent or spoke no SMTP; nothing was replied."""


@dataclass(frozen=True)
class Reply:
    """A server's reply: its code, and the words of each of its lines."""

    code: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The words on one line."""
        return " ".join(self.lines)

    @property
    def is_ok(self) -> bool:
        """2xx: done."""
        return 200 <= self.code < 300

    @property
    def is_transient(self) -> bool:
        """4xx: not now."""
        return 400 <= self.code < 500

    @property
    def is_permanent(self) -> bool:
        """5xx: never."""
        return 500 <= self.code < 600


@dataclass(frozen=True)
class Door:
    """Where to connect and as whom; no user name means no login."""

    host: str
    port: int
    encryption: str
    username: str = ""
    password: str = ""


class Session:
    """A connection that was greeted, secured and signed in."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._pending = bytearray()
        self.extensions: dict[str, str] = {}

    @property
    def pipelining(self) -> bool:
        """Whether the server takes several commands at once."""
        return "PIPELINING" in self.extensions

    @property
    def size_limit(self) -> int | None:
        """The largest mail that the server takes, where it says so (RFC 1870)."""
        limit = self.extensions.get("SIZE", "")
        return int(limit) if limit.isdigit() and int(limit) > 0 else None

    def command(self, line: str, *, seconds: float = COMMAND_SECONDS) -> Reply:
        """Send one command line of ASCII and return the reply.

        Raises:
            Lost: see there.
            ValueError: the line holds a line end or something not ASCII; nothing was sent.
        """
        self.write(_command(line), seconds=seconds)
        return self.reply(seconds=seconds)

    def commands(self, lines: Sequence[str]) -> Iterator[Reply]:
        """Send commands, in one write where the server offers PIPELINING (RFC 2920), and yield the reply to each.

        Without it a command is sent when the reply before it was taken, so who stops reading stops the rest.

        Raises:
            Lost, ValueError: as `command`.
        """
        if not self.pipelining:
            yield from map(self.command, lines)
            return
        self.write(b"".join(map(_command, lines)), seconds=COMMAND_SECONDS)
        for _line in lines:
            yield self.reply(seconds=COMMAND_SECONDS)

    def write(self, raw: bytes, *, seconds: float) -> None:
        """Send bytes as they are; Lost when they do not get through in time."""
        deadline = time.monotonic() + seconds
        view = memoryview(raw)
        try:
            while view:
                self._sock.settimeout(_left(deadline))
                view = view[self._sock.send(view) :]
        except OSError as error:
            raise Lost(str(error)) from error

    def reply(self, *, seconds: float) -> Reply:
        """Read one reply with all its lines (RFC 5321, section 4.2); Lost when it is not complete in time."""
        deadline = time.monotonic() + seconds
        lines: list[str] = []
        while len(lines) < MAX_LINES:
            line = self._line(deadline)
            if not re.match(rb"[2-5][0-9]{2}([ -]|$)", line):
                break
            lines.append(clean(line[4:]))
            if line[3:4] != b"-":
                return Reply(int(line[:3]), tuple(lines))
        raise Lost("the server speaks no SMTP")

    def _line(self, deadline: float) -> bytes:
        while (end := self._pending.find(b"\n")) < 0:
            if len(self._pending) > MAX_LINE:
                raise Lost("the server speaks no SMTP")
            try:
                self._sock.settimeout(_left(deadline))
                received = self._sock.recv(4096)
            except OSError as error:
                raise Lost(str(error)) from error
            if not received:
                raise Lost("the server closed the connection")
            self._pending += received
        line = bytes(self._pending[:end])
        del self._pending[: end + 1]
        return line.rstrip(b"\r")

    def greet(self, *, seconds: float = COMMAND_SECONDS) -> Reply:
        """Say EHLO (HELO where that is unknown) and note the extensions."""
        self.extensions = {}
        name = _own_name(self._sock)
        reply = self.command(f"EHLO {name}", seconds=seconds)
        if reply.code in (500, 502):
            return self.command(f"HELO {name}", seconds=seconds)
        for line in reply.lines[1:]:
            # Old servers write `AUTH=PLAIN` beside or instead of `AUTH PLAIN`.
            keyword, _space, parameters = line.replace("=", " ", 1).partition(" ")
            known = self.extensions.get(keyword.upper(), "")
            self.extensions[keyword.upper()] = f"{known} {parameters}".strip()
        return reply

    def secure(self, host: str, *, seconds: float) -> None:
        """Wrap the connection in TLS and check the certificate against the host's name; OSError when that fails."""
        self._sock.settimeout(max(0.1, seconds))
        # What was sent before the handshake is not protected by it (CVE-2011-0411).
        self._pending.clear()
        self._sock = ssl.create_default_context().wrap_socket(self._sock, server_hostname=host)

    def release(self) -> tuple[socket.socket, bytes]:
        """Give the socket away, and what was received and not yet read; the session is of no more use."""
        return self._sock, bytes(self._pending)

    def close(self) -> None:
        """Drop the connection without a word."""
        self._sock.close()

    def quit(self) -> None:
        """Say good-bye and close; what the server makes of it does not matter."""
        try:
            self.command("QUIT", seconds=QUIT_SECONDS)
        except Lost:
            pass
        finally:
            self.close()


def _command(line: str) -> bytes:
    raw = line.encode("ascii")
    if b"\r" in raw or b"\n" in raw or b"\x00" in raw:
        raise ValueError("a command is one line")
    return raw + b"\r\n"


def clean(words: bytes) -> str:
    """Return a server's words as text without control characters."""
    text = words.decode(errors="replace").strip()
    return text if text.isprintable() else _CONTROLS.sub(" ", text).strip()


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the server did not answer in time")
    return left


def _own_name(sock: socket.socket) -> str:
    """Return what we call ourselves: the site's name if it is a full one, else our address (RFC 5321, 4.1.3)."""
    name = settings.SITE_URL.partition("://")[2].partition("/")[0].partition(":")[0]
    if re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*", name, re.IGNORECASE):
        return str(name)
    ip = sock.getsockname()[0]
    return f"[IPv6:{ip}]" if ":" in ip else f"[{ip}]"


def dial(door: Door) -> Session:
    """Connect, secure and sign in, all within SETUP_SECONDS.

    Raises:
        TransportDown: with the kind of what failed.
    """
    deadline = time.monotonic() + SETUP_SECONDS
    try:
        sock = hosts.connect(door.host, door.port, timeout=SETUP_SECONDS / 2)
    except Invalid as error:
        raise TransportDown("connect", str(error), permanent=True) from error
    except (OSError, OverflowError, UnicodeError) as error:
        raise TransportDown("connect", str(error), permanent=False) from error
    session = Session(sock)
    try:
        _set_up(session, door, deadline)
    except Lost as error:
        session.close()
        raise TransportDown("connect", str(error), permanent=False) from error
    except BaseException:
        session.close()
        raise
    return session


def _set_up(session: Session, door: Door, deadline: float) -> None:
    if door.encryption == Encryption.SSL:
        _secure(session, door, deadline)
    _demand(session.reply(seconds=_left_or_lost(deadline)), "limit")
    _demand(session.greet(seconds=_left_or_lost(deadline)), "limit")
    if door.encryption == Encryption.TLS:
        if "STARTTLS" not in session.extensions:
            raise TransportDown("tls", "the server does not offer STARTTLS", permanent=True)
        _demand(session.command("STARTTLS", seconds=_left_or_lost(deadline)), "tls")
        _secure(session, door, deadline)
        _demand(session.greet(seconds=_left_or_lost(deadline)), "limit")
    if door.username:
        _demand(_login(session, door, deadline), "auth")


def _left_or_lost(deadline: float) -> float:
    try:
        return _left(deadline)
    except TimeoutError as error:
        raise Lost(str(error)) from error


def _demand(reply: Reply, kind: str) -> None:
    if not reply.is_ok:
        raise TransportDown(kind, f"{reply.code} {reply.text}".strip(), permanent=not reply.is_transient)


def _secure(session: Session, door: Door, deadline: float) -> None:
    try:
        session.secure(door.host, seconds=_left_or_lost(deadline))
    except ssl.SSLCertVerificationError as error:
        raise TransportDown("tls", error.verify_message or str(error), permanent=True) from error
    except ssl.SSLError as error:
        raise TransportDown("tls", error.reason or str(error), permanent=False) from error
    except (OSError, ValueError) as error:
        raise TransportDown("tls", str(error), permanent=False) from error


def _login(session: Session, door: Door, deadline: float) -> Reply:
    """Sign in once, by one mechanism: each refused try counts towards a lock-out."""
    mechanisms = session.extensions.get("AUTH", "").upper().split()
    user, password = door.username.encode(), door.password.encode()
    if "PLAIN" in mechanisms:
        secret = base64.b64encode(b"\0" + user + b"\0" + password).decode()
        return session.command(f"AUTH PLAIN {secret}", seconds=_left_or_lost(deadline))
    if "LOGIN" in mechanisms:
        reply = session.command("AUTH LOGIN", seconds=_left_or_lost(deadline))
        for part in (user, password):
            if reply.code != 334:
                return reply
            reply = session.command(base64.b64encode(part).decode(), seconds=_left_or_lost(deadline))
        return reply
    offered = ", ".join(mechanisms) or "none"
    raise TransportDown("auth", f"the server offers no login by password (it offers {offered})", permanent=True)
