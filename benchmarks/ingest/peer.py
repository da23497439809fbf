"""What most applications do: a Django view that checks the token and inserts a row for each hit."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone

from fluenzr.core import signing
from tracking.hits import GIF
from tracking.models import RawHit


def pixel(request: HttpRequest, token: str) -> HttpResponse:
    """Answer the image when the row is there."""
    claim = signing.verify("open", token.removesuffix(".gif"))
    if claim is not None:
        RawHit.objects.create(
            kind="open",
            message=claim.message_id,
            at=timezone.now(),
            ip=request.META["REMOTE_ADDR"],
            user_agent=request.headers.get("User-Agent", ""),
            folded=True,
        )
    return HttpResponse(GIF, content_type="image/gif")


urlpatterns = [path("t/o/<str:token>", pixel)]
