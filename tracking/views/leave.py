"""Unsubscribe and preferences: a GET shows a page, only a POST acts (RFC 8058).

A wish that the database cannot take now is kept in the spool and done as soon as it can: a mail provider asks once.
"""

import logging
import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from campaigns.models import Message
from fluenzr.core import signing
from fluenzr.core.ids import uuid7
from tracking import bounded, leaving, spool
from tracking.leaving import Wish
from tracking.views.public import notice, open_to_anyone, unavailable, unknown

log = logging.getLogger(__name__)

SECONDS = 3.0
# A one-click body is 26 bytes; as multipart a few hundred.
LARGEST_BODY = 20_000


@open_to_anyone
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Show the button, or do what it (or the mail program's own button) asks for."""
    claim = signing.verify("leave", token)
    if claim is None:
        return unknown(request)
    fields = _fields(request)
    if fields.get("List-Unsubscribe") == "One-Click":
        done = _done(Wish.LEAVE, claim.message_id, source=leaving.ONE_CLICK)
        return HttpResponse(status=200, content_type="text/plain") if done else unknown(request)
    return _page(request, claim.message_id, name="unsubscribe", wish=_wish(fields), token=token)


@open_to_anyone
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """Let the reader choose: no more mails, or mails without tracking."""
    claim = signing.verify("leave", token)
    if claim is None:
        return unknown(request)
    return _page(request, claim.message_id, name="preferences", wish=_wish(_fields(request)), token=token)


def _fields(request: HttpRequest) -> dict[str, Any]:
    """Return the fields of a POST; of anything else, or of an oversized body, none."""
    if request.method != "POST" or int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_BODY:
        return {}
    return request.POST.dict()


def _wish(fields: dict[str, Any]) -> Wish | None:
    return {str(wish): wish for wish in Wish}.get(fields.get("wish", ""))


def _page(request: HttpRequest, message_id: uuid.UUID, *, name: str, wish: Wish | None, token: str) -> HttpResponse:
    if wish is not None:
        done = _done(wish, message_id, source=leaving.PAGE)
        return notice(request, "done", status=200, wish=wish, token=token) if done else unknown(request)
    try:
        sender = bounded.run(lambda: _sender(message_id), seconds=SECONDS)
    except bounded.Unavailable:
        return unavailable(request)
    if sender is None:
        return unknown(request)
    return notice(request, name, status=200, sender=sender, token=token)


def _sender(message_id: uuid.UUID) -> str | None:
    """Return the name of the workspace that sent a message."""
    name: str | None = Message.objects.filter(pk=message_id).values_list("workspace__name", flat=True).first()
    return name


def _done(wish: Wish, message_id: uuid.UUID, *, source: str) -> bool:
    now = timezone.now()
    try:
        return bounded.run(lambda: leaving.act(wish, message_id, source=source, now=now), seconds=SECONDS)
    except bounded.Unavailable:
        log.warning("The database does not answer; a wish of a recipient is kept in the spool")
    spool.append({"id": str(uuid7()), "kind": wish, "message": str(message_id), "at": now.isoformat()})
    return True
