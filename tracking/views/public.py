"""What all answers to recipients have in common: no cookie, no store, no referrer, nothing echoed."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt

HEADERS = {
    "Cache-Control": "no-store, private",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
}
View = Callable[..., HttpResponse]


def open_to_anyone(view: View) -> View:
    """Guard of the addresses in mails: without CSRF token (nobody is signed in here), with the common headers."""

    @csrf_exempt
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        response = view(request, *args, **options)
        for name, value in HEADERS.items():
            response[name] = value
        return response

    return answer


def notice(request: HttpRequest, name: str, *, status: int, **values: Any) -> HttpResponse:
    """Return one of the plain pages of `templates/tracking`."""
    return render(request, f"tracking/{name}.html", {"language": translation.get_language(), **values}, status=status)


def unknown(request: HttpRequest) -> HttpResponse:
    """Return the constant page for an address that we did not make."""
    return notice(request, "unknown", status=404)


def unavailable(request: HttpRequest) -> HttpResponse:
    """Return the page for a moment at which the database does not answer."""
    response = notice(request, "unavailable", status=503)
    response["Retry-After"] = "30"
    return response
