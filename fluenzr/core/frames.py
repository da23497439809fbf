"""Mail and files that users or strangers wrote: shown in a frame that runs and reaches nothing, or only saved."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header

# What says nothing of its letters wears those of a mail client; whatever a mail says itself is stronger.
_LETTERS = "<style>:where(html) { font: 14px/1.5 Arial, Helvetica, sans-serif; }</style>"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox allow-popups"


def mail(html: str) -> HttpResponse:
    """Return the HTML of a mail, as the answer for an `<iframe sandbox>` of one of our pages."""
    response = HttpResponse(html + _LETTERS)
    response["Content-Security-Policy"] = _POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Cache-Control"] = "no-store, private"
    return response


def download(name: str, content: bytes) -> HttpResponse:
    """Return a file to be saved under its name; no browser shows or runs it, whatever it holds."""
    response = HttpResponse(content, content_type="application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "no-store, private"
    return response
