"""What Django answers when no view could: JSON below the API's paths, its own pages elsewhere."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _
from django.views import defaults

from fluenzr.api.v1.errors import Problem

API_PATHS = ("/v1", "/api/v1")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """400: a host that is not ours, a request that cannot be read."""
    return _answer(request, "VALIDATION_ERROR", _("The request cannot be read")) or defaults.bad_request(
        request, exception
    )


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """403 outside of any view."""
    return _answer(request, "FORBIDDEN", _("This is not allowed")) or defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """404: no URL fits."""
    return _answer(request, "NOT_FOUND", _("There is no such endpoint")) or defaults.page_not_found(request, exception)


def server_error(request: HttpRequest, *args: Any) -> HttpResponseBase:
    """500: a middleware failed, or an answer could not be written."""
    message = _("Something went wrong on our side; it has been recorded")
    return _answer(request, "SERVER_ERROR", message) or defaults.server_error(request)


def _answer(request: HttpRequest, code: str, message: str) -> JsonResponse | None:
    if not any(request.path == path or request.path.startswith(path + "/") for path in API_PATHS):
        return None
    problem = Problem(code, message)
    return JsonResponse(problem.body(), status=problem.status)
