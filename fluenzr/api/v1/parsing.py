"""Reading and writing JSON strictly: what the database cannot keep is refused here, once for all endpoints."""

from collections.abc import Mapping
from typing import IO, Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser

from fluenzr.api.v1.errors import PayloadTooLarge
from fluenzr.core import documents
from fluenzr.core.errors import Invalid

MAX_BODY = 5 * 1024 * 1024


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
            return documents.read(raw)
        except ValueError as error:
            raise ParseError(_("The body is not valid JSON")) from error
        except Invalid as error:
            raise ValidationError(error.details) from error


class AlwaysJson(BaseContentNegotiation):
    """Answers are JSON whatever `Accept` says, so that no error ever becomes a page."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        """Return the parser for the body's type; None, which becomes 415, when there is none."""
        given = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == given), None)

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        """Return the one renderer."""
        return renderers[0], renderers[0].media_type
