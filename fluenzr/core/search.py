"""Search over everything: each app registers what it finds, as the lower layers may not know the higher ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

# How many hits of one kind are shown.
LIMIT = 6


@dataclass(frozen=True)
class Hit:
    """What was found: its name, where it is, and a word about it."""

    name: str
    url: str
    note: str = ""


# Takes a membership (`workspaces.Member`), what was typed (stripped) and how many hits are wanted.
Finder = Callable[[Any, str, int], Sequence[Hit]]

_finders: dict[str, tuple[Any, Finder, bool]] = {}


def register(kind: str, label: Any, finder: Finder, *, is_offered: bool = False) -> None:
    """Have `finder` asked at each search; `label` (lazily translated) stands over its hits. Once, at start.

    One that `is_offered` is asked too before anything is typed, with an empty text.
    """
    if kind in _finders:
        raise ValueError(f"{kind} is searched already")
    _finders[kind] = (label, finder, is_offered)


def find(member: Any, text: str) -> list[tuple[Any, Sequence[Hit]]]:
    """Return the hits by kind, kinds without any left out; at most one query a kind."""
    wanted = text.strip()
    asked = [(label, finder) for label, finder, is_offered in _finders.values() if wanted or is_offered]
    found = [(label, finder(member, wanted, LIMIT)) for label, finder in asked]
    return [(label, hits) for label, hits in found if hits]
