"""Identifiers: UUIDv7 keys and the public ids made of them.

A row's key is a UUIDv7 (RFC 9562, section 5.7), drawn here because Python 3.11 has none. Its public id is a prefix and
the same 128 bits in base 62: no second column, not enumerable, and in the order of creation.
"""

import os
import threading
import time
import uuid
from typing import Any

from django.db import models

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
WIDTH = 22  # 62 ** 22 > 2 ** 128
_VALUES = {letter: value for value, letter in enumerate(ALPHABET)}
_lock = threading.Lock()
_last = 0


def uuid7() -> uuid.UUID:
    """Return a new UUIDv7, greater than every one drawn before by this process.

    The 12 bits after the milliseconds count up within one millisecond (RFC 9562, section 6.2, method 1).
    """
    global _last
    with _lock:
        stamp = time.time_ns() // 1_000_000 << 12
        _last = max(_last + 1, stamp)
        stamp = _last
    milliseconds, counter = stamp >> 12, stamp & 0xFFF
    random = int.from_bytes(os.urandom(8), "big") & (1 << 62) - 1
    return uuid.UUID(int=milliseconds << 80 | 7 << 76 | counter << 64 | 2 << 62 | random)


def encode(key: uuid.UUID) -> str:
    """Return the 22 base-62 characters of a key; they sort as the keys do."""
    number, letters = key.int, []
    for _ in range(WIDTH):
        number, digit = divmod(number, 62)
        letters.append(ALPHABET[digit])
    return "".join(reversed(letters))


def public(prefix: str, key: uuid.UUID | None) -> str | None:
    """Return the public id of a key, such as `cmp_0HqX...`; None stays None."""
    return None if key is None else f"{prefix}_{encode(key)}"


def parse(prefix: str, text: object) -> uuid.UUID | None:
    """Return the key behind a public id, or None when the text is not an id of this prefix."""
    if not isinstance(text, str) or not text.startswith(prefix + "_"):
        return None
    letters = text[len(prefix) + 1 :]
    if len(letters) != WIDTH or any(letter not in _VALUES for letter in letters):
        return None
    number = 0
    for letter in letters:
        number = number * 62 + _VALUES[letter]
    return uuid.UUID(int=number) if number < 1 << 128 else None


class KeyField(models.UUIDField[Any, Any]):
    """The primary key of every table of ours: a UUIDv7, with the prefix that its public id carries."""

    def __init__(self, prefix: str = "", **options: Any) -> None:
        self.prefix = prefix
        options.update(primary_key=True, default=uuid7, editable=False)
        super().__init__(**options)

    def deconstruct(self) -> Any:
        """Keep the prefix in migrations and leave out what never differs."""
        name, path, args, options = super().deconstruct()
        for constant in ("primary_key", "default", "editable"):
            options.pop(constant, None)
        options["prefix"] = self.prefix
        return name, path, args, options


class PublicIdMixin:
    """Gives a model with a `KeyField` its public id."""

    pk: Any
    _meta: Any

    @classmethod
    def prefix(cls) -> str:
        """Return the prefix of this model's public ids."""
        field: KeyField = cls._meta.pk
        return field.prefix

    @property
    def public_id(self) -> str:
        """The id that the outside sees."""
        return f"{self.prefix()}_{encode(self.pk)}"

    @classmethod
    def key_of(cls, text: object) -> uuid.UUID | None:
        """Return the key behind this model's public id, or None when the text is none."""
        return parse(cls.prefix(), text)
