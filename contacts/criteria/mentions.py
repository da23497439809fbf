"""What saved rules name: who deletes or renames something sees which segments ask about it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from contacts.criteria.rules import ALL, ANY
from contacts.models import Segment
from fluenzr.workspaces.models import Workspace

Criterion = dict[str, Any]


def criteria(rules: Mapping[str, Any]) -> Iterator[Criterion]:
    """Yield the criteria of a document of rules, however deep they stand; to change one changes the document."""
    for match in (ALL, ANY):
        for part in rules.get(match, ()):
            if "field" in part:
                yield part
            else:
                yield from criteria(part)


def segments(workspace: Workspace, asks: Callable[[Criterion], bool]) -> list[Segment]:
    """Return the segments with a criterion of which `asks` is true, by name."""
    rows = Segment.objects.in_workspace(workspace).order_by("name")
    return [segment for segment in rows if any(map(asks, criteria(segment.rules)))]
