"""Hearing the facts that the domain publishes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fluenzr.core import bus


@contextmanager
def heard(*kinds: type) -> Iterator[list[Any]]:
    """Collect the facts of these classes that are published inside."""
    told: list[Any] = []
    for kind in kinds:
        bus._subscribers[kind].append(told.append)
    try:
        yield told
    finally:
        for kind in kinds:
            bus._subscribers[kind].remove(told.append)
