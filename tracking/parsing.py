"""Raw mails, read so that nothing in them can stop us.

The standard parser with its old policy takes any bytes; the new one raises on some real mails. Every decoding that may
still fail falls back to what is left, so a mail is refused only when no sense at all can be made of it.
"""

import email
import email.errors
import email.header
import email.utils
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message as Mail
from typing import Any

from inscriptis import get_text
from lxml import html as lxml_html

MAX_PARTS = 200
# Longer texts are cut: no reader wants more, and every later step is bounded by it.
MAX_TEXT = 100_000
MAX_HTML = 300_000
# What those get who read a mail by themselves, in a time that grows faster than its length.
BEGINNING = 30_000
_MESSAGE_ID = re.compile(r"<\s*([^<>\s@]{1,250}@[^<>\s]{1,250}?)\s*>")
# What mail programs wrap the quoted mail in.
_QUOTED = (
    "//div[contains(@class,'gmail_quote') or contains(@class,'yahoo_quoted') or contains(@class,'protonmail_quote')"
    " or contains(@class,'moz-cite-prefix') or @id='appendonsend' or @id='divRplyFwdMsg'"
    " or @id='mail-editor-reference-message-container']"
    " | //blockquote[@type='cite' or contains(@class,'gmail_quote')]"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Unreadable(Exception):
    """No sense can be made of this mail; the text says why."""


@dataclass(frozen=True)
class Parsed:
    """A mail in plain values. Header names are lower case; Message-IDs stand without their brackets.

    `beginning` is how the raw mail starts.
    """

    message_id: str
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    sender: str
    sender_name: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    html: str
    headers: dict[str, list[str]] = field(repr=False)
    mail: Mail = field(repr=False)
    beginning: bytes = field(repr=False)

    def header(self, name: str) -> str:
        """Return the first header of a name, decoded, or `""`."""
        return next(iter(self.headers.get(name, [])), "")


def parse(raw: bytes) -> Parsed:
    """Read a raw mail.

    Raises:
        Unreadable: it holds no header, or is built so that it cannot be taken apart.
    """
    try:
        mail = email.message_from_bytes(raw)
        headers = _headers(mail)
        if not headers:
            raise Unreadable("it has no header")
        text, html = _bodies(mail)
        return _parsed(mail, headers, text, html, raw[:BEGINNING])
    except (RecursionError, MemoryError, ValueError, LookupError, TypeError, AttributeError) as error:
        # What a mail can do to the parser is not for us to foresee.
        raise Unreadable(f"{type(error).__name__}: {error}"[:300]) from error


def _parsed(mail: Mail, headers: dict[str, list[str]], text: str, html: str, beginning: bytes) -> Parsed:
    name, address = _address(headers.get("from", [""])[0])
    return Parsed(
        message_id=next(iter(message_ids(headers.get("message-id", [""])[0])), ""),
        in_reply_to=tuple(message_ids(" ".join(headers.get("in-reply-to", [])))),
        references=tuple(message_ids(" ".join(headers.get("references", [])))),
        sender=address,
        sender_name=name,
        recipients=tuple(_addresses([*headers.get("to", []), *headers.get("cc", [])])),
        subject=headers.get("subject", [""])[0][:2000],
        text=text or text_of_html(html),
        html=html,
        headers=headers,
        mail=mail,
        beginning=beginning,
    )


def message_ids(text: str) -> list[str]:
    """Return the Message-IDs in a text in their order, without brackets, each once."""
    return list(dict.fromkeys(_MESSAGE_ID.findall(text[:MAX_TEXT])))


def parts(mail: Mail) -> Iterator[Mail]:
    """Walk a mail's parts, at most `MAX_PARTS` of them."""
    for count, part in enumerate(mail.walk()):
        if count >= MAX_PARTS:
            return
        yield part


def decoded(part: Mail) -> str:
    """Return the text of a part in whatever charset it is, cut at `MAX_TEXT`; `""` for one that has no text."""
    try:
        payload = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError, email.errors.MessageError):
        payload = None
    if not isinstance(payload, bytes):
        return ""
    try:
        charset = part.get_content_charset("utf-8") or "utf-8"
        text = payload[: MAX_HTML * 2].decode(charset, "replace")
    except (LookupError, ValueError, UnicodeError):
        text = payload[: MAX_HTML * 2].decode("utf-8", "replace")
    return clean(text)[:MAX_HTML]


def clean(text: str) -> str:
    """Return a text without what no database column and no page should hold, its line ends as `\\n`."""
    text = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return text.encode("utf-8", "replace").decode()


def text_of_html(html: str) -> str:
    """Return the text of an HTML body with lines as a reader sees them, quoted replies marked with `>`."""
    if not html.strip():
        return ""
    try:
        tree = lxml_html.fromstring(_without_declaration(html))
        _cut_quotes(tree)
        return clean(get_text(lxml_html.tostring(tree, encoding="unicode")))[:MAX_TEXT].strip()
    except (ValueError, TypeError, AssertionError, RecursionError, lxml_html.etree.LxmlError):
        return clean(re.sub(r"<[^<>]{0,2000}>", " ", html))[:MAX_TEXT].strip()


def _without_declaration(html: str) -> str:
    return re.sub(r"^\s*<\?xml[^>]{0,200}\?>", "", html)


def _cut_quotes(tree: Any) -> None:
    """Drop what mail programs mark as the quoted mail; the full text stays in the raw mail."""
    for element in tree.xpath(_QUOTED):
        # Outlook's mark is empty: the quoted mail is all that follows it.
        if element.get("id") in ("divRplyFwdMsg", "appendonsend"):
            for follower in list(element.itersiblings()):
                follower.drop_tree()
        if element.getparent() is not None:
            element.drop_tree()


def _headers(mail: Mail) -> dict[str, list[str]]:
    headers: dict[str, list[str]] = {}
    for name, value in mail.raw_items():
        headers.setdefault(str(name).lower().strip(), []).append(_decoded_header(value))
    return headers


def _decoded_header(value: Any) -> str:
    raw = re.sub(r"[\r\n]+[ \t]*", " ", str(value))[:20_000]
    raw = raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    try:
        pieces = email.header.decode_header(raw)
        text = "".join(_decoded_piece(piece, charset) for piece, charset in pieces)
    except (ValueError, LookupError, UnicodeError, email.errors.MessageError):
        text = raw
    return clean(text).strip()


def _decoded_piece(piece: Any, charset: str | None) -> str:
    if isinstance(piece, str):
        return piece
    try:
        return bytes(piece).decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):
        return bytes(piece).decode("utf-8", "replace")


def _address(value: str) -> tuple[str, str]:
    name, address = email.utils.parseaddr(value)
    if "@" not in address:
        found = re.search(r"[^\s<>\"',;:()]{1,250}@[^\s<>\"',;:()]{1,250}", value)
        address = found[0] if found else ""
    return name[:300], address.strip()[:320]


def _addresses(values: list[str]) -> list[str]:
    pairs = email.utils.getaddresses([value[:5000] for value in values[:20]])
    return [address for _name, address in pairs if "@" in address]


def _bodies(mail: Mail) -> tuple[str, str]:
    """Return the plain text and the HTML that a reader sees: not those of attached mails and reports."""
    text, html = "", ""
    for part in _shown(mail, 0):
        kind = part.get_content_type()
        if kind == "text/plain" and len(text) < MAX_TEXT:
            text += decoded(part)
        elif kind == "text/html" and len(html) < MAX_HTML:
            html += decoded(part)
    return text[:MAX_TEXT].strip(), html[:MAX_HTML]


def _shown(part: Mail, depth: int) -> Iterator[Mail]:
    if depth > 30 or part.get_content_maintype() == "message":
        return
    if part.is_multipart():
        for child in itertools.islice(part.get_payload(), MAX_PARTS):
            if isinstance(child, Mail):
                yield from _shown(child, depth + 1)
    elif part.get_content_disposition() != "attachment":
        yield part
