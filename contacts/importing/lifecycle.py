"""An import from the upload to its end, as doors ask for it; the work itself is in `running`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import IO, Any

from django.db import transaction
from django.utils.translation import gettext as _

from contacts import consents, fields, tagging
from contacts.enums import IMPORT_MOVES, ConsentSource, Doubtful, FieldType, ImportStatus, OnDuplicate
from contacts.importing import columns, files, laying, reading
from contacts.importing.laying import Prepared, Rejected
from contacts.importing.reading import Format, Table
from contacts.models import Contact, CustomField, Group, Import, PipelineStage
from fluenzr.core import states
from fluenzr.core.errors import Conflict, Invalid
from fluenzr.workspaces import audit, plans
from fluenzr.workspaces.models import Workspace

# For so long an import can be undone.
UNDO_FOR = timedelta(days=1)
PREVIEWED = 10
MAX_OPTIONS = 100
MAX_TAGS = 20


@dataclass(frozen=True)
class NewField:
    """A custom field to be made along the way; options of a dropdown that are not given are those of the column."""

    kind: str
    label: str = ""
    options: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Choices:
    """What a person decides about an import before it starts."""

    mapping: Sequence[str]
    consent_source: str
    certified: bool
    consent_wording: str = ""
    on_duplicate: str = OnDuplicate.SKIP
    doubtful: str = Doubtful.TAG
    check_mx: bool = False
    day_first: bool = False
    groups: Sequence[Group] = ()
    tags: Sequence[str] = ()
    stage: PipelineStage | None = None
    new_fields: Mapping[str, NewField] = field(default_factory=dict)


def upload(
    *,
    workspace: Workspace,
    content: IO[bytes],
    name: str,
    by: str,
    now: datetime,
    has_header: bool | None = None,
    by_operator: bool = False,
) -> Import:
    """Read a whole file once and keep it as a draft with a first guess of its mapping; no contact is touched yet.

    An operator's file may be as large as they like, and is not held to the rows that the plan allows.

    Raises:
        Invalid: it is no table, or a line cannot be read; the sentence names the line.
        PlanLimit: the file has more rows than the plan allows, or the workspace has all the contacts that it may have.
    """
    with files.on_disk(content, limit=None if by_operator else files.MAX_BYTES) as (path, size, digest):
        table = reading.open_table(path)
        found = reading.survey(table, has_header=has_header)
        if not by_operator:
            plans.require_room(workspace, plans.Limit.IMPORT_ROWS, used=0, adding=found.total)
        _require_room(workspace)
        with transaction.atomic():
            origin: Import = Import.objects.create(
                workspace=workspace,
                file_name=name.replace("\\", "/").rpartition("/")[2][:200] or "contacts.csv",
                size=size,
                sha256=digest,
                by=by[:200],
                format=table.format.as_json(),
                has_header=found.has_header,
                header=found.header,
                total_rows=found.total,
                mapping=columns.guess(found.header, found.first, fields.field_keys(workspace)),
                day_first=workspace.language == "fr",
            )
            files.keep(origin, path)
            changes = {"file": origin.file_name, "rows": origin.total_rows}
            audit.record(workspace=workspace, by=by, action="import.uploaded", obj=origin, changes=changes, now=now)
    return origin


def upload_and_start(
    *,
    workspace: Workspace,
    content: IO[bytes],
    name: str,
    choose: Callable[[Import], Choices],
    by: str,
    now: datetime,
    has_header: bool | None = None,
) -> Import:
    """Upload a file and let it run with what `choose` says of the draft; nothing is left of it when that does not fit.

    Raises as `upload` and `start`.
    """
    with transaction.atomic():
        origin = upload(workspace=workspace, content=content, name=name, by=by, now=now, has_header=has_header)
        start(origin, choices=choose(origin), by=by, now=now)
    return origin


def start(origin: Import, *, choices: Choices, by: str, now: datetime) -> None:
    """Let a draft run with these choices; the workers take it up within a second.

    Raises:
        Invalid: a choice does not fit, or nobody certified that these people agreed; by field.
        Conflict: it is no draft any more.
        PlanLimit: the workspace has all the contacts that it may have.
    """
    workspace = origin.workspace
    _check(choices)
    _require_room(workspace)
    custom = fields.field_keys(workspace)
    columns.check(choices.mapping, header=origin.header, custom={**custom, **choices.new_fields})
    options = _missing_options(origin, choices)
    basis = consents.Basis(choices.consent_source, choices.consent_wording.strip())
    with transaction.atomic():
        for key, new in choices.new_fields.items():
            if key not in custom:
                words = new.options or options.get(key)
                fields.create(
                    workspace=workspace, key=key, kind=new.kind, label=new.label, options=words, by=by, now=now
                )
        states.move(
            origin,
            ImportStatus.RUNNING,
            IMPORT_MOVES,
            mapping=list(choices.mapping),
            on_duplicate=OnDuplicate(choices.on_duplicate),
            doubtful=Doubtful(choices.doubtful),
            check_mx=choices.check_mx,
            day_first=choices.day_first,
            group_ids=[group.public_id for group in choices.groups],
            tags=tagging.clean(choices.tags),
            stage=choices.stage,
            consent_source=basis.source,
            consent_wording=basis.wording,
            started_at=now,
            by=by[:200],
        )
        changes = {"file": origin.file_name, "rows": origin.total_rows, "consent": basis.source}
        audit.record(workspace=workspace, by=by, action="import.started", obj=origin, changes=changes, now=now)


def cancel(origin: Import, *, by: str, now: datetime) -> None:
    """Stop an import, or give a draft up; the rows that are in stay, and can be taken back by `undo`.

    Raises:
        Conflict: it has ended already.
    """
    with transaction.atomic():
        states.move(origin, ImportStatus.CANCELLED, IMPORT_MOVES, finished_at=now, lease_until=None)
        files.drop(origin)
        changes = {"file": origin.file_name, "rows": origin.done_rows}
        audit.record(workspace=origin.workspace, by=by, action="import.cancelled", obj=origin, changes=changes, now=now)


def undo(origin: Import, *, by: str, now: datetime) -> None:
    """Begin to take back the contacts that the import made and that nobody touched since.

    Raises:
        Conflict: it still runs, made no contact, was undone, or ended longer ago than `UNDO_FOR`.
    """
    if origin.status in (ImportStatus.DONE, ImportStatus.FAILED, ImportStatus.CANCELLED) and not may_undo(origin, now):
        raise Conflict(_("This import can no longer be undone: it made no contacts, or ended more than a day ago"))
    with transaction.atomic():
        states.move(origin, ImportStatus.UNDOING, IMPORT_MOVES, lease_until=None, attempts=0)
        changes = {"file": origin.file_name, "created": origin.created_rows}
        audit.record(workspace=origin.workspace, by=by, action="import.undone", obj=origin, changes=changes, now=now)


def may_undo(origin: Import, now: datetime) -> bool:
    """Whether there is something to take back, and it is not too late."""
    ended = origin.status in (ImportStatus.DONE, ImportStatus.FAILED, ImportStatus.CANCELLED)
    recent = origin.finished_at is not None and now - origin.finished_at < UNDO_FOR
    return bool(ended and recent and origin.created_rows)


def table_of(origin: Import, path: Any) -> Table:
    """Open the kept file the way in which it was first read."""
    return reading.open_table(path, known=Format(**origin.format))


@dataclass(frozen=True)
class Shown:
    """One of the first rows: its line, its cells, and what they become, or why the row is refused."""

    line: int
    cells: list[str]
    becomes: dict[str, str]
    problem: str


def preview(origin: Import, mapping: Sequence[str], *, new_fields: Mapping[str, NewField] | None = None) -> list[Shown]:
    """Return what the first rows would become under a mapping that has an email; without one, only their cells."""
    with files.kept(origin) as path:
        first = reading.first_rows(table_of(origin, path), has_header=origin.has_header, count=PREVIEWED)
    if columns.EMAIL not in mapping:
        return [Shown(line, cells, {}, "") for line, cells in first]
    tried = Import(
        workspace=origin.workspace,
        header=origin.header,
        mapping=list(mapping),
        day_first=origin.day_first,
        doubtful=origin.doubtful,
    )
    made = {
        key: CustomField(key=key, kind=new.kind, label=new.label, options=new.options)
        for key, new in (new_fields or {}).items()
        if new.kind != FieldType.DROPDOWN or new.options
    }
    plan = laying.plan_of(tried, fields.field_keys(origin.workspace) | made)
    return [_shown(row, plan.lay(row), plan) for row in first]


def _shown(row: reading.Row, laid: Prepared | Rejected, plan: laying.Plan) -> Shown:
    line, cells = row
    if isinstance(laid, Rejected):
        return Shown(line, cells, {}, laid.reason)
    becomes = {columns.EMAIL: laid.email}
    becomes |= {name: text for name, text in zip(plan.names, laid.texts, strict=True) if text}
    becomes |= {f"{columns.CUSTOM}{key}": str(value) for key, value in laid.custom.items()}
    if laid.tags:
        becomes[columns.TAGS] = ", ".join(laid.tags)
    return Shown(line, cells, becomes, "")


def _require_room(workspace: Workspace) -> None:
    if plans.limits(workspace).contacts is not None:
        used = Contact.objects.in_workspace(workspace).count()
        plans.require_room(workspace, plans.Limit.CONTACTS, used=used)


def _check(choices: Choices) -> None:
    problems: dict[str, list[Any]] = {}
    for name, given, allowed in (
        ("consentSource", choices.consent_source, ConsentSource.values),
        ("onDuplicate", choices.on_duplicate, OnDuplicate.values),
        ("doubtful", choices.doubtful, Doubtful.values),
    ):
        if given not in allowed:
            problems[name] = [_("Must be one of: %(words)s") % {"words": ", ".join(allowed)}]
    if not choices.certified:
        problems["certified"] = [_("Certify that these people agreed to be written to; without it nothing is imported")]
    if len(choices.consent_wording.strip()) > consents.MAX_WORDING:
        problems["consentWording"] = [_("Must have at most %(max)s characters") % {"max": consents.MAX_WORDING}]
    if len(choices.tags) > MAX_TAGS:
        problems["tags"] = [_("At most %(max)s tags") % {"max": MAX_TAGS}]
    for key, new in choices.new_fields.items():
        if new.kind not in FieldType.values:
            words = ", ".join(FieldType.values)
            problems[f"newFields.{key}.type"] = [_("Must be one of: %(words)s") % {"words": words}]
    if problems:
        raise Invalid(next(iter(problems.values()))[0], details=problems)


def _missing_options(origin: Import, choices: Choices) -> dict[str, list[str]]:
    """Return the values that stand in the columns of new dropdowns whose options nobody gave."""
    wanted = {
        key: list(choices.mapping).index(f"{columns.CUSTOM}{key}")
        for key, new in choices.new_fields.items()
        if new.kind == FieldType.DROPDOWN and not new.options and f"{columns.CUSTOM}{key}" in choices.mapping
    }
    if not wanted:
        return {}
    found: dict[str, dict[str, None]] = {key: {} for key in wanted}
    with files.kept(origin) as path, table_of(origin, path).rows(past_header=origin.has_header) as rows:
        for _line, cells in rows:
            for key, place in wanted.items():
                text = cells[place].strip() if place < len(cells) else ""
                if text:
                    found[key][text] = None
                if len(found[key]) > MAX_OPTIONS or len(text) > 200:
                    message = _("This column has too many different values for a dropdown; make it a text field")
                    raise Invalid(message, field=f"mapping.{origin.header[place]}")
    return {key: sorted(values) for key, values in found.items()}
