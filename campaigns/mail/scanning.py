"""Cuts a template into text, outputs `{{ ... }}` and tags `{% ... %}`, in one pass and in linear time.

Everything that looks at a user's template looks at these pieces: what is inside a pair of braces is never taken for
spintax, for a link or for markup. The limits here keep what comes after (regular expressions, the Liquid parser) small.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from fluenzr.core.errors import Text

MAX_SOURCE = 200_000
MAX_PIECES = 400
MAX_EXPRESSION = 500

TEXT, OUTPUT, TAG = "text", "output", "tag"
# Tags whose content is not looked into, and the tag that ends them.
_VERBATIM = {"raw": "endraw", "comment": "endcomment"}
_TAG_NAME = re.compile(r"\{%-?\s*(\w+|#)")


class TemplateProblem(Exception):
    """The template cannot be used; `text` says why in a sentence."""

    def __init__(self, text: Text) -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True)
class Piece:
    """A part of a template: its kind, and its source as written (braces included)."""

    kind: str
    source: str

    @property
    def inner(self) -> str:
        """What stands between the braces of an output or tag."""
        return self.source[2:-2].strip("-").strip()


def scan(source: str) -> list[Piece]:
    """Return the pieces of a template; joined, their sources are the template again.

    Raises:
        TemplateProblem: it is too long, has too many or too long expressions, or a brace is not closed.
    """
    if len(source) > MAX_SOURCE:
        raise TemplateProblem(
            _("The text is longer than %(limit)d characters.") % {"limit": MAX_SOURCE},
        )
    pieces: list[Piece] = []
    expressions = 0
    for piece in _pieces(source):
        pieces.append(piece)
        expressions += piece.kind != TEXT
        if expressions > MAX_PIECES:
            raise TemplateProblem(_("The text holds more than %(limit)d variables and tags.") % {"limit": MAX_PIECES})
    return pieces


def _pieces(source: str) -> Iterator[Piece]:
    position = 0
    while (start := _next_opening(source, position)) >= 0:
        if start > position:
            yield Piece(TEXT, source[position:start])
        is_output = source[start + 1] == "{"
        position = _closing(source, start, "}}" if is_output else "%}")
        if not is_output:
            position = _behind_verbatim(source, start, position)
        elif position - start > MAX_EXPRESSION:
            raise TemplateProblem(_("A variable is longer than %(limit)d characters.") % {"limit": MAX_EXPRESSION})
        yield Piece(OUTPUT if is_output else TAG, source[start:position])
    if position < len(source):
        yield Piece(TEXT, source[position:])


def _next_opening(source: str, position: int) -> int:
    found = [at for at in (source.find("{{", position), source.find("{%", position)) if at >= 0]
    return min(found, default=-1)


def _closing(source: str, start: int, closing: str) -> int:
    end = source.find(closing, start + 2)
    if end < 0:
        line = source.count("\n", 0, start) + 1
        raise TemplateProblem(
            _("“%(opening)s” in line %(line)d is not closed.") % {"opening": source[start : start + 2], "line": line}
        )
    return end + 2


def _behind_verbatim(source: str, start: int, end: int) -> int:
    """Return where the piece that begins with this tag ends: behind its end tag when its content is not looked into."""
    name = _TAG_NAME.match(source, start, end)
    if name is None or name[1] not in _VERBATIM:
        if end - start > MAX_EXPRESSION:
            raise TemplateProblem(_("A tag is longer than %(limit)d characters.") % {"limit": MAX_EXPRESSION})
        return end
    last = re.compile(r"\{%-?\s*" + _VERBATIM[name[1]] + r"\s*-?%\}").search(source, end)
    if last is None:
        raise TemplateProblem(_("“%(tag)s” is not closed.") % {"tag": name[1]})
    return last.end()
