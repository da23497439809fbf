"""What stands under every mail of a sequence: who writes, how to leave, and that its opening is noticed."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import override
from markupsafe import Markup

from campaigns.mail import links
from campaigns.mail.scanning import TemplateProblem

PRODUCT = "FluenzR"
_STYLE = "margin-top:24px;font-size:12px;color:#667085"


@dataclass(frozen=True)
class Footer:
    """The last lines of a mail, for both parts."""

    text: str
    html: str


class _Words(NamedTuple):
    sent_with: str
    unsubscribe: str
    preferences: str
    notice: str
    object: str


@lru_cache(maxsize=16)
def _words(language: str) -> _Words:
    with override(language):
        return _Words(
            sent_with=_("Sent with %(product)s") % {"product": PRODUCT},
            unsubscribe=_("Unsubscribe"),
            preferences=_("Preferences"),
            notice=_("This email tells its sender when it is opened."),
            object=_("Object to this"),
        )


def labels(language: str) -> dict[str, str]:
    """Return the words of our own links in a language, by the variables that stand for them in a body."""
    words = _words(language)
    return {links.LEAVE: words.unsubscribe, links.PREFER: words.preferences}


def make(frozen: Mapping[str, Any], *, leave: str, prefer: str, pixel: str, has_unsubscribe: bool) -> Footer:
    """Return the footer for the frozen values of a mail, with the addresses that belong to it.

    `pixel` is "" where opens are not tracked: then there is no notice either, and not one byte of the pixel.
    """
    words = _words(frozen["language"])
    texts: list[str] = []
    htmls: list[str] = []
    if frozen["branded"]:
        texts.append(words.sent_with)
        htmls.append(escape(words.sent_with))
    if frozen["address"]:
        texts.append(frozen["address"])
        htmls.append(escape(frozen["address"]).replace("\n", "<br>\n"))
    if not has_unsubscribe:
        _add_link(texts, htmls, "", words.unsubscribe, leave)
    if pixel:
        _add_link(texts, htmls, words.notice, words.object, prefer)
    image = f'\n<img src="{escape(pixel)}" width="1" height="1" alt="">' if pixel else ""
    lines = "<br>\n".join(htmls)
    html = f'<div style="{_STYLE}">{lines}</div>{image}' if htmls else image
    return Footer("\n-- \n" + "\n".join(texts) + "\n" if texts else "", html)


def _add_link(texts: list[str], htmls: list[str], sentence: str, label: str, url: str) -> None:
    texts.append(f"{sentence} {label}: {url}".strip())
    htmls.append(f'{escape(sentence)} <a href="{escape(url)}">{escape(label)}</a>'.strip())


@lru_cache(maxsize=512)
def signature(source: str) -> tuple[str, Markup]:
    """Return a signature as text and as HTML; it is written in either, and holds no variables."""
    if not source.strip():
        return "", Markup()
    if not links.is_html(source):
        return source, Markup("<br>\n".join(escape(line) for line in source.splitlines()))
    try:
        return links.plain_text(source), Markup(source)
    except TemplateProblem:
        return source, Markup(escape(source))
