"""What is said of one mail at the wire: its content as DATA carries it, and what the server's replies mean for it."""

import re
import uuid
from enum import StrEnum

from fluenzr.mailboxes import verdicts
from fluenzr.mailboxes.transports.base import Outcome, Receipt
from fluenzr.mailboxes.verdicts import Verdict

# All bytes that end no line.
_NO_ENDS = bytes(byte for byte in range(256) if byte not in b"\r\n")


class Stage(StrEnum):
    """What a reply answers."""

    RESET = "reset"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    DOT = "dot"
    QUIT = "quit"


def wire(content: bytes) -> bytes:
    """Return the content as DATA carries it: every line end CRLF, lone dots stuffed, the final dot at its end.

    A bare CR or LF inside is made a line end, so that no server can read a second mail out of one (RFC 5321, 2.3.8).
    """
    ends = content.translate(None, _NO_ENDS)
    if ends == b"\r\n" * (len(ends) // 2) and b"\r\n." not in content and content[:1] != b".":
        return content + (b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n")
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", content)
    if not lines.endswith(b"\r\n"):
        lines += b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", lines) + b".\r\n"


def receipt(key: uuid.UUID, code: int, text: str, stage: str) -> Receipt | None:
    """Return what a reply at a stage means for the mail, or None when it means nothing."""
    if 200 <= code < 300:
        return Receipt(key, Outcome.ACCEPTED, code, text) if stage == Stage.DOT else None
    if 400 <= code < 500:
        return Receipt(key, Outcome.DEFERRED, code, text)
    if not 500 <= code < 600:
        return None
    verdict = verdicts.of_refusal(code, text)
    if stage == Stage.MAIL and verdict in (Verdict.HARD, Verdict.SOFT):
        verdict = Verdict.POLICY  # nobody was named yet but ourselves
    return Receipt(key, Outcome.REFUSED, code, text, verdict)


def too_large(key: uuid.UUID, size: int, limit: int) -> Receipt:
    """Return the receipt of a mail that is larger than the server says it takes (RFC 1870)."""
    text = f"the mail has {size} bytes; the server takes {limit}"
    return Receipt(key, Outcome.REFUSED, 552, text, Verdict.MESSAGE)
