"""A memory of bounded size for what was asked a moment ago and hardly ever changes."""

import time
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """Remembers at most `size` values, each for so many seconds; when it is full, the oldest goes."""

    def __init__(self, *, size: int, seconds: float) -> None:
        self._size = size
        self._seconds = seconds
        self._values: dict[Key, tuple[float, Value]] = {}

    def get(self, key: Key) -> Value | None:
        """Return what is remembered, or None."""
        found = self._values.get(key)
        return found[1] if found is not None and found[0] > time.monotonic() else None

    def put(self, key: Key, value: Value) -> None:
        """Remember a value from now on."""
        # No lock: each step is one of the interpreter's, and two threads at once forget one value more.
        self._values.pop(key, None)
        self._values[key] = time.monotonic() + self._seconds, value
        while len(self._values) > self._size:
            self._values.pop(next(iter(self._values), key), None)

    def clear(self) -> None:
        """Forget everything."""
        self._values.clear()
