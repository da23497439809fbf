"""Quoted-printable (RFC 2045, section 6.7): of whole texts, and of texts that are cut where values come in later.

Lines have at most 76 characters with their soft break, no blank stands at the end of one, and none begins with a dot,
so that SMTP need not double any.
"""

import binascii
import re
from collections.abc import Mapping

MAX_LINE = 76
# With room for the `=` of a soft break.
_ROOM = MAX_LINE - 1
SOFT = "=\r\n"
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_END_OF_FULL_LINE = re.compile(rb"(?m)^([^\n]{74,75})(=20|=09)$")
_DOTTED = re.compile(rb"(?m)^\.[^\n]*")
_HIGH = bytes(range(127, 256))
# What stands for itself in both bodies, also as HTML, and may be a line: no dot at the start, no blank at either end.
_SAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 !#$%()*+,./:;?@\[\]^_`{|}~-]{0,73}[A-Za-z0-9.!?)])?")
is_same = _SAME.fullmatch
_UNITS = [chr(byte) if 32 <= byte < 127 and byte != 61 else f"={byte:02X}" for byte in range(256)]
_RUNS = re.compile(r"[ -<>-~]+|.", re.DOTALL)
_RUN_OF_SAFE = re.compile(r"[ -<>-~]")
_MARK = re.compile(r"\x00(\d+)\x00")


class Unquotable(ValueError):
    """A text that must not be quoted in pieces: it holds controls, or is better written in base64."""


def normal(text: str) -> str:
    """Return a text as a body may have it: lines end with a line feed, and there are no other controls."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def is_heavy(raw: bytes) -> bool:
    """Whether so much of a text is beyond ASCII that base64 is shorter."""
    return (len(raw) - len(raw.translate(None, _HIGH))) * 6 > len(raw)


def whole(raw: bytes) -> bytes:
    """Return a body in UTF-8, with line feeds, as quoted-printable with CRLF."""
    quoted = binascii.b2a_qp(raw, quotetabs=False, istext=True, header=False)
    if quoted.find(b"=20\n") >= 0 or quoted.find(b"=09\n") >= 0 or quoted.endswith((b"=20", b"=09")):
        # `binascii` encodes a blank at the end of a full line without making room for it.
        quoted = _END_OF_FULL_LINE.sub(rb"\1=\n\2", quoted)
    if quoted.startswith(b".") or b"\n." in quoted:
        quoted = _DOTTED.sub(lambda match: _undotted(match[0]), quoted)
    return quoted.replace(b"\n", b"\r\n")


def _undotted(line: bytes) -> bytes:
    """Return a line that begins with a dot as one that does not, or as two where it was full."""
    if len(line) <= MAX_LINE - 2:
        return b"=2E" + line[1:]
    cut = MAX_LINE - 6
    escape = line.rfind(b"=", cut - 2, cut)
    cut = escape if escape >= 0 else cut
    rest = line[cut:]
    return b"=2E" + line[1:cut] + b"=\n" + (_undotted(rest) if rest.startswith(b".") else rest)


def value(text: str) -> str:
    """Return a value as lines of their own, to stand between soft breaks; where these are, `spread` sees to it.

    Raises:
        Unquotable: see there.
    """
    if is_same(text):
        return text
    raw = text.encode()
    if _CONTROLS.search(text) or "\r" in text:
        raise Unquotable
    if len(raw) > 200 and is_heavy(raw):
        raise Unquotable
    if len(raw) <= _ROOM // 3 and b"\n" not in raw:
        return _short("".join([_UNITS[byte] for byte in raw]))
    quoted = whole(raw).decode("ascii")
    last = len(quoted) - (quoted.rfind("\n") + 1)
    if last <= _ROOM:
        return quoted
    cut = -3 if quoted[-3] == "=" else -1
    return quoted[:cut] + SOFT + (quoted[cut:] if quoted[cut:] != "." else "=2E")


def _short(quoted: str) -> str:
    """Return what fits onto one line, with its ends as a line may have them."""
    if quoted.endswith(" "):
        quoted = f"{quoted[:-1]}=20"
    return f"=2E{quoted[1:]}" if quoted.startswith(".") else quoted


def spread(text: str, widths: Mapping[int, int]) -> str:
    """Return a text as quoted-printable with CRLF in which the marks `NUL number NUL` stand for what comes in later.

    `widths` are the letters of those whose length is known; they need no encoding and begin with no dot. All others
    get lines of their own, as `value` makes them.

    Raises:
        Unquotable: the text is better written in base64.
    """
    parts = _MARK.split(text)
    if is_heavy("".join(parts[::2]).encode("utf-8", "replace")):
        raise Unquotable
    sheet = _Sheet()
    for at, part in enumerate(parts):
        if at % 2 == 0:
            sheet.text(part, is_last=at == len(parts) - 1)
        else:
            sheet.mark(int(part), widths.get(int(part)))
    return "".join(sheet.parts)


class _Sheet:
    """Lines that are being written; `column` is None behind something whose length is not known."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.column: int | None = 0

    def text(self, text: str, *, is_last: bool) -> None:
        lines = normal(text).split("\n")
        for number, line in enumerate(lines):
            if number:
                self.parts.append("\r\n")
                self.column = 0
            ends = number < len(lines) - 1 or is_last
            letters = line[:-1] if ends and line.endswith(" ") else line
            for run in _RUNS.findall(letters):
                if _RUN_OF_SAFE.match(run):
                    self.run(run)
                else:
                    self.put("".join(_UNITS[byte] for byte in run.encode("utf-8", "replace")))
            if letters != line:
                self.put("=20")

    def run(self, letters: str) -> None:
        """Write letters that stand for themselves, save a dot at the beginning of a line."""
        while letters:
            if self.column is None or self.column >= _ROOM:
                self.soft()
            if self.column == 0 and letters.startswith("."):
                self.put("=2E")
                letters = letters[1:]
                continue
            fits = letters[: _ROOM - (self.column or 0)]
            self.parts.append(fits)
            self.column = (self.column or 0) + len(fits)
            letters = letters[len(fits) :]

    def put(self, unit: str, width: int = 0) -> None:
        """Write what must stay on one line."""
        width = width or len(unit)
        if self.column is None or self.column + width > _ROOM:
            self.soft()
        self.parts.append(unit)
        self.column = (self.column or 0) + width

    def soft(self) -> None:
        self.parts.append(SOFT)
        self.column = 0

    def mark(self, number: int, width: int | None) -> None:
        mark = f"\x00{number}\x00"
        if width is not None:
            self.put(mark, width)
            return
        if self.column != 0:
            self.soft()
        self.parts.append(mark)
        self.column = None
