"""Hearing the facts that the domain publishes, and answering them."""

from collections.abc import Callable, Iterator
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


@contextmanager
def answering(kind: type, answer: Callable[[Any], None]) -> Iterator[None]:
    """Have facts of this class answered inside, for example by an error."""
    bus._subscribers[kind].append(answer)
    try:
        yield
    finally:
        bus._subscribers[kind].remove(answer)
