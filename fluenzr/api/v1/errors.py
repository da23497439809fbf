"""Every error as the envelope of seed 002; the one place where `/v1` translates the domain's refusals.

Details are given for 400 only (contract A26): dotted path to sentences, nodes by id, list items by index, `""` for
the whole.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, UnreadablePostError
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.settings import api_settings

from fluenzr.core import errors

log = logging.getLogger(__name__)

STATUS = {
    "VALIDATION_ERROR": 400,
    "UNAUTHORIZED": 401,
    "FORBIDDEN": 403,
    "NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "CONFLICT": 409,
    "PAYLOAD_TOO_LARGE": 413,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "RATE_LIMITED": 429,
    "SERVER_ERROR": 500,
}
CODES = {status: code for code, status in STATUS.items()}


class PayloadTooLarge(exceptions.APIException):
    """The body is larger than the API reads."""

    status_code = 413


@dataclass(frozen=True)
class Problem:
    """An error on its way out."""

    code: str
    message: str
    details: dict[str, list[str]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """The HTTP status of the code."""
        return STATUS[self.code]

    def body(self) -> dict[str, Any]:
        """Return the envelope."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.status == 400:
            error["details"] = self.details or {"": [self.message]}
        return {"success": False, "error": error}


def problem_of(error: Exception) -> Problem:
    """Return what the caller is told of an exception; one that nobody expected is logged and told without a detail."""
    if isinstance(error, errors.DomainError):
        return _of_domain(error)
    if isinstance(error, exceptions.ValidationError):
        details = flat(error.detail)
        return Problem("VALIDATION_ERROR", next(iter(details.values()))[0], details)
    if isinstance(error, Http404 | exceptions.NotFound):
        return Problem("NOT_FOUND", _("There is no such endpoint"))
    if isinstance(error, exceptions.NotAuthenticated):
        return Problem("UNAUTHORIZED", _("Missing or invalid API key"), headers={"WWW-Authenticate": "Bearer"})
    if isinstance(error, PermissionDenied):
        return Problem("FORBIDDEN", _("This is not allowed"))
    if isinstance(error, SuspiciousOperation | UnreadablePostError):
        return Problem("VALIDATION_ERROR", _("The request cannot be read"))
    if isinstance(error, exceptions.APIException) and error.status_code in CODES and error.status_code != 500:
        return Problem(CODES[error.status_code], str(error.detail))
    log.error("The API failed", exc_info=error)
    return Problem("SERVER_ERROR", _("Something went wrong on our side; it has been recorded"))


def flat(detail: Any, path: str = "") -> dict[str, list[str]]:
    """Return DRF's nested error detail as dotted path to sentences, in the order in which they were found."""
    found: dict[str, list[str]] = {}
    for at, sentence in _walk(detail, path):
        found.setdefault(at, []).append(sentence)
    return found or {path: [_("This is not valid")]}


def _walk(detail: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(detail, Mapping):
        for key, inner in detail.items():
            whole = key in ("", api_settings.NON_FIELD_ERRORS_KEY)
            yield from _walk(inner, path if whole else f"{path}.{key}" if path else str(key))
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, Mapping | list)
            yield from _walk(inner, f"{path}.{index}" if nested and path else str(index) if nested else path)
    else:
        yield path, str(detail)


def _of_domain(error: errors.DomainError) -> Problem:
    details = {path: [str(sentence) for sentence in sentences] for path, sentences in error.details.items()}
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, errors.RateLimited) else {}
    return Problem(error.code, str(error), details, headers)
