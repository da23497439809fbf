"""Answers of pages: the whole page, or the part of its template that htmx asked for, notes and refusals."""

from typing import Any, Literal

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect, reswap, trigger_client_event

from fluenzr.core.errors import DomainError

Tone = Literal["", "green", "amber", "red"]

STATUS = {"VALIDATION_ERROR": 422, "NOT_FOUND": 404, "CONFLICT": 409, "FORBIDDEN": 403, "RATE_LIMITED": 429}


def is_htmx(request: HttpRequest) -> bool:
    """Whether htmx asks for a part; a page that it fetches again for the history of the browser is wanted whole."""
    headers = request.headers
    return headers.get("HX-Request") == "true" and headers.get("HX-History-Restore-Request") != "true"


def page(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, part: str = "", status: int = 200
) -> HttpResponse:
    """Render the page, or `part` (a `{% partialdef %}` of the same template) when htmx asks.

    A form with errors is answered with 422, which htmx swaps in like a 200.
    """
    name = f"{template}#{part}" if part and is_htmx(request) else template
    response = render(request, name, context, status=status)
    if part:
        # The same address has two answers, so neither may stand in for the other.
        patch_vary_headers(response, ["HX-Request"])
    return response


def go(request: HttpRequest, to: Any, *arguments: Any, said: str = "", tone: Tone = "green") -> HttpResponse:
    """Send the browser on after a POST, with a note to be shown there; `to` is a URL name, an object or a path."""
    if said:
        messages.add_message(request, messages.INFO, said, extra_tags=tone)
    url = resolve_url(to, *arguments)
    if is_htmx(request):
        return HttpResponseClientRedirect(url)
    response = HttpResponse(status=303)
    response["Location"] = url
    return response


def way_back(request: HttpRequest, otherwise: Any, *arguments: Any) -> str:
    """Return the path of ours that the form or the address names as `next`, else where `otherwise` leads."""
    url = request.POST.get("next") or request.GET.get("next", "")
    is_ours = url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    return url if is_ours else resolve_url(otherwise, *arguments)


def toast(response: HttpResponse, text: Any, *, tone: Tone = "") -> HttpResponse:
    """Have the page show a short note; for answers to htmx."""
    return trigger_client_event(response, "toast", {"text": str(text), "tone": tone})


def close_panel(response: HttpResponse) -> HttpResponse:
    """Have the page close its side panel; for answers to htmx."""
    return trigger_client_event(response, "panel-close")


def refusal(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Translate a refusal of the domain that no form shows: a note for htmx, else a page."""
    status = STATUS.get(error.code, 400)
    if is_htmx(request):
        return reswap(toast(HttpResponse(status=status), error.message, tone="red"), "none")
    return render(request, "refused.html", {"error": error}, status=status)
