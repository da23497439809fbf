"""The two bodies of a mail made of the one that its author wrote, and the links in them.

An author writes text or HTML (contract A34); both parts are always sent. All happens on the template: what stands in
braces becomes a marker first, which no parser of HTML or URLs takes apart, and is put back afterwards.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import lxml.html
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext_lazy as _
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.html_engine import Inscriptis
from inscriptis.model.config import ParserConfig
from lxml import etree

from campaigns.mail import spintax
from campaigns.mail.scanning import OUTPUT, TAG, TEXT, Piece, TemplateProblem, scan
from fluenzr.core.errors import Text

MAX_LINKS = 200
TAIL = "__tail"
LINK = "__link"
# The words of our own links, in the reader's language.
LEAVE, PREFER = "__leave", "__prefer"
# Our own addresses in a mail: never tracked, never counted.
OWN = {"unsubscribe_link", "unsubscribeLink", "preferences_link", "preferencesLink"}

_TAGS = re.compile(
    r"<(!doctype|/?(a|b|i|u|p|br|div|span|strong|em|html|head|body|style|table|thead|tbody|tr|td|th|ul|ol|li|img|h[1-6]"
    r"|blockquote|hr|font|center|pre|code|small|sub|sup|section|article|header|footer))(?=[\s/>])[^<>]*>",
    re.IGNORECASE,
)
_URL = re.compile(r"https?://[^\s<>\"'`\\^{|}]+", re.IGNORECASE)
_SCHEME = re.compile(r"\s*([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_ALLOWED = {"http", "https", "mailto", "tel"}
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_ELEMENT = re.compile(r"(<[^>]*>)")
_PLAIN_TEXT = ParserConfig(css=CSS_PROFILES["strict"].copy(), display_links=False, display_images=False)


@dataclass(frozen=True)
class Bodies:
    """Both bodies as pieces of templates, spintax spread, and the targets of their links by index, from 1 on.

    A link stands in them as `{{ __link3 }}`, and the end of the HTML as `{{ __tail }}`.
    """

    text: list[Piece]
    html: list[Piece]
    spins: list[int]
    targets: dict[int, str]
    has_unsubscribe: bool


def is_html(body: str, body_format: str = "") -> bool:
    """Whether a body is HTML: as it says, else if it holds a known tag (contract A34)."""
    return body_format == "html" if body_format else _TAGS.search(body) is not None


def bodies(body: str, body_format: str = "") -> Bodies:
    """Return both bodies of what an author wrote.

    Raises:
        TemplateProblem: it does not parse, or holds too many links.
    """
    pieces, spins = spintax.spread(scan(_CONTROLS.sub("", body)))
    work = _Work(pieces)
    text, html = work.from_html() if is_html(body, body_format) else work.from_text()
    return Bodies(work.restored(text), work.restored(html), spins, work.targets, work.has_unsubscribe)


def problems(targets: Mapping[int, str]) -> list[Text]:
    """Return what is wrong with the targets of a body, as sentences: schemes that no mail may link to."""
    bad = [url for url in targets.values() if not is_target(url) and not url.startswith("{")]
    return [_("A link leads to “%(url)s”; only http, https, mailto and tel can be used.") % {"url": url} for url in bad]


def plain_text(html: str) -> str:
    """Return HTML that holds no templates as text, with the addresses of its links; TemplateProblem if unreadable."""
    work = _Work([Piece(TEXT, _CONTROLS.sub("", html))])
    root = _parsed(work.protected)
    hrefs = {element: element.get("href", "").strip() for element in root.iter("a", "area") if element.get("href")}
    return work.as_text(next(iter(root.iter("body")), root), hrefs).strip("\n")


def simple_html(text: str) -> str:
    """Return a text that holds no templates as HTML, with its addresses as links."""
    work = _Work([Piece(TEXT, _CONTROLS.sub("", text))])
    parts, position = [], 0
    for start, end in work.urls(work.protected):
        url = escape(work.protected[start:end])
        parts += [work.as_html(work.protected[position:start]), f'<a href="{url}">{url}</a>']
        position = end
    return _document(f"<div>{''.join(parts)}{work.as_html(work.protected[position:])}</div>")


def is_target(url: str) -> bool:
    """Whether a link of a mail may lead there."""
    scheme = _SCHEME.match(url)
    return scheme is not None and scheme[1].lower() in _ALLOWED


def is_fixed(target: str) -> bool:
    """Whether a target is the same for everybody."""
    return "{{" not in target and "{%" not in target


def completed(url: str) -> str:
    """Return the address that a filled target stands for, or "" when no link may lead there."""
    url = url.strip()
    if url and not _SCHEME.match(url) and re.match(r"[\w-]+(\.[\w-]+)+([/?#:]|$)", url):
        url = f"https://{url}"
    return iri_to_uri(url) if is_target(url) and not re.search(r"[\x00-\x20\x7f]", url) else ""


@dataclass
class _Work:
    """The pieces of one body, with those that are no text behind markers."""

    pieces: Sequence[Piece]
    kept: list[Piece] = field(default_factory=list)
    targets: dict[int, str] = field(default_factory=dict)
    has_unsubscribe: bool = False

    def __post_init__(self) -> None:
        source = "".join(piece.source for piece in self.pieces)
        # Letters and digits only, so that it passes through everything; of the source, so that it is always the same.
        self.mark = "flz" + hashlib.blake2b(source.encode("utf-8", "replace"), digest_size=6).hexdigest()
        self.marker = re.compile(self.mark + r"[it](\d+)z(=\"\")?", re.IGNORECASE)
        self.tag_marker = re.compile(self.mark + r"t\d+z", re.IGNORECASE)
        self.has_unsubscribe = any(_names_own(piece, "unsubscribe") for piece in self.pieces)
        self.protected = "".join(piece.source if piece.kind == TEXT else self.keep(piece) for piece in self.pieces)

    def keep(self, piece: Piece) -> str:
        self.kept.append(piece)
        return f"{self.mark}{'t' if piece.kind == TAG else 'i'}{len(self.kept) - 1}z"

    def restored(self, text: str) -> list[Piece]:
        parts = self.marker.split(text)
        found = []
        for at in range(0, len(parts), 3):
            found.append(Piece(TEXT, parts[at]))
            if at + 1 < len(parts):
                found.append(self.kept[int(parts[at + 1])])
        return [piece for piece in found if piece.source]

    def source(self, text: str) -> str:
        return "".join(piece.source for piece in self.restored(text))

    def is_own(self, text: str) -> bool:
        return any(_names_own(piece) for piece in self.restored(text))

    def link(self, url: str) -> str:
        """Return the marker that stands for a link to `url`, as the author wrote it (markers and all)."""
        target = self.source(url).strip()
        index = next((index for index, known in self.targets.items() if known == target), len(self.targets) + 1)
        if index > MAX_LINKS:
            raise TemplateProblem(_("The text holds more than %(limit)d links.") % {"limit": MAX_LINKS})
        self.targets[index] = target
        return self.keep(Piece(OUTPUT, f"{{{{ {LINK}{index} }}}}"))

    # --- written as text ---

    def from_text(self) -> tuple[str, str]:
        source = self.protected.replace("\r\n", "\n").replace("\r", "\n")
        text, html, position = [], [], 0
        for start, end in self.urls(source):
            between, url = source[position:start], source[start:end]
            text.append(between)
            html.append(self.as_html(between))
            link = self.link(url)
            text.append(link)
            html.append(f'<a href="{link}">{escape(url, quote=False)}</a>')
            position = end
        text.append(source[position:])
        html.append(self.as_html(source[position:]))
        tail = self.keep(Piece(OUTPUT, f"{{{{ {TAIL} }}}}"))
        return "".join(text), _document(f"<div>{''.join(html)}</div>\n{tail}")

    def urls(self, source: str) -> list[tuple[int, int]]:
        """Return where the web addresses of a text begin and end; a variable may be part of one, a tag never is."""
        found = []
        position = 0
        while match := _URL.search(source, position):
            url = match[0]
            tag = self.tag_marker.search(url)
            url = (url[: tag.start()] if tag else url).rstrip(".,;:!?*_~")
            while url.endswith(")") and url.count("(") < url.count(")"):
                url = url[:-1].rstrip(".,;:!?")
            position = match.start() + max(len(url), len("https://"))
            if len(url) > len("https://") and not self.is_own(url):
                found.append((match.start(), match.start() + len(url)))
        return found

    def as_html(self, text: str) -> str:
        return self._anchored(escape(text, quote=False).replace("\n", "<br>\n"))

    def _anchored(self, html: str) -> str:
        """Make our own addresses links, where they stand as text outside of one."""

        def anchor(match: re.Match[str]) -> str:
            piece = self.kept[int(match[1])]
            if not _names_own(piece):
                return match[0]
            label = self.keep(Piece(OUTPUT, f"{{{{ {LEAVE if _names_own(piece, 'unsubscribe') else PREFER} }}}}"))
            return f'<a href="{match[0]}">{label}</a>'

        depth, parts = 0, _ELEMENT.split(html)
        for at, part in enumerate(parts):
            if part.startswith("<"):
                depth += (re.match(r"<a[\s>]", part, re.IGNORECASE) is not None) - (part.lower() == "</a>")
            elif depth <= 0:
                parts[at] = self.marker.sub(anchor, part)
        return "".join(parts)

    # --- written as HTML ---

    def from_html(self) -> tuple[str, str]:
        root = _parsed(self.protected)
        body = next(iter(root.iter("body")), root)
        links: dict[Any, str] = {}
        for element in root.iter("a", "area"):
            href = (element.get("href") or "").strip()
            if href and not href.startswith("#") and not self._is_plain_scheme(href):
                links[element] = href if self.is_own(href) else self.link(href)
                element.set("href", links[element])
        text = self.as_text(body, links)
        tail = etree.SubElement(body, "div")
        tail.text = self.keep(Piece(OUTPUT, f"{{{{ {TAIL} }}}}"))
        html = lxml.html.tostring(root, encoding="unicode", method="html", doctype="<!DOCTYPE html>")
        return text, self._anchored(html)

    def _is_plain_scheme(self, href: str) -> bool:
        scheme = _SCHEME.match(href)
        return scheme is not None and scheme[1].lower() in ("mailto", "tel")

    def as_text(self, body: Any, links: Mapping[Any, str]) -> str:
        """Return the body as text; a link shows its address behind its words."""
        copy = lxml.html.fromstring(lxml.html.tostring(body, encoding="unicode"))
        originals = [element for element in body.iter("a", "area") if element in links]
        addresses = set(links.values())
        copies = [element for element in copy.iter("a", "area") if element.get("href") in addresses]
        for original, element in zip(originals, copies, strict=True):
            address = links[original]
            words = " ".join("".join(str(part) for part in element.itertext()).split())
            bare = {self.source(words), f"https://{self.source(words)}", f"http://{self.source(words)}"}
            shown = address if not words or bare & self._target_of(address) else f"{words} ({address})"
            for child in list(element):
                element.remove(child)
            element.text = shown
        lines = [line.rstrip() for line in Inscriptis(copy, _PLAIN_TEXT).get_text().strip("\n").split("\n")]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"

    def _target_of(self, address: str) -> set[str]:
        source = self.source(address)
        number = re.search(LINK + r"(\d+)", source)
        return {self.targets[int(number[1])] if number else source}


def _names_own(piece: Piece, start: str = "") -> bool:
    name = piece.inner.partition("|")[0].strip() if piece.kind == OUTPUT else ""
    return name in OWN and name.startswith(start)


def _document(inner: str) -> str:
    return f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body>\n{inner}</body></html>\n'


def _parsed(source: str) -> Any:
    try:
        root = lxml.html.document_fromstring(source if source.strip() else "<div></div>")
    except (etree.ParserError, ValueError) as error:
        raise TemplateProblem(_("The HTML cannot be read.")) from error
    head = root.find("head")
    if head is None:
        head = etree.Element("head")
        root.insert(0, head)
    for meta in head.findall("meta"):
        if meta.get("charset") or (meta.get("http-equiv") or "").lower() == "content-type":
            head.remove(meta)
    head.insert(0, etree.Element("meta", charset="utf-8"))
    # No mail program runs them, and filters count them as spam.
    etree.strip_elements(root, "script", "iframe", "object", "embed", with_tail=False)
    return root
