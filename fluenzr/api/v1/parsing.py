"""Reading and writing JSON strictly: what the database cannot keep is refused here, once for all endpoints."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import IO, Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser

from fluenzr.api.v1.errors import PayloadTooLarge

MAX_BODY = 5 * 1024 * 1024
# What may hide a NUL, half a surrogate pair or a number beyond floats: only then the document is walked.
_SUSPECT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])|[eE]\+?\d{3}")


class JsonParser(BaseParser):
    """UTF-8 JSON of at most 5 MB, without `NaN`, NUL characters and lone surrogates."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the document.

        Raises:
            PayloadTooLarge, ParseError, ValidationError: it is too long, no JSON, or holds what cannot be kept.
        """
        raw = stream.read(MAX_BODY + 1)
        if len(raw) > MAX_BODY:
            raise PayloadTooLarge(_("The body is larger than 5 MB"))
        if not raw.strip():
            return {}
        try:
            text = raw.decode("utf-8-sig")
            document = json.loads(text, parse_constant=_refuse_constant)
            suspects = set(_unkeepable(document, "")) if _SUSPECT.search(text) else set()
        except (ValueError, RecursionError) as error:
            raise ParseError(_("The body is not valid JSON")) from error
        if suspects:
            raise ValidationError({path: [_("Not a valid value")] for path in sorted(suspects)})
        return document


class AlwaysJson(BaseContentNegotiation):
    """Answers are JSON whatever `Accept` says, so that no error ever becomes a page."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        """Return the parser for the body's type; None, which becomes 415, when there is none."""
        given = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == given), None)

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        """Return the one renderer."""
        return renderers[0], renderers[0].media_type


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _unkeepable(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _unkeepable(key, path)
            yield from _unkeepable(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _unkeepable(inner, f"{path}.{index}" if path else str(index))
    elif isinstance(value, float | str) and not _is_keepable(value):
        yield path


def _is_keepable(value: float | str) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return "\x00" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)
