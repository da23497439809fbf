"""Secrets at rest, and keyed hashes of what must be matched but not kept.

Keys come from `FLUENZR_ENCRYPTION_KEYS` (the first seals, all open), never from `SECRET_KEY`: a leaked dump or cookie
key opens nothing.
"""

import hashlib
import json
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

# What HMAC mixes into its key, as tables for `translate`.
_INNER, _OUTER = (bytes(byte ^ mask for byte in range(256)) for mask in (0x36, 0x5C))


class Unsealable(Exception):
    """A sealed value cannot be opened: no key fits, or it was sealed for another place."""


def _box() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FLUENZR_ENCRYPTION_KEYS])


def seal(value: Any, *, place: str) -> str:
    """Return a JSON value encrypted and bound to a place, such as `mailboxes.account:<key>:secrets`.

    The place travels inside, so a ciphertext copied to another row or field does not open there.
    """
    return _box().encrypt(json.dumps([place, value]).encode()).decode()


def unseal(token: str, *, place: str) -> Any:
    """Return the value that `seal` got.

    Raises:
        Unsealable: no key fits, or the token belongs to another place.
    """
    try:
        sealed_place, value = json.loads(_box().decrypt(token.encode()))
    except InvalidToken as error:
        raise Unsealable(place) from error
    if sealed_place != place:
        raise Unsealable(place)
    return value


def reseal(token: str) -> str:
    """Return the same value encrypted under the first key, for a rotation of keys.

    Raises:
        Unsealable: no key fits.
    """
    try:
        return _box().rotate(token.encode()).decode()
    except InvalidToken as error:
        raise Unsealable("resealing") from error


def keyed_hash(purpose: str, text: str) -> str:
    """Return 64 hex digits that stand for `text`: HMAC-SHA-256 under the pepper, separate for each purpose."""
    inner, outer = (begun.copy() for begun in _begun(purpose, settings.FLUENZR_PEPPER))
    inner.update(text.encode())
    outer.update(inner.digest())
    return outer.hexdigest()


@lru_cache(maxsize=32)
def _begun(purpose: str, pepper: str) -> "tuple[hashlib._Hash, hashlib._Hash]":
    """Return both hashes of HMAC (RFC 2104) that have taken in their key: a third of its time for short texts."""
    key = hashlib.sha256(b"fluenzr:" + purpose.encode() + pepper.encode()).digest().ljust(64, b"\0")
    return hashlib.sha256(key.translate(_INNER)), hashlib.sha256(key.translate(_OUTER))
