"""What stands under every mail of a sequence: who writes, how to leave, and that its opening is noticed."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any

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


def labels(language: str) -> dict[str, str]:
    """Return the words of our own links in a language, by the variables that stand for them in a body."""
    with override(language):
        return {links.LEAVE: _("Unsubscribe"), links.PREFER: _("Preferences")}


def make(frozen: Mapping[str, Any], *, leave: str, prefer: str, pixel: str, has_unsubscribe: bool) -> Footer:
    """Return the footer for the frozen values of a mail, with the addresses that belong to it.

    `pixel` is "" where opens are not tracked: then there is no notice either, and not one byte of the pixel.
    """
    with override(frozen["language"]):
        texts: list[str] = []
        htmls: list[str] = []
        if frozen["branded"]:
            texts.append(_("Sent with %(product)s") % {"product": PRODUCT})
            htmls.append(escape(texts[-1]))
        if frozen["address"]:
            texts.append(frozen["address"])
            htmls.append(escape(frozen["address"]).replace("\n", "<br>\n"))
        if not has_unsubscribe:
            _add_link(texts, htmls, "", _("Unsubscribe"), leave)
        if pixel:
            notice = _("This email tells its sender when it is opened.")
            _add_link(texts, htmls, notice, _("Object to this"), prefer)
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
