"""Each person reads the pages in their own language and time zone."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from fluenzr.core import clock


class PreferencesMiddleware:
    """Takes language and time zone from who is signed in.

    Views without CSRF protection (the API, the addresses in mails) read no cookie, so nobody is asked for there.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()

    def process_view(self, request: HttpRequest, view: Any, args: Any, options: Any) -> None:
        """Speak the language of the person, in their time zone."""
        if getattr(view, "csrf_exempt", False) or settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return
        user = request.user
        if not user.is_authenticated:
            return
        if user.language in dict(settings.LANGUAGES):
            translation.activate(user.language)
            request.LANGUAGE_CODE = user.language
        if user.timezone in clock.zone_names():
            timezone.activate(user.timezone)
