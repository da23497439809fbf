"""Writes a mail: RFC 5322 and MIME, with CRLF line ends, in ASCII, byte for byte the same on every call.

Our own, because the standard library takes about a millisecond a mail (this takes a few hundredths of it) and folds
headers where we want one line. Whatever a name or subject holds, it stays inside its header.
"""

import base64
import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from email.message import MIMEPart
from email.policy import SMTP
from email.utils import format_datetime

from campaigns.mail import quoting
from campaigns.mail.quoting import MAX_LINE

# Line ends of any kind, controls, and what turns the direction of text around: none of it belongs into a header.
_SPACE = re.compile(r"[\t\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u206f\ufeff\ufff9-\ufffb]")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ATOMS = re.compile(rf"{_ATOM}( {_ATOM})*")
_PLAIN = re.compile(r"[\x21-\x7e]+( [\x21-\x7e]+)*")

Header = tuple[str, str]


def clean(text: str) -> str:
    """Return a text fit for a header's value: one line, no controls, no changes of direction, valid Unicode."""
    if text.isascii() and text.isprintable():
        return text.strip(" ")
    text = text.encode("utf-8", "replace").decode()
    return _UNSEEN.sub("", _SPACE.sub(" ", text)).strip()


def unstructured(name: str, text: str) -> Header:
    """Return a header of free text, such as the subject: as it is, folded, or as encoded words (RFC 2047)."""
    text = clean(text)
    folded = _folded(text, room=MAX_LINE - len(name) - 2)
    return name, folded if folded is not None else _encoded_words(text, room=MAX_LINE - len(name) - 2)


def mailbox(name: str, display: str, address: str) -> Header:
    """Return a header with one address; the address must be ASCII (see `fluenzr.mailboxes.envelopes`)."""
    display = clean(display)
    if not display:
        return name, f"<{address}>"
    room = MAX_LINE - len(name) - 2
    if display.isascii() and len(display) <= room - 4:
        # RFC 2047, section 5: what looks like an encoded word must not stand there as text.
        quoted = display if _ATOMS.fullmatch(display) and "=?" not in display else _quoted(display)
        if "=?" not in display and len(quoted) <= room:
            return name, _joined(name, quoted, f"<{address}>")
    return name, _encoded_words(display, room=room) + f"\r\n <{address}>"


def _joined(name: str, display: str, address: str) -> str:
    fits = len(name) + len(display) + len(address) + 3 <= MAX_LINE
    return f"{display} {address}" if fits else f"{display}\r\n {address}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def ids(name: str, message_ids: Sequence[str]) -> Header:
    """Return a header of Message-IDs, given without brackets, one a line."""
    return name, "\r\n ".join([f"<{clean(one).replace(' ', '')}>" for one in message_ids])


def date(at: datetime) -> Header:
    """Return the Date header of an instant."""
    return "Date", format_datetime(at)


def _folded(text: str, *, room: int) -> str | None:
    """Return an ASCII text folded at its spaces, or None where that would not give the same text back."""
    if not text:
        return ""
    if not _PLAIN.fullmatch(text) or "=?" in text:
        return None
    if len(text) <= room:
        return text
    lines, line = [], ""
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) > room:
            lines.append(line)
            line, room = word, MAX_LINE - 1
        else:
            line = f"{line} {word}" if line else word
        if len(line) > room:
            return None
    return "\r\n ".join([*lines, line])


def _encoded_words(text: str, *, room: int) -> str:
    """Return the text as base64 words of at most 75 characters, cut between characters, each on its own line."""
    raw = text.encode()
    if _word_length(len(raw)) <= min(room, 75):
        return _word(raw)
    words: list[str] = []
    chunk = b""
    for cluster in _clusters(text):
        raw = cluster.encode()
        if chunk and _word_length(len(chunk) + len(raw)) > min(room, 75):
            words.append(_word(chunk))
            chunk, room = b"", MAX_LINE - 1
        chunk += raw
    if chunk:
        words.append(_word(chunk))
    return "\r\n ".join(words)


def _clusters(text: str) -> list[str]:
    """Return the characters, each with the accents that belong to it, unless these are too many for a line."""
    found: list[str] = []
    for letter in text:
        if found and unicodedata.combining(letter) and len(found[-1].encode()) < 24:
            found[-1] += letter
        else:
            found.append(letter)
    return found


def _word_length(size: int) -> int:
    return len("=?utf-8?b??=") + -(-size // 3) * 4


def _word(raw: bytes) -> str:
    return f"=?utf-8?b?{base64.b64encode(raw).decode()}?="


def alternative(
    headers: Sequence[Header], *, text: str, html: str, boundary: str, files: Sequence[bytes] = ()
) -> bytes:
    """Return the bytes of a mail with a text part and an HTML part, and with `files` as `attached` makes them.

    The boundaries begin with `=_`, which no encoding of the parts can produce, so nothing inside can end its part.
    """
    parts = [part(subtype, *_transfer(said)) for subtype, said in (("plain", text), ("html", html))]
    return finished(opened(headers, parts, boundary=boundary, has_files=bool(files)).encode("ascii"), boundary, files)


def part(subtype: str, encoding: str, body: str) -> str:
    """Return a part of a mail whose body is encoded."""
    return f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}"


def opened(headers: Sequence[Header], parts: Sequence[str], *, boundary: str, has_files: bool) -> str:
    """Return a mail of these alternative parts up to where its files follow; see `finished`."""
    lines = [f"{name}: {value}" for name, value in headers]
    head = "\r\n".join([*lines, "MIME-Version: 1.0", ""])
    if has_files:
        outer = _outer(boundary)
        head += f"{_multipart('mixed', outer)}\r\n--{outer}\r\n"
    inner = "".join(f"\r\n--{boundary}\r\n{one}" for one in parts)
    return f"{head}{_multipart('alternative', boundary)}{inner}\r\n--{boundary}--\r\n"


def finished(mail: bytes, boundary: str, files: Sequence[bytes]) -> bytes:
    """Return a mail that was `opened`, with its files, as `attached` makes them."""
    if not files:
        return mail
    mark = f"\r\n--{_outer(boundary)}".encode("ascii")
    enclosed = (piece for file in files for piece in (mark, b"\r\n", file))
    return b"".join((mail, *enclosed, mark, b"--\r\n"))


def _outer(boundary: str) -> str:
    # No boundary may be how another one begins.
    return f"=_={boundary.removeprefix('=_')}"


def _multipart(subtype: str, boundary: str) -> str:
    return f'Content-Type: multipart/{subtype};\r\n boundary="{boundary}"\r\n'


def attached(name: str, media_type: str, content: bytes) -> bytes:
    """Return the part of a file, with its headers; a name beyond ASCII is written as RFC 2231 asks."""
    part = MIMEPart(policy=SMTP)
    part["Content-Type"] = media_type
    part.add_header("Content-Disposition", "attachment", filename=clean(name))
    part["Content-Transfer-Encoding"] = "base64"
    return part.as_bytes() + base64.encodebytes(content).rstrip().replace(b"\n", b"\r\n")


def _transfer(text: str) -> tuple[str, str]:
    """Return the encoding and the encoded text with CRLF line ends; lines are at most 76 characters (RFC 2045)."""
    raw = quoting.normal(text).encode("utf-8", "replace")
    if not quoting.is_heavy(raw):
        return "quoted-printable", quoting.whole(raw).decode("ascii")
    encoded = base64.b64encode(raw.replace(b"\n", b"\r\n")).decode()
    return "base64", "\r\n".join([encoded[at : at + MAX_LINE] for at in range(0, len(encoded), MAX_LINE)])
