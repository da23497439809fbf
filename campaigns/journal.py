"""What this process did at the mail servers, on local disk: the part of the truth that a database cannot hold.

A line is appended before a body is sent and another when the server answered, with one write each and no fsync: it
survives the death of the process, not of the machine, and is read so (design.md section 3). The file is locked as long
as its process lives, also while that is stopped, so nobody takes a sleeping sender for a dead one.
"""

import fcntl
import json
import os
import secrets
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from fluenzr.mailboxes.transports.base import Outcome, Receipt
from fluenzr.mailboxes.verdicts import Verdict

_encode = json.JSONEncoder().encode


class Trace(StrEnum):
    """What the journal knows of a message that was opened and not settled."""

    ANSWERED = "answered"
    BEGUN = "begun"
    UNTOUCHED = "untouched"
    ALIVE = "alive"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True)
class Owner:
    """Who holds a message: the machine, its boot, and the journal file of the process."""

    node: str
    boot: str
    file: str

    def __str__(self) -> str:
        return f"{self.node}/{self.boot}/{self.file}"

    @classmethod
    def parse(cls, text: str) -> "Owner | None":
        """Return the owner that a row names, or None."""
        parts = text.split("/")
        return cls(*parts) if len(parts) == 3 else None


class Journal:
    """The journal of this process; made at its first use, after any fork."""

    def __init__(self) -> None:
        folder().mkdir(parents=True, exist_ok=True)
        name = f"{os.getpid()}-{secrets.token_hex(6)}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        self._descriptor = os.open(folder() / name, flags, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        self.owner = Owner(node_id(), boot_id(), name)

    def begun(self, message: UUID, fence: int) -> None:
        """Note that a body may be on the wire from now on."""
        self._append(f'{{"what": "begun", "message": "{message}", "fence": {fence}}}')

    def answered(self, receipt: Receipt, fence: int) -> None:
        """Note what the server said to a body."""
        told = _encode({**vars(receipt), "id": str(receipt.id)})
        self._append(f'{{"what": "answered", "message": "{receipt.id}", "fence": {fence}, "receipt": {told}}}')

    def _append(self, line: str) -> None:
        os.write(self._descriptor, f"{line}\n".encode())


_journals: dict[int, Journal] = {}


def mine() -> Journal:
    """Return the journal of this process, also right after a fork."""
    pid = os.getpid()
    if pid not in _journals:
        _journals.clear()
        _journals[pid] = Journal()
    return _journals[pid]


def folder() -> Path:
    """Return where the journals of this machine lie."""
    return Path(settings.DATA_DIR) / "journal"


@cache
def node_id() -> str:
    """Return the name of this data folder, made once; two machines never share one."""
    path = Path(settings.DATA_DIR) / "node"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read_node(path)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(8))
    return _read_node(path)


def _read_node(path: Path) -> str:
    name = path.read_text().strip()
    return name or secrets.token_hex(8)  # being written by another process this very moment: stay nobody's


@cache
def boot_id() -> str:
    """Return what changes when the machine restarts, when unsynced lines may be gone."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return "unknown-" + secrets.token_hex(8)


def trace(owner: Owner | None, message: UUID, fence: int) -> tuple[Trace, Receipt | None]:
    """Return what is known of a message that `owner` opened under this fence, and the server's answer if any came."""
    if owner is None or owner.node != node_id():
        return Trace.ELSEWHERE, None
    path = folder() / owner.file
    if owner.file == mine().owner.file or not _is_dead(path):
        return Trace.ALIVE, None
    begun, receipt = False, None
    for line in _lines(path):
        if line.get("message") == str(message) and line.get("fence") == fence:
            begun = True
            if line["what"] == "answered":
                receipt = _load(line["receipt"])
    if receipt is not None:
        return Trace.ANSWERED, receipt
    # A missing line proves that nothing was begun only where no restart can have eaten it.
    return (Trace.UNTOUCHED if not begun and owner.boot == boot_id() and path.exists() else Trace.BEGUN), None


def drop_dead(in_use: set[str]) -> None:
    """Delete the journals of dead processes that no open message names."""
    for path in folder().glob("*-*"):
        if path.name not in in_use and path.name != mine().owner.file and _is_dead(path):
            path.unlink(missing_ok=True)


def _is_dead(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return True
    except BlockingIOError:
        return False
    return True


def _lines(path: Path) -> list[dict[str, Any]]:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return []
    # A line without its newline was cut off by the death of its writer: what it says did not come to pass.
    return [json.loads(line) for line in raw.split(b"\n")[:-1] if line]


def _load(line: dict[str, Any]) -> Receipt:
    verdict = Verdict(line["verdict"]) if line["verdict"] else None
    return Receipt(**{**line, "id": UUID(line["id"]), "outcome": Outcome(line["outcome"]), "verdict": verdict})
