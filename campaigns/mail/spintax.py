"""Spintax: `{Hi|Hello {{firstName}}|{Good day|Dear}}` says one of the wordings, always the same one to the same person.

It is read from the template before any value is put in, so a value with braces stays what it is. Each group becomes a
Liquid `case` over a number of its own; `choose` draws these numbers from the enrolment's seed.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from campaigns.mail.scanning import TAG, TEXT, Piece, TemplateProblem

MAX_DEPTH = 10
MAX_GROUPS = 100
# Of the whole text; more would be no wordings that a person chose.
MAX_VARIANTS = 1_000_000
PREFIX = "__spin"


@dataclass
class _Group:
    """A brace that was opened: its options so far."""

    options: list[list[Piece]] = field(default_factory=lambda: [[]])


def spread(pieces: Sequence[Piece]) -> tuple[list[Piece], list[int]]:
    """Replace each group by Liquid tags; return the pieces and how many options each group has, in their order.

    A brace without a bar inside, or without its partner, is ordinary text.

    Raises:
        TemplateProblem: groups are nested too deep, or there are too many of them or of their wordings.
    """
    reader = _Reader()
    for piece in pieces:
        if piece.kind == TEXT:
            reader.text(piece.source)
        else:
            reader.put(piece)
    return reader.finish(), reader.counts


class _Reader:
    def __init__(self) -> None:
        self.open: list[_Group] = [_Group()]
        self.counts: list[int] = []

    def put(self, piece: Piece) -> None:
        self.open[-1].options[-1].append(piece)

    def text(self, source: str) -> None:
        start = 0
        for at, letter in enumerate(source):
            if letter not in "{|}" or (letter != "{" and len(self.open) == 1):
                continue
            self.put(Piece(TEXT, source[start:at]))
            start = at + 1
            if letter == "{":
                self._begin()
            elif letter == "|":
                self.open[-1].options.append([])
            else:
                self._end()
        self.put(Piece(TEXT, source[start:]))

    def _begin(self) -> None:
        if len(self.open) > MAX_DEPTH:
            raise TemplateProblem(_("Braces are nested more than %(limit)d deep.") % {"limit": MAX_DEPTH})
        self.open.append(_Group())

    def _end(self) -> None:
        options = self.open.pop().options
        if len(options) == 1:
            for piece in (Piece(TEXT, "{"), *options[0], Piece(TEXT, "}")):
                self.put(piece)
            return
        number = len(self.counts)
        self.counts.append(len(options))
        if len(self.counts) > MAX_GROUPS or math.prod(self.counts) >= MAX_VARIANTS:
            raise TemplateProblem(_("The text has more than %(limit)d wordings.") % {"limit": MAX_VARIANTS})
        self.put(Piece(TAG, f"{{% case {PREFIX}{number} %}}"))
        for index, option in enumerate(options):
            self.put(Piece(TAG, f"{{% when {index} %}}"))
            for piece in option:
                self.put(piece)
        self.put(Piece(TAG, "{% endcase %}"))

    def finish(self) -> list[Piece]:
        while len(self.open) > 1:
            options = self.open.pop().options
            self.put(Piece(TEXT, "{"))
            for index, option in enumerate(options):
                if index:
                    self.put(Piece(TEXT, "|"))
                for piece in option:
                    self.put(piece)
        return [piece for piece in self.open[0].options[0] if piece.source]


def choose(counts: Sequence[int], *, seed: int, place: str) -> dict[str, int]:
    """Return the number for each group: drawn from the seed and the place (node and field), so always the same."""
    numbers = {}
    for number, count in enumerate(counts):
        digest = hashlib.blake2b(f"{seed}:{place}:{number}".encode(), digest_size=8).digest()
        numbers[f"{PREFIX}{number}"] = int.from_bytes(digest) % count
    return numbers
