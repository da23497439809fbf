"""Pixel and click, where `tracking.door` does not answer before: with other methods, forged tokens, unknown links."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from tracking import bounded, hits
from tracking.enums import HitKind
from tracking.views.public import open_to_anyone, unavailable, unknown

# What the door found out already: that there is no such link, or that nobody knows.
NOWHERE, UNAVAILABLE = "nowhere", "unavailable"
# Under this name the door tells it. No header of a request ends up under such a name.
FOUND = "fluenzr.click"


@open_to_anyone
def pixel(request: HttpRequest, token: str) -> HttpResponse:
    """Answer the same image to anything; an open counts only when the token is ours."""
    claim = hits.opened(token)
    if claim is not None and request.method in hits.METHODS:
        hits.note(HitKind.OPEN, claim, meta=request.META, address=_address(request))
    return HttpResponse(hits.GIF, content_type=hits.GIF_TYPE)


@open_to_anyone
def click(request: HttpRequest, token: str) -> HttpResponse:
    """Send the reader to the target that the mail had for this link, and to nothing else."""
    claim = hits.clicked(token)
    if claim is None or request.META.get(FOUND) == NOWHERE:
        return unknown(request)
    if request.META.get(FOUND) == UNAVAILABLE:
        return unavailable(request)
    if request.method == "OPTIONS":
        return HttpResponse(headers={"Allow": "GET, HEAD, OPTIONS"})
    if request.method not in hits.METHODS:
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD, OPTIONS"})
    hits.note(HitKind.CLICK, claim, meta=request.META, address=_address(request))
    try:
        url = hits.target(claim)
    except bounded.Unavailable:
        return unavailable(request)
    if url is None:
        return unknown(request)
    # Not HttpResponseRedirect: it refuses `mailto:` and `tel:`, which a mail may hold.
    return HttpResponse(status=302, headers={"Location": url})


def _address(request: HttpRequest) -> str:
    address: Any = request.META.get("REMOTE_ADDR", "")
    return str(address)
