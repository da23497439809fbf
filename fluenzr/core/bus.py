"""Facts that travel up the import order.

A fact is a frozen dataclass that speaks of many rows at once. It is published inside the transaction that made it true;
its subscribers run at once, in that transaction, and only write rows.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

Fact = TypeVar("Fact")
_subscribers: dict[type, list[Callable[[Any], None]]] = defaultdict(list)


def subscribe(kind: type[Fact]) -> Callable[[Callable[[Fact], None]], Callable[[Fact], None]]:
    """Register the decorated function for facts of one class; done in an app's `reactions` module."""

    def register(function: Callable[[Fact], None]) -> Callable[[Fact], None]:
        if function not in _subscribers[kind]:
            _subscribers[kind].append(function)
        return function

    return register


def publish(fact: object) -> None:
    """Tell every subscriber of the fact's class, in the order of registration; an error rolls the fact back."""
    for function in _subscribers[type(fact)]:
        function(fact)
