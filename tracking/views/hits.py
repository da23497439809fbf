"""Pixel and click: bounded work, a line in the spool, an answer."""

import base64
import logging
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from fluenzr.core import signing
from fluenzr.core.ids import uuid7
from tracking import bounded, spool, targets
from tracking.enums import HitKind
from tracking.views.public import open_to_anyone, unavailable, unknown

log = logging.getLogger(__name__)

GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
LOOKUP_SECONDS = 1.5
# What tells a prefetch from a person; nothing else of a request is kept.
KEPT_HEADERS = ("Purpose", "Sec-Purpose", "X-Purpose", "X-Moz", "Sec-Fetch-Mode", "Sec-Fetch-User")
LONGEST_HEADER = 100


@open_to_anyone
def pixel(request: HttpRequest, token: str) -> HttpResponse:
    """Answer the same image to anything; an open counts only when the token is ours."""
    claim = signing.verify("open", token.removesuffix(".gif"))
    if claim is not None and request.method in ("GET", "HEAD"):
        _spooled(request, HitKind.OPEN, claim)
    return HttpResponse(GIF, content_type="image/gif")


@open_to_anyone
def click(request: HttpRequest, token: str) -> HttpResponse:
    """Send the reader to the target that the mail had for this link, and to nothing else."""
    claim = signing.verify("click", token)
    if claim is None:
        return unknown(request)
    if request.method == "OPTIONS":
        return HttpResponse(headers={"Allow": "GET, HEAD, OPTIONS"})
    if request.method not in ("GET", "HEAD"):
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD, OPTIONS"})
    _spooled(request, HitKind.CLICK, claim)
    try:
        url = bounded.run(lambda: targets.url(claim.message_id, claim.link), seconds=LOOKUP_SECONDS)
    except bounded.Unavailable:
        return unavailable(request)
    if url is None:
        return unknown(request)
    # Not HttpResponseRedirect: it refuses `mailto:` and `tel:`, which a mail may hold.
    return HttpResponse(status=302, headers={"Location": url})


def _spooled(request: HttpRequest, kind: HitKind, claim: signing.Claim) -> None:
    headers = {name: request.headers[name][:LONGEST_HEADER] for name in KEPT_HEADERS if name in request.headers}
    record: dict[str, Any] = {
        "id": str(uuid7()),
        "kind": kind,
        "message": str(claim.message_id),
        "link": claim.link,
        "at": timezone.now().isoformat(),
        "method": request.method,
        "ip": request.META.get("REMOTE_ADDR", "")[:45],
        "ua": request.headers.get("User-Agent", "").replace("\0", "")[:500],
        "headers": headers,
    }
    try:
        spool.append(record)
    except OSError:
        log.exception("A hit could not be spooled")  # it costs a number; the reader still gets the answer
