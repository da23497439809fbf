"""Finds the node types. A new type is one new file here; nothing else names it."""

import importlib
import pkgutil
from functools import cache

from django.core.exceptions import ImproperlyConfigured

from campaigns import nodes
from campaigns.nodes.base import NodeKind


@cache
def kinds() -> dict[str, type[NodeKind]]:
    """Return the node types by kind, in the order of their file names.

    Raises:
        ImproperlyConfigured: two files claim one kind.
    """
    found: dict[str, type[NodeKind]] = {}
    for module in sorted(module.name for module in pkgutil.iter_modules(nodes.__path__)):
        for value in vars(importlib.import_module(f"{nodes.__name__}.{module}")).values():
            is_kind = isinstance(value, type) and issubclass(value, NodeKind) and value is not NodeKind
            if is_kind and found.setdefault(value.kind, value) is not value:
                raise ImproperlyConfigured(f"Two node types call themselves {value.kind!r}.")
    return found


def kind(name: str) -> type[NodeKind]:
    """Return one node type.

    Raises:
        ImproperlyConfigured: a stored workflow names a type that this installation lacks.
    """
    try:
        return kinds()[name]
    except KeyError:
        raise ImproperlyConfigured(f"No node type {name!r} is installed.") from None
