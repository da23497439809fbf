"""`/v1/attachments`: files for the mails of workflows."""

import base64
import binascii
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns import attachments
from campaigns.models import Attachment
from fluenzr.api.v1 import answers
from fluenzr.api.v1.bodies import Body
from fluenzr.api.v1.parsing import JsonParser
from fluenzr.api.v1.resource import Resource
from fluenzr.api.v1.values import Text


class Base64(serializers.Field[bytes, str, str, Any]):
    """Bytes, in base64."""

    default_error_messages = {"invalid": _("Must be base64")}

    def to_internal_value(self, data: Any) -> bytes:
        """Return the bytes."""
        if not isinstance(data, str):
            self.fail("invalid")
        try:
            return base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError):
            self.fail("invalid")

    def to_representation(self, value: bytes) -> str:
        """Return the base64."""
        return base64.b64encode(value).decode()


class FileParser(JsonParser):
    """JSON that may hold a whole file."""

    max_bytes = 15 * 1024 * 1024


class AttachmentBody(Body):
    """A file; what may be written."""

    name = Text(max_length=attachments.MAX_NAME)
    type = Text(required=False, allow_blank=True, max_length=127, source="media_type")
    content = Base64()


class AttachmentList(Resource):
    """`/v1/attachments`."""

    parser_classes = (FileParser,)

    def post(self, request: Request) -> Response:
        """Keep a file; the same one under the same name keeps its id."""
        row = attachments.add(workspace=self.workspace, **self.body(AttachmentBody))
        return answers.created(show(row))


def show(row: Attachment) -> dict[str, Any]:
    """Return a file as the data of an email node names it."""
    return attachments.entry(row)
