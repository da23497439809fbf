"""Mail that users or strangers wrote, shown in a frame that runs nothing and reaches nothing (design.md, section 5)."""

from django.http import HttpResponse

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox allow-popups"


def mail(html: str) -> HttpResponse:
    """Return the HTML of a mail as it is, as the answer for an `<iframe sandbox>` of one of our pages."""
    response = HttpResponse(html)
    response["Content-Security-Policy"] = _POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Cache-Control"] = "no-store, private"
    return response
