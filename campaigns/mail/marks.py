"""Marks in a preview where a variable is blank: two characters that no mail holds, with the name between them."""

import re
from html import escape

from django.utils.safestring import SafeString, mark_safe

# Of the private use area, so that escaping, markup and line breaks leave them alone.
OPEN, CLOSE = "\ue000", "\ue001"
_MARK = re.compile(f"{OPEN}([^{OPEN}{CLOSE}]*){CLOSE}")
_ELEMENT = re.compile(r"(<[^>]*>)")


def mark(name: str) -> str:
    """Return the mark of a blank variable."""
    return f"{OPEN}{name}{CLOSE}"


def in_html(html: str) -> str:
    """Return HTML in which the marks are `<mark>`; those inside of a tag, where none can be shown, are left out."""
    parts = _ELEMENT.split(html)
    return "".join(_MARK.sub("" if part.startswith("<") else r"<mark>\1</mark>", part) for part in parts)


def in_text(text: str) -> SafeString:
    """Return a plain text as HTML in which the marks are `<mark>`."""
    return mark_safe(_MARK.sub(r"<mark>\1</mark>", escape(text)))
