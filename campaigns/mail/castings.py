"""Mails cast in one piece: all that a step says to everybody is written once, quoted and cut where values come in.

A casting serves those mails of a step that have in common what `_COMMON` names. What it makes reads as what
`campaigns.mail.letters` fills and writes; where it might not (a blank that stops the mail, a control character, much
beyond ASCII), it makes nothing and leaves the mail to `letters`. Only what was frozen decides which of them makes a
mail, so a mail made again is made by the same.
"""

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from typing import Any

from markupsafe import Markup

from campaigns.mail import footers, letters, links, mime, quoting
from campaigns.mail.letters import OPTIONAL, Addresses, Sheet
from campaigns.mail.moulds import Mould
from campaigns.mail.quoting import Unquotable
from campaigns.mail.scanning import TemplateProblem
from campaigns.mail.segments import LONG, Blank, Slot, written
from campaigns.mail.templating import MAX_OUTPUT, Compiled
from fluenzr.core import signing

_COMMON = ("base", "opens", "clicks", "language", "day", "branded", "address", "mailto", "list", "blanks")
_common = itemgetter(*_COMMON)
# The first of what comes in; tokens, values and what Liquid says follow.
_TO, _SUBJECT, _DATE, _NAMES, _EDGE = range(5)
_MARK = re.compile(r"\x00(\d+)\x00")
_ENDS = re.compile(r"\x00(\d+)\x00\Z")


@dataclass(slots=True)
class Cast:
    """A mail that was made: its subject, the filled targets that differ from person to person, and its bytes."""

    subject: str
    targets: dict[int, str]
    content: bytes


@dataclass(frozen=True)
class Casting:
    """A mail in pieces: `parts` with a gap between each two, which `pick` fills from what is said to one person.

    `tokens` are those that it shows, by purpose and link, and `slots` the variables, each for the text and the HTML.
    """

    parts: list[str]
    pick: Callable[[list[str]], Sequence[str]]
    tokens: tuple[tuple[str, int], ...]
    slots: tuple[Slot, ...]
    # Whether more than the values as they were frozen is needed: filled links, dates, or what Liquid says.
    needs_all: bool
    needs_subject: bool
    # Which of what is said ends the text, whose last line ends in one line feed.
    last: int | None


def casting(mould: Mould, frozen: Mapping[str, Any]) -> Casting | None:
    """Return the casting for the mails of a mould with these values in common, or None when there can be none."""
    common = (tuple(frozen["from"]), tuple(frozen["sender"].items()), tuple(frozen["dated"]), *_common(frozen))
    return _casting(mould, common)


def cast(mould: Mould, frozen: Mapping[str, Any], sheet: Sheet, files: Sequence[bytes]) -> Cast | None:
    """Return the mail of one person, or None where `campaigns.mail.letters` must make it."""
    return pour(casting(mould, frozen), mould, frozen, sheet, files)


def pour(
    casting: Casting | None, mould: Mould, frozen: Mapping[str, Any], sheet: Sheet, files: Sequence[bytes]
) -> Cast | None:
    """Do as `cast`, with the casting at hand."""
    if casting is None:
        return None
    try:
        return _cast(casting, mould, frozen, sheet, files)
    except (Blank, TemplateProblem, Unquotable, UnicodeEncodeError):
        return None


def _cast(
    casting: Casting, mould: Mould, frozen: Mapping[str, Any], sheet: Sheet, files: Sequence[bytes]
) -> Cast | None:
    tokens = signing.sign_all(sheet.id, casting.tokens)
    values, targets, subject = frozen["values"], dict[int, str](), frozen["subject"]
    if not subject:
        subject = _subject(casting, mould, frozen, sheet.id)
    first, *more = letters.names_of(sheet)
    said = [
        mime.mailbox("To", *frozen["to"])[1],
        mime.unstructured("Subject", subject)[1],
        letters.dated(frozen["at"])[1],
        first[1] + "".join([f"\r\n{name}: {value}" for name, value in more]) if more else first[1],
        "%032x" % sheet.id.int,  # noqa: UP031 - as `hex` does it, a third faster
        *tokens,
    ]
    lets_blanks = frozen["blanks"]
    said_by_liquid: list[str] = []
    if casting.needs_all:
        ours = _Signed(frozen["base"], sheet.id, dict(zip(casting.tokens, tokens, strict=True)))
        values, targets, said_by_liquid = _all(mould, frozen, ours)
    for slot in casting.slots:
        value = values.get(slot.name)
        if type(value) is str:
            said += (value, value) if quoting.is_same(value) else _both_texts(slot, value, lets_blanks)
        else:
            said += _both(slot, value, lets_blanks)
    said += said_by_liquid
    if casting.last is not None and (not said[casting.last] or said[casting.last].endswith("\n")):
        return None
    parts = casting.parts.copy()
    parts[1::2] = casting.pick(said)
    content = "".join(parts).encode("ascii")
    if len(content) > MAX_OUTPUT:
        return None
    return Cast(subject, targets, mime.finished(content, letters.boundary(sheet.id), files) if files else content)


def _subject(casting: Casting, mould: Mould, frozen: Mapping[str, Any], key: uuid.UUID) -> str:
    missing: list[str] | None = [] if frozen["blanks"] else None
    if casting.needs_subject:
        return letters.render_subject(mould, frozen, Addresses(frozen["base"], key), missing=missing)
    return mime.clean(mould.subject.render(frozen["values"], missing=missing, optional=OPTIONAL))


def _both(slot: Slot, value: Any, lets_blanks: bool) -> tuple[str, str]:
    """Return what a value is in the text and in the HTML.

    Raises:
        Blank: it is blank and must not be.
        Unquotable: it is too long, or see `campaigns.mail.quoting`.
    """
    if type(value) is str and len(value) > LONG:
        raise Unquotable
    text, html = (written(value, slot.fallback, markup=markup) for markup in (False, True))
    if slot.fallback is None and not lets_blanks and not text.strip() and slot.name not in OPTIONAL:
        raise Blank(slot.name)
    quoted = quoting.value(text)
    return quoted, quoted if html == text else quoting.value(html)


# First names, companies and the like come again and again.
_both_texts = lru_cache(maxsize=2048)(_both)


def _all(
    mould: Mould, frozen: Mapping[str, Any], ours: Addresses
) -> tuple[Mapping[str, Any], dict[int, str], list[str]]:
    """Return all values of a mail, the targets to keep for its person, and what Liquid says, quoted."""
    values = letters.said_to_all(frozen, ours) | mould.spins(frozen["seed"])
    addresses, targets = letters.links_of(mould, frozen, ours, values)
    values |= {**addresses, **footers.labels(frozen["language"])}
    quoted: list[str] = []
    signatures = footers.signature(frozen["sender"].get("signature", ""))
    for compiled, signature in zip((mould.text, mould.html), signatures, strict=True):
        if compiled.nodes:
            missing: list[str] | None = [] if frozen["blanks"] else None
            own = values | {"signature": signature}
            texts = compiled.said_by_nodes(own, missing=missing, optional=OPTIONAL)
            quoted += [quoting.value(text) for text in texts]
    return values, targets, quoted


@dataclass(frozen=True)
class _Signed(Addresses):
    """Addresses whose tokens are made already."""

    tokens: Mapping[tuple[str, int], str] = field(default_factory=dict)

    def token(self, purpose: str, link: int = 0) -> str:
        return self.tokens.get((purpose, link)) or super().token(purpose, link)


def _mark(number: int) -> str:
    return f"\x00{number}\x00"


@dataclass(frozen=True)
class _Marked(Addresses):
    """Addresses with a mark where each token comes in; the tokens are numbered as they are asked for."""

    tokens: dict[tuple[str, int], int] = field(default_factory=dict)

    def token(self, purpose: str, link: int = 0) -> str:
        return _mark(_EDGE + 1 + self.tokens.setdefault((purpose, link), len(self.tokens)))


@lru_cache(maxsize=256)
def _casting(mould: Mould, common: tuple[Any, ...]) -> Casting | None:
    sender, said, dated, *rest = common
    frozen = dict(zip(_COMMON, rest, strict=True))
    frozen |= {"from": list(sender), "sender": dict(said), "dated": list(dated), "values": {}}
    if "\x00" in "".join((*sender, *(text for _name, text in said), frozen["address"])):
        return None
    try:
        return _Maker(mould, frozen).made()
    except (TemplateProblem, Unquotable, UnicodeEncodeError):
        return None


class _Maker:
    """Makes a casting: first the tokens and the slots, then the numbers of all that comes in."""

    def __init__(self, mould: Mould, frozen: Mapping[str, Any]) -> None:
        self.mould, self.frozen = mould, frozen
        self.ours = _Marked(frozen["base"], uuid.UUID(int=0))
        self.footer = letters.footer_of(mould, frozen, self.ours)
        self.headers = letters.own_headers(frozen, self.ours)
        self.shared = {**letters.said_to_all(frozen, self.ours), **footers.labels(frozen["language"])}
        for index, url in mould.fixed.items():
            self.shared[f"{links.LINK}{index}"] = letters.link(frozen, self.ours, index, url)
        known = self.shared.keys() | {"signature", links.TAIL}
        found = [segment for one in (mould.text, mould.html) for segment in one.segments if isinstance(segment, Slot)]
        self.slots = list(dict.fromkeys(slot for slot in found if slot.name not in known))
        self.first_slot = _EDGE + 1 + len(self.ours.tokens)

    def made(self) -> Casting | None:
        if Slot(links.TAIL) not in self.mould.html.segments:
            return None
        text_signature, html_signature = footers.signature(self.frozen["sender"].get("signature", ""))
        first = self.first_slot + 2 * len(self.slots)
        text = self.body(self.mould.text, {"signature": text_signature}, first).rstrip("\n")
        own = {"signature": html_signature, links.TAIL: Markup(self.footer.html)}
        html = self.body(self.mould.html, own, first + len(self.mould.text.nodes))
        ends = _ENDS.search(text)
        last = int(ends[1]) if ends and int(ends[1]) >= self.first_slot else None
        pieces = _MARK.split(self.mail(f"{text}\n{self.footer.text}", html))
        numbers = [int(number) for number in pieces[1::2]]
        dated = set(self.frozen["dated"])
        names = {slot.name for slot in self.slots}
        in_subject = {segment.name for segment in self.mould.subject.segments if isinstance(segment, Slot)}
        return Casting(
            parts=pieces,
            pick=itemgetter(*numbers),
            tokens=tuple(self.ours.tokens),
            slots=tuple(self.slots),
            needs_all=bool(self.nodes or names & dated or self.mould.targets.keys() - self.mould.fixed.keys()),
            needs_subject=bool(self.mould.subject.nodes or in_subject & (dated | self.shared.keys() | {"signature"})),
            last=last,
        )

    @property
    def nodes(self) -> bool:
        return bool(self.mould.text.nodes or self.mould.html.nodes)

    def body(self, compiled: Compiled, own: Mapping[str, Any], first_node: int) -> str:
        """Return a body with marks where something comes in."""
        shared, node, parts = {**self.shared, **own}, first_node, list[str]()
        for segment in compiled.segments:
            if isinstance(segment, str):
                parts.append(segment)
            elif not isinstance(segment, Slot):
                parts.append(_mark(node))
                node += 1
            elif segment.name in shared:
                parts.append(written(shared[segment.name], segment.fallback, markup=compiled.markup))
            else:
                parts.append(_mark(self.first_slot + 2 * self.slots.index(segment) + compiled.markup))
        return "".join(parts)

    def mail(self, text: str, html: str) -> str:
        """Return the whole mail with marks where something comes in."""
        headers = [
            mime.mailbox("From", *self.frozen["from"]),
            ("To", _mark(_TO)),
            ("Subject", _mark(_SUBJECT)),
            ("Date", _mark(_DATE)),
            ("Message-ID", _mark(_NAMES)),
            *self.headers,
        ]
        widths = dict.fromkeys(range(_EDGE + 1, self.first_slot), signing.LETTERS)
        parts = [
            mime.part(subtype, "quoted-printable", quoting.spread(body, widths))
            for subtype, body in (("plain", text), ("html", html))
        ]
        has_files = bool(self.mould.attachments)
        return mime.opened(headers, parts, boundary=f"=_{_mark(_EDGE)}", has_files=has_files)
