"""`/v1/imports`: files of contacts, from the upload to the report."""

import io
from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.enums import ConsentSource, Doubtful, ImportStatus, OnDuplicate
from contacts.importing import columns, lifecycle, running
from contacts.importing.lifecycle import Choices, NewField
from contacts.models import Group, Import, PipelineStage, RejectedRow
from fluenzr.api.v1 import answers, references
from fluenzr.api.v1.bodies import Body, Nothing, Paged
from fluenzr.api.v1.fields import FieldBody
from fluenzr.api.v1.parsing import JsonParser, UploadParser
from fluenzr.api.v1.resource import Resource
from fluenzr.api.v1.values import Choice, CommaList, Document, Reference, Text, Texts
from fluenzr.core import clock


class MappingBody(Body):
    """What columns become; those that are not named keep the guess."""

    mapping = Document(required=False)
    newFields = FieldBody(many=True, required=False)  # noqa: N815 - the API's names

    def validate_mapping(self, given: dict[str, Any]) -> dict[str, str | None]:
        """Refuse targets that are no texts."""
        wrong = {name: [_("Must be a text or null")] for name, to in given.items() if not isinstance(to, str | None)}
        if wrong:
            raise ValidationError(wrong)
        return given


class StartBody(MappingBody):
    """What happens to the rows, and the consent without which nothing is imported."""

    groupIds = Texts(required=False)  # noqa: N815 - the API's names
    tags = Texts(required=False)
    pipelineStageId = Reference(PipelineStage, required=False)  # noqa: N815
    onDuplicate = Choice(OnDuplicate.choices, default=OnDuplicate.SKIP)  # noqa: N815
    doubtful = Choice(Doubtful.choices, default=Doubtful.TAG)
    checkMx = serializers.BooleanField(default=False)  # noqa: N815
    dayFirst = serializers.BooleanField(required=False)  # noqa: N815
    consentSource = Choice(ConsentSource.choices, required=False)  # noqa: N815
    consentWording = Text(required=False, allow_blank=True, max_length=20_000)  # noqa: N815
    certified = serializers.BooleanField(default=False)


class Upload(serializers.Field[Any, Any, str, Any]):
    """The file of a form."""

    default_error_messages = {"invalid": gettext_lazy("Must be a file")}

    def to_internal_value(self, data: Any) -> Any:
        """Return the file."""
        if not isinstance(data, UploadedFile):
            self.fail("invalid")
        return data


class ImportBody(StartBody):
    """A file, as the part of a form or as text, and whether it starts at once."""

    file = Upload(required=False)
    fileName = Text(required=False, max_length=200)  # noqa: N815 - the API's names
    text = Text(required=False, trim_whitespace=False, allow_blank=True)
    hasHeader = serializers.BooleanField(required=False)  # noqa: N815
    start = serializers.BooleanField(default=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Demand one file."""
        if ("file" in attrs) == ("text" in attrs):
            raise ValidationError({"file": [_("Give the file as the part of a form, or its text")]})
        return attrs


class ImportQuery(Paged):
    """What a list of imports may be asked for."""

    sorts: ClassVar[dict[str, str]] = {"createdAt": "created_at", "fileName": "file_name"}
    status = CommaList(Choice(ImportStatus.choices), required=False)


class ImportList(Resource):
    """`/v1/imports`."""

    parser_classes = (JsonParser, UploadParser)  # type: ignore[assignment]  # two kinds of bodies

    def get(self, request: Request) -> Response:
        """List the imports."""
        asked = self.parameters(ImportQuery)
        rows = Import.objects.in_workspace(self.workspace)
        if "status" in asked:
            rows = rows.filter(status__in=asked["status"])
        return answers.page(rows, asked, show)

    def post(self, request: Request) -> Response:
        """Upload a file and let it run; with `start: false` it waits as a draft."""
        values = self.body(ImportBody)
        groups = references.all_known(Group, self.workspace, values.get("groupIds", []), path="groupIds")
        file = values.get("file")
        given: dict[str, Any] = {
            "workspace": self.workspace,
            "content": file if file is not None else io.BytesIO(values["text"].encode()),
            "name": values.get("fileName") or (file.name if file is not None else "contacts.csv"),
            "has_header": values.get("hasHeader"),
            "by": self.by,
            "now": self.now,
        }
        if values["start"]:
            origin = lifecycle.upload_and_start(choose=lambda draft: _choices(draft, values, groups), **given)
        else:
            origin = lifecycle.upload(**given)
        return answers.created(show(origin))


class ImportOne(Resource):
    """`/v1/imports/:id`."""

    def get(self, request: Request, import_id: str) -> Response:
        """Show how far an import is."""
        return answers.one(show(self.find(Import, import_id)))


class ImportPreview(Resource):
    """`/v1/imports/:id/preview`."""

    post_reads: ClassVar[bool] = True

    def post(self, request: Request, import_id: str) -> Response:
        """Show what the first rows of a draft would become."""
        origin: Import = self.find(Import, import_id)
        mapping, new = _mapping(origin, self.body(MappingBody))
        rows = lifecycle.preview(origin, mapping, new_fields=new)
        shown = [{"line": row.line, "contact": row.becomes or None, "problem": row.problem or None} for row in rows]
        return answers.one({"columns": _columns(origin, mapping), "rows": shown})


class ImportStart(Resource):
    """`/v1/imports/:id/start`."""

    def post(self, request: Request, import_id: str) -> Response:
        """Let a draft run."""
        origin: Import = self.find(Import, import_id)
        values = self.body(StartBody)
        groups = references.all_known(Group, self.workspace, values.get("groupIds", []), path="groupIds")
        lifecycle.start(origin, choices=_choices(origin, values, groups), by=self.by, now=self.now)
        return answers.one(show(origin))


class ImportCancel(Resource):
    """`/v1/imports/:id/cancel`."""

    def post(self, request: Request, import_id: str) -> Response:
        """Stop an import, or give up a draft."""
        origin: Import = self.find(Import, import_id)
        self.body(Nothing)
        lifecycle.cancel(origin, by=self.by, now=self.now)
        return answers.one(show(origin))


class ImportUndo(Resource):
    """`/v1/imports/:id/undo`."""

    def post(self, request: Request, import_id: str) -> Response:
        """Take back the contacts that it made and that nobody touched since."""
        origin: Import = self.find(Import, import_id)
        self.body(Nothing)
        lifecycle.undo(origin, by=self.by, now=self.now)
        return answers.one(show(origin))


class RejectQuery(Paged):
    """The rejected rows come in the order of the file."""

    default_ordering: ClassVar[tuple[str, ...]] = ("line", "pk")


class ImportRejects(Resource):
    """`/v1/imports/:id/rejects`."""

    def get(self, request: Request, import_id: str) -> Response:
        """List the rows that were refused, with the reason of each."""
        origin: Import = self.find(Import, import_id)
        rows = RejectedRow.objects.filter(origin=origin)
        return answers.page(rows, self.parameters(RejectQuery), lambda row: _reject(origin, row))


def show(origin: Import) -> dict[str, Any]:
    """Return an import as the API shows it."""
    form = origin.format
    is_csv = form["kind"] == "csv"
    return {
        "id": origin.public_id,
        "fileName": origin.file_name,
        "size": origin.size,
        "status": origin.status,
        "format": {
            "type": form["kind"],
            "encoding": form["encoding"] if is_csv else None,
            "delimiter": form["delimiter"] if is_csv else None,
            "sheet": form["sheet"] or None,
        },
        "hasHeader": origin.has_header,
        "columns": _columns(origin, origin.mapping),
        "rows": {
            "total": origin.total_rows,
            "done": origin.done_rows,
            "created": origin.created_rows,
            "updated": origin.updated_rows,
            "skipped": origin.skipped_rows,
            "rejected": origin.rejected_rows,
            "role": origin.role_rows,
            "disposable": origin.disposable_rows,
            "noMail": origin.no_mail_rows,
            "unchecked": origin.unchecked_rows,
            "suppressed": origin.suppressed_rows,
        },
        "secondsLeft": running.seconds_left(origin) if origin.status == ImportStatus.RUNNING else None,
        "undone": origin.undone_contacts,
        "error": origin.error or None,
        "createdAt": clock.to_iso(origin.created_at),
        "startedAt": clock.to_iso(origin.started_at),
        "finishedAt": clock.to_iso(origin.finished_at),
    }


def _columns(origin: Import, mapping: list[str]) -> list[dict[str, Any]]:
    pairs = zip(origin.header, mapping, strict=True)
    return [{"name": name, "field": None if target == columns.NOTHING else target} for name, target in pairs]


def _reject(origin: Import, row: RejectedRow) -> dict[str, Any]:
    cells = dict(zip(origin.header, row.cells, strict=False))
    return {"line": row.line, "reason": row.reason, "cells": cells}


def _mapping(origin: Import, values: Mapping[str, Any]) -> tuple[list[str], dict[str, NewField]]:
    new = {
        one["key"]: NewField(one["kind"], one.get("label", ""), one.get("options", []))
        for one in values.get("newFields", ())
    }
    return columns.override(origin.header, origin.mapping, values.get("mapping", {})), new


def _choices(origin: Import, values: Mapping[str, Any], groups: list[Group]) -> Choices:
    mapping, new = _mapping(origin, values)
    return Choices(
        mapping=mapping,
        new_fields=new,
        consent_source=values.get("consentSource", ""),
        consent_wording=values.get("consentWording", ""),
        certified=values["certified"],
        on_duplicate=values["onDuplicate"],
        doubtful=values["doubtful"],
        check_mx=values["checkMx"],
        day_first=values.get("dayFirst", origin.day_first),
        groups=groups,
        tags=values.get("tags", ()),
        stage=values.get("pipelineStageId"),
    )
