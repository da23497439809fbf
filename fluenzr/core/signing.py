"""Tokens of tracking links: short, unforgeable, and good for years.

A token is base64url of: key number (1 byte), message key (16), link index (2), keyed hash (12). The hash covers what
the token is for, so a pixel's token opens no link. Keys are `FLUENZR_TRACKING_KEYS`: the first signs, all verify.
"""

import base64
import binascii
import hashlib
import hmac
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings

MAC_BYTES = 12
TOKEN_BYTES = 1 + 16 + 2 + MAC_BYTES


@dataclass(frozen=True)
class Claim:
    """What a valid token says: which message, which link of it (0 where there is none)."""

    message_id: uuid.UUID
    link: int


# With these bytes behind it a token has a length that base64 writes without `=`; its last two letters are dropped.
_FILL = bytes(-TOKEN_BYTES % 3)
_WIDTH = -(-TOKEN_BYTES // 3) * 4
LETTERS = _WIDTH - len(_FILL)
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


# A keyed hash takes in its key when it begins: copying one that has begun halves the work of each token.
@lru_cache(maxsize=64)
def _begun(key: str, purpose: str) -> "hashlib.blake2b":
    secret = hashlib.sha256(key.encode()).digest()
    return hashlib.blake2b(digest_size=MAC_BYTES, key=secret, person=purpose.encode()[:16])


def _mac(key: str, purpose: str, body: bytes) -> bytes:
    keyed = _begun(key, purpose).copy()
    keyed.update(body)
    return keyed.digest()


@lru_cache(maxsize=16)
def _key_number(key: str) -> int:
    return hashlib.sha256(b"number:" + key.encode()).digest()[0]


def sign(purpose: str, message_id: uuid.UUID, link: int = 0) -> str:
    """Return the token for one message (and one of its links) and one purpose: `open`, `click` or `leave`."""
    return sign_all(message_id, [(purpose, link)])[0]


def sign_all(message_id: uuid.UUID, wanted: Sequence[tuple[str, int]]) -> list[str]:
    """Return the tokens of one message for these purposes and links, in their order; see `sign`."""
    key = settings.FLUENZR_TRACKING_KEYS[0]
    head = _key_number(key).to_bytes(1, "big") + message_id.int.to_bytes(16, "big")
    parts: list[bytes] = []
    for begin, link in _beginnings(key, tuple(wanted)):
        body = head + link
        keyed = begin()
        keyed.update(body)
        parts += (body, keyed.digest(), _FILL)
    text = binascii.b2a_base64(b"".join(parts), newline=False).translate(_URL_SAFE).decode()
    return [text[at : at + LETTERS] for at in range(0, len(text), _WIDTH)]


@lru_cache(maxsize=256)
def _beginnings(key: str, wanted: tuple[tuple[str, int], ...]) -> "list[tuple[Callable[[], hashlib.blake2b], bytes]]":
    """Return for each token of a mail what begins its hash, and its link as it stands in it."""
    return [(_begun(key, purpose).copy, link.to_bytes(2, "big")) for purpose, link in wanted]


def verify(purpose: str, token: str) -> Claim | None:
    """Return what the token says, or None when it was not signed by us for this purpose."""
    if len(token) != LETTERS:
        return None
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    body, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
    if base64.urlsafe_b64encode(raw).decode().rstrip("=") != token:
        return None  # trailing bits that decode alike: one token has one spelling
    for key in settings.FLUENZR_TRACKING_KEYS:
        if _key_number(key) == body[0] and hmac.compare_digest(mac, _mac(key, purpose, body)):
            return Claim(uuid.UUID(bytes=body[1:17]), int.from_bytes(body[17:19], "big"))
    return None
