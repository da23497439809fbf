"""The collector of Python's circles, for work that makes very many objects and hardly a circle."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# Objects after which it looks for circles; usually 700.
ALLOCATED = 200_000


@contextmanager
def seldom() -> Iterator[None]:
    """Let the collector come seldom, and leave alone what lives by now: it would walk through it for each few rows."""
    gc.freeze()
    usual = gc.get_threshold()
    gc.set_threshold(ALLOCATED, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
