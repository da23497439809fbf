"""An IMAP server at the wire that misbehaves on request: it drops lines, renumbers mails, refuses logins."""

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

STAMP = "%d-%b-%Y %H:%M:%S +0000"


@dataclass
class Mailbox:
    """What the server holds: mails by UID, with the time at which each came in."""

    port: int = 0
    validity: int = 7
    mails: dict[int, tuple[datetime, bytes]] = field(default_factory=dict)
    password: str = "right"
    drop_at: list[int] = field(default_factory=list)
    silent: bool = False
    logins: int = 0
    commands: list[str] = field(default_factory=list)

    def put(self, content: bytes, *, at: datetime | None = None) -> int:
        uid = max(self.mails, default=0) + 1
        self.mails[uid] = (at or datetime.now(UTC), content)
        return uid

    def renumber(self) -> None:
        """Give all mails other numbers, as a restored mailbox does."""
        self.validity += 1
        self.mails = {uid + 100: mail for uid, mail in self.mails.items()}


@contextlib.contextmanager
def imap_server() -> Iterator[Mailbox]:
    """Run a server on loopback; the connections speak without TLS."""
    box = Mailbox()
    listener = socket.create_server(("127.0.0.1", 0))
    box.port = listener.getsockname()[1]
    threading.Thread(target=_accept, args=(listener, box), daemon=True).start()
    try:
        yield box
    finally:
        listener.close()


def _accept(listener: socket.socket, box: Mailbox) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _peer = listener.accept()
            threading.Thread(target=_serve, args=(connection, box), daemon=True).start()


def _serve(connection: socket.socket, box: Mailbox) -> None:
    with contextlib.suppress(OSError, _Drop), connection, connection.makefile("rwb") as wire:
        if box.silent:
            wire.read()
            return
        wire.write(b"* OK hello\r\n")
        wire.flush()
        for line in wire:
            tag, command = line.decode().rstrip("\r\n").split(" ", 1)
            box.commands.append(command)
            wire.write(_answer(box, command) + f"{tag} {_status(box, command)}\r\n".encode())
            wire.flush()
            if command == "LOGOUT":
                return


class _Drop(Exception):
    """The connection ends here."""


def _status(box: Mailbox, command: str) -> str:
    if command.startswith("LOGIN"):
        box.logins += 1
        return "OK in" if box.password in command else "NO [AUTHENTICATIONFAILED] wrong"
    return "OK [READ-ONLY] done" if command.startswith("EXAMINE") else "OK done"


def _answer(box: Mailbox, command: str) -> bytes:
    if command == "LOGOUT":
        return b"* BYE\r\n"
    if command == "CAPABILITY":
        return b"* CAPABILITY IMAP4rev1\r\n"
    if command.startswith("EXAMINE"):
        end = max(box.mails, default=0) + 1
        text = f"* {len(box.mails)} EXISTS\r\n* OK [UIDVALIDITY {box.validity}] x\r\n* OK [UIDNEXT {end}] x\r\n"
        return text.encode()
    if command.startswith("UID SEARCH"):
        return b"* SEARCH" + b"".join(f" {uid}".encode() for uid in _found(box, command)) + b"\r\n"
    if command.startswith("UID FETCH"):
        return b"".join(_fetched(box, int(uid), command) for uid in _numbers(command) if int(uid) in box.mails)
    return b""


def _numbers(command: str) -> list[int]:
    numbers: list[int] = []
    for part in command.split(" ")[2].split(","):
        start, _colon, end = part.partition(":")
        numbers += range(int(start), int(end or start) + 1)
    return numbers


def _found(box: Mailbox, command: str) -> list[int]:
    since = re.search(r'SINCE "?(\d+-\w+-\d+)', command)
    if since:
        day = datetime.strptime(since[1], "%d-%b-%Y").replace(tzinfo=UTC)
        return [uid for uid, (at, _content) in box.mails.items() if at >= day]
    first = int(re.search(r"UID (\d+):", command)[1])  # type: ignore[index]
    # `n:*` names the last mail, also when its number is lower.
    return [uid for uid in box.mails if uid >= first] or [max(box.mails)] * bool(box.mails)


def _fetched(box: Mailbox, uid: int, command: str) -> bytes:
    at, content = box.mails[uid]
    head = f"* {uid} FETCH (UID {uid} "
    if "RFC822.SIZE" in command:
        return f'{head}RFC822.SIZE {len(content)} INTERNALDATE "{at:{STAMP}}")\r\n'.encode()
    if uid in box.drop_at:
        box.drop_at.remove(uid)
        raise _Drop
    return f"{head}BODY[] {{{len(content)}}}\r\n".encode() + content + b")\r\n"
