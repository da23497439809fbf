"""`manage.py import_contacts FILE --workspace wsp_...`"""

import csv
import hashlib
import json
import sys
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from contacts import fields
from contacts.enums import ConsentSource, Doubtful, FieldType, ImportStatus, OnDuplicate
from contacts.importing import columns, lifecycle, rejects, running
from contacts.importing.lifecycle import Choices, NewField
from contacts.models import Group, Import, PipelineStage
from fluenzr.core import spreadsheets
from fluenzr.core.errors import DomainError
from fluenzr.workspaces.models import Workspace

BY = "operator"
# How long to wait for a worker that has the import, or whose lease has to run out.
PAUSE = 0.5


class Command(BaseCommand):
    """For the operator: not held to the size of an upload nor to the rows that a plan allows at once."""

    help = (
        "Imports contacts from a CSV, XLSX, XLS or ODS file. Stopped in the middle, it is continued by the workers of "
        "`manage.py up`, or by giving the same command again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Define the options."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--workspace", required=True, help="The workspace's id, wsp_...")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="COLUMN=FIELD",
            help="What a column becomes, such as 'Vorname=firstName', 'Size=customFields.size:number' (a new field of "
            "that type) or 'Internal=' (left out). Known names, English and French, need no word.",
        )
        parser.add_argument("--consent", choices=ConsentSource.values, help="Where the right to write comes from.")
        parser.add_argument("--consent-wording", default="", help="The words these people agreed to.")
        parser.add_argument("--certify", action="store_true", help="Certify that they did: needed.")
        parser.add_argument("--on-duplicate", choices=OnDuplicate.values, default=OnDuplicate.SKIP)
        parser.add_argument("--doubtful", choices=Doubtful.values, default=Doubtful.TAG)
        parser.add_argument("--check-mx", action="store_true", help="Ask the DNS whether the domains take mail.")
        parser.add_argument("--group", action="append", default=[], metavar="NAME", help="A group that they join.")
        parser.add_argument("--tag", action="append", default=[])
        parser.add_argument("--stage", metavar="NAME", help="Their stage of the pipeline.")
        parser.add_argument("--day-first", action="store_true", help="03/04/2026 is in April.")
        parser.add_argument("--rejects", type=Path, metavar="FILE", help="Write the rejected rows with their reasons.")
        parser.add_argument("--preview", action="store_true", help="Show what the first rows become; import nothing.")
        parser.add_argument("--json", action="store_true", help="Print JSON for scripts.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, or go on with what was begun, and print the report."""
        workspace = self._workspace(options["workspace"])
        try:
            origin = _begun(workspace, options["file"])
            if origin is None:
                origin = self._begin(workspace, options)
            if origin is None:
                return
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from error
        except DomainError as error:
            lines = [str(error.message), *(f"{at}: {texts[0]}" for at, texts in error.details.items())]
            raise CommandError("\n".join(dict.fromkeys(lines))) from error
        _work(origin, quiet=options["json"])
        if options["rejects"]:
            with options["rejects"].open("w", encoding="utf-8-sig", newline="") as file:
                table = (rejects.head(origin), *rejects.rows(origin))
                csv.writer(file).writerows([spreadsheets.neutral(cell) for cell in row] for row in table)
        self._report(origin, as_json=options["json"])

    def _workspace(self, public_id: str) -> Workspace:
        key = Workspace.key_of(public_id)
        found = None if key is None else Workspace.objects.filter(pk=key).first()
        if found is None:
            raise CommandError(f"There is no workspace {public_id}")
        return found

    def _begin(self, workspace: Workspace, options: dict[str, Any]) -> Import | None:
        if not options["preview"] and not (options["consent"] and options["certify"]):
            raise CommandError("--consent and --certify are needed: without consent nothing is imported")
        now = timezone.now()
        with options["file"].open("rb") as content:
            name = options["file"].name
            origin = lifecycle.upload(workspace=workspace, content=content, name=name, by=BY, now=now, by_operator=True)
        try:
            mapping, new = _mapping(origin, options["map"])
            if options["preview"]:
                self._preview(origin, mapping, new)
                lifecycle.cancel(origin, by=BY, now=now)
                return None
            lifecycle.start(origin, choices=_choices(workspace, mapping, new, options), by=BY, now=now)
        except (CommandError, DomainError):
            lifecycle.cancel(origin, by=BY, now=now)
            raise
        return origin

    def _preview(self, origin: Import, mapping: list[str], new: dict[str, NewField]) -> None:
        for name, target in zip(origin.header, mapping, strict=True):
            self.stdout.write(f"{name}: {target or '(left out)'}")
        for row in lifecycle.preview(origin, mapping, new_fields=new):
            said = row.problem or ", ".join(f"{name}={text}" for name, text in row.becomes.items())
            self.stdout.write(f"line {row.line}: {said}")

    def _report(self, origin: Import, *, as_json: bool) -> None:
        origin.refresh_from_db()
        counts = {
            "rows": origin.total_rows,
            "created": origin.created_rows,
            "updated": origin.updated_rows,
            "skipped": origin.skipped_rows,
            "rejected": origin.rejected_rows,
            "role": origin.role_rows,
            "disposable": origin.disposable_rows,
            "noMail": origin.no_mail_rows,
            "unchecked": origin.unchecked_rows,
            "suppressed": origin.suppressed_rows,
        }
        if as_json:
            self.stdout.write(json.dumps({"importId": origin.public_id, "status": origin.status, **counts}))
        else:
            self.stdout.write(f"{origin.public_id}: {origin.get_status_display()}")
            self.stdout.write(", ".join(f"{name} {number:,}" for name, number in counts.items()))
        if origin.status != ImportStatus.DONE:
            self.stderr.write(origin.error or "The import was cancelled.")
            sys.exit(1)


def _begun(workspace: Workspace, path: Path) -> Import | None:
    """Return an import of this very file that was begun and has not ended."""
    rows = Import.objects.in_workspace(workspace).filter(status=ImportStatus.RUNNING, size=path.stat().st_size)
    if not rows.exists():
        return None
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    found: Import | None = rows.filter(sha256=digest).select_related("workspace").order_by("-pk").first()
    return found


def _mapping(origin: Import, given: list[str]) -> tuple[list[str], dict[str, NewField]]:
    wanted: dict[str, str | None] = {}
    new: dict[str, NewField] = {}
    known = fields.field_keys(origin.workspace)
    for one in given:
        name, _equals, target = one.partition("=")
        target, _colon, kind = target.partition(":")
        key = target.removeprefix(columns.CUSTOM)
        if target.startswith(columns.CUSTOM) and key not in known:
            new[key] = NewField(kind or FieldType.TEXT, label=name)
        wanted[name] = target
    return columns.override(origin.header, origin.mapping, wanted), new


def _choices(workspace: Workspace, mapping: list[str], new: dict[str, NewField], options: dict[str, Any]) -> Choices:
    groups = {group.name: group for group in Group.objects.in_workspace(workspace).filter(name__in=options["group"])}
    stages = PipelineStage.objects.in_workspace(workspace).filter(name=options["stage"])
    if missing := [name for name in options["group"] if name not in groups]:
        raise CommandError(f"There is no group {missing[0]!r}")
    if options["stage"] and not stages:
        raise CommandError(f"There is no stage {options['stage']!r}")
    return Choices(
        mapping=mapping,
        new_fields=new,
        consent_source=options["consent"],
        consent_wording=options["consent_wording"],
        certified=options["certify"],
        on_duplicate=options["on_duplicate"],
        doubtful=options["doubtful"],
        check_mx=options["check_mx"],
        day_first=options["day_first"],
        groups=list(groups.values()),
        tags=options["tag"],
        stage=stages[0] if options["stage"] else None,
    )


def _work(origin: Import, *, quiet: bool) -> None:
    """Import in this process, or watch whoever has it, until it has ended."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]:,} rows/s"),
        TimeRemainingColumn(),
        console=Console(file=sys.stderr),
        disable=quiet,
    )
    with bar:
        task = bar.add_task(
            origin.file_name, total=origin.total_rows, completed=origin.done_rows, speed=origin.rows_per_second
        )

        def show(now: Import) -> None:
            bar.update(task, completed=now.done_rows, speed=now.rows_per_second)

        while origin.status == ImportStatus.RUNNING:
            running.run(origin, watch=show)
            origin.refresh_from_db()
            show(origin)
            if origin.status == ImportStatus.RUNNING:
                time.sleep(PAUSE)
