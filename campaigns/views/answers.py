"""What the JSON addresses of the pages have in common: how they read, and how they say no."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext_lazy as _

from fluenzr.core import documents
from fluenzr.core.errors import DomainError, Invalid

_STATUS = {"VALIDATION_ERROR": 400, "FORBIDDEN": 403, "NOT_FOUND": 404, "CONFLICT": 409, "RATE_LIMITED": 429}

View = Callable[..., HttpResponse]


def speaks_json(view: View) -> View:
    """Let a view raise errors of the domain; they are answered as `{"message", "details"}`."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        try:
            response = view(request, *args, **options)
        except DomainError as error:
            details = {path: [str(text) for text in texts] for path, texts in error.details.items()}
            content = {"message": str(error), "details": details}
            return JsonResponse(content, status=_STATUS[error.code])
        response["Cache-Control"] = "no-store, private"
        return response

    return answer


def body(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object of a request.

    Raises:
        Invalid: it is none, too long, or holds what the database cannot keep.
    """
    try:
        return as_object(documents.read(request.body))
    except RequestDataTooBig as error:
        raise Invalid(_("The workflow is too long to be saved")) from error
    except ValueError as error:
        raise Invalid(_("The request cannot be read")) from error


def as_object(value: Any) -> dict[str, Any]:
    """Return a JSON object as it is.

    Raises:
        Invalid: it is something else.
    """
    if not isinstance(value, dict):
        raise Invalid(_("The request cannot be read"))
    return value
