"""What a request to a pixel or a link is, and what is kept of it: a line in the spool, before it is answered.

Requests are read as WSGI describes them (PEP 3333), which is also Django's `request.META`.
"""

import base64
import json
import logging
from collections.abc import Mapping
from json.encoder import encode_basestring_ascii
from typing import Any

from fluenzr.core import signing
from tracking import bounded, spool, targets
from tracking.enums import HitKind

log = logging.getLogger(__name__)

GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
GIF_TYPE = "image/gif"
# Those that count; others are answered.
METHODS = ("GET", "HEAD")
LOOKUP_SECONDS = 1.5
# What tells a prefetch from a person; nothing else of a request is kept.
_KEPT_HEADERS = {
    f"HTTP_{name.upper().replace('-', '_')}": name
    for name in ("Purpose", "Sec-Purpose", "X-Purpose", "X-Moz", "Sec-Fetch-Mode", "Sec-Fetch-User")
}
LONGEST_HEADER = 100
# First clicks come in floods, right after a mailing.
_asked = bounded.Together(targets.urls)


def opened(token: str) -> signing.Claim | None:
    """Return which mail was opened, or None when the token of the pixel is not ours."""
    return signing.verify("open", token.removesuffix(".gif"))


def clicked(token: str) -> signing.Claim | None:
    """Return which link was clicked, or None when the token is not ours."""
    return signing.verify("click", token)


def note(kind: HitKind, claim: signing.Claim, *, meta: Mapping[str, Any], address: str) -> None:
    """Keep a hit: when this returns it is in the spool. `address` is where the request came from.

    When the disk is full it costs a number: the reader still gets the answer.
    """
    kept = {name: meta[key][:LONGEST_HEADER] for key, name in _KEPT_HEADERS.items() if key in meta}
    agent = encode_basestring_ascii(meta.get("HTTP_USER_AGENT", "").replace("\0", "")[:500])
    try:
        spool.append_now(
            f'"kind":"{kind.value}","message":"{claim.message_id.hex}","link":{claim.link},'
            f'"method":"{meta["REQUEST_METHOD"]}","ip":{encode_basestring_ascii(address[:45])},"ua":{agent},'
            f'"headers":{json.dumps(kept) if kept else "{}"}'
        )
    except OSError:
        log.exception("A hit could not be spooled")


def target(claim: signing.Claim) -> str | None:
    """Return where a link leads, or None when there is no such link.

    Raises:
        bounded.Unavailable: nobody asked lately, and the database does not answer in time.
    """
    known = targets.remembered(claim)
    return _asked.ask(claim, seconds=LOOKUP_SECONDS) if known is None else known
