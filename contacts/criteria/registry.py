"""Which fields there are."""

from collections.abc import Callable, Iterable

from contacts.criteria.base import Field
from fluenzr.workspaces.models import Workspace

Source = Callable[[Workspace], Iterable[Field]]
_sources: list[Source] = []


def register(source: Source) -> Source:
    """Have a function add fields; done in an app's `criteria` module, which its `ready()` imports."""
    if source not in _sources:
        _sources.append(source)
    return source


def fields(workspace: Workspace) -> dict[str, Field]:
    """Return all fields that a segment of the workspace may ask about, by key, in the order in which they are offered.

    Raises:
        ValueError: two have one key.
    """
    found: dict[str, Field] = {}
    for source in _sources:
        for field in source(workspace):
            if field.key in found:
                raise ValueError(f"two criteria are called {field.key!r}")
            found[field.key] = field
    return found
