"""Reading and writing JSON strictly: what the database cannot keep is refused here, once for all endpoints."""

import io
from collections.abc import Mapping
from typing import IO, Any, ClassVar

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser, MultiPartParser

from fluenzr.api.v1.errors import PayloadTooLarge
from fluenzr.core import documents
from fluenzr.core.errors import Invalid

MAX_BODY = 5 * 1024 * 1024


class JsonParser(BaseParser):
    """UTF-8 JSON of at most `max_bytes`, without `NaN`, NUL characters and lone surrogates."""

    media_type = "application/json"
    max_bytes: ClassVar[int] = MAX_BODY

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the document.

        Raises:
            PayloadTooLarge, ParseError, ValidationError: it is too long, no JSON, or holds what cannot be kept.
        """
        raw = stream.read(self.max_bytes + 1)
        if len(raw) > self.max_bytes:
            raise PayloadTooLarge(_("The body is larger than %(most)s MB") % {"most": self.max_bytes // 1024**2})
        if not raw.strip():
            return {}
        try:
            return documents.read(raw)
        except ValueError as error:
            raise ParseError(_("The body is not valid JSON")) from error
        except Invalid as error:
            raise ValidationError(error.details) from error


class UploadParser(BaseParser):
    """A form with a file: its part `file`, and the rest of the body as JSON in the part `options`."""

    media_type = "multipart/form-data"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the options with the file in `file`.

        Raises:
            ParseError, ValidationError: the form or its options cannot be read.
        """
        form = MultiPartParser().parse(stream, media_type, parser_context)
        parts: Any = {name: form.data[name] for name in form.data} | {name: form.files[name] for name in form.files}
        options = parts.pop("options", "{}")
        given = JsonParser().parse(io.BytesIO(options.encode())) if isinstance(options, str) else None
        if not isinstance(given, dict):
            raise ValidationError({"options": [_("Must be an object")]})
        return {**given, **parts}


class AlwaysJson(BaseContentNegotiation):
    """Answers are JSON whatever `Accept` says, so that no error ever becomes a page."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        """Return the parser for the body's type; None, which becomes 415, when there is none."""
        given = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == given), None)

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        """Return the one renderer."""
        return renderers[0], renderers[0].media_type
