"""Icons for scripts: the same drawings that templates take from heroicons."""

from collections.abc import Iterable

from heroicons.templatetags.heroicons import heroicon_outline

# Those of the editor's own buttons.
EDITOR = (
    "arrow-down",
    "arrow-up",
    "arrow-uturn-left",
    "arrow-uturn-right",
    "bold",
    "check-circle",
    "chevron-double-left",
    "chevron-left",
    "chevron-right",
    "clock",
    "document-duplicate",
    "exclamation-triangle",
    "eye",
    "italic",
    "link",
    "list-bullet",
    "numbered-list",
    "play",
    "plus",
    "sparkles",
    "trash",
    "x-mark",
)


def drawings(names: Iterable[str]) -> dict[str, str]:
    """Return the SVG of the editor's icons and of these, by name."""
    return {name: str(heroicon_outline(name, size=20)) for name in {*EDITOR, *names}}
