"""The invitation that brought somebody here who is not signed in: it is remembered until they have an account."""

from django.http import HttpRequest
from django.utils import timezone

from fluenzr.core.errors import NotFound
from fluenzr.workspaces import invitations
from fluenzr.workspaces.models import Invitation

_KEY = "invitation"


def remember(request: HttpRequest, token: str) -> None:
    """Let this browser sign up for the invitation behind a link that was read."""
    request.session[_KEY] = token


def token_of(request: HttpRequest) -> str:
    """Return the token that this browser came with, or nothing."""
    token: str = request.session.get(_KEY, "")
    return token


def of(request: HttpRequest) -> Invitation | None:
    """Return the invitation that this browser came with, while it holds."""
    token = token_of(request)
    if not token:
        return None
    try:
        return invitations.read(token, now=timezone.now())
    except NotFound:
        return None


def forget(request: HttpRequest) -> None:
    """Let go of the invitation: it was accepted."""
    request.session.pop(_KEY, None)
