"""The pipeline: its columns, and people's way through them."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Max, Q
from django.utils.translation import gettext as _

from contacts import facts
from contacts.enums import StageRole
from contacts.models import Contact, ContactQuerySet, PipelineStage, StageMove
from fluenzr.core import bus
from fluenzr.core.errors import Conflict, Invalid
from fluenzr.workspaces import audit
from fluenzr.workspaces.models import Workspace

# The stages that a new workspace starts with (product.md section 5); the user renames them.
DEFAULTS = (
    ("Lead", "grey", StageRole.LEAD),
    ("Qualified", "blue", StageRole.QUALIFIED),
    ("Proposal", "violet", ""),
    ("Negotiation", "amber", ""),
    ("Won", "green", StageRole.WON),
    ("Lost", "red", StageRole.LOST),
)
MAX_NAME = 100
# Stage colours are twelve classes of the style sheet.
COLOURS = (
    "grey", "blue", "violet", "amber", "green", "red", "cyan", "teal", "indigo", "pink", "orange", "brown"
)  # fmt: skip


def create_defaults(workspace_id: uuid.UUID) -> None:
    """Give a new workspace its stages."""
    PipelineStage.objects.bulk_create(
        PipelineStage(workspace_id=workspace_id, name=name, colour=colour, role=role, position=position)
        for position, (name, colour, role) in enumerate(DEFAULTS)
    )


def ordered(workspace: Workspace | uuid.UUID) -> list[PipelineStage]:
    """Return the stages from left to right."""
    return list(PipelineStage.objects.in_workspace(workspace).order_by("position", "pk"))


def with_counts(workspace: Workspace | uuid.UUID) -> list[PipelineStage]:
    """Return the stages from left to right, each with how many contacts it holds as `members`: two queries."""
    rows = ordered(workspace)
    people = Contact.objects.in_workspace(workspace).filter(stage__isnull=False).order_by()
    counts = dict(people.values_list("stage").annotate(number=Count("pk")))
    for stage in rows:
        stage.members = counts.get(stage.pk, 0)  # type: ignore[attr-defined]
    return rows


def create(
    *,
    workspace: Workspace,
    name: str,
    by: str,
    now: datetime,
    colour: str = "grey",
    position: int | None = None,
    role: str = "",
) -> PipelineStage:
    """Add a stage, last unless a position is given. A `role` (of `StageRole`) is taken from the stage that has it.

    Raises:
        Invalid: the name is blank or too long, or the colour or the role unknown.
        Conflict: there is a stage of this name.
    """
    if position is None:
        last = PipelineStage.objects.in_workspace(workspace).aggregate(last=Max("position"))["last"]
        position = 0 if last is None else last + 1
    stage = PipelineStage(workspace=workspace)
    values = {"name": name, "colour": colour, "position": position, "role": role}
    return _save(stage, values, action="stage.created", by=by, now=now)


def update(stage: PipelineStage, *, changes: Mapping[str, Any], by: str, now: datetime) -> PipelineStage:
    """Change `name`, `colour`, `position` or `role`; raises as `create`."""
    return _save(stage, changes, action="stage.updated", by=by, now=now)


def shift(stage: PipelineStage, *, by: str, now: datetime, to_right: bool) -> None:
    """Change places with the neighbour on that side; at the end of the row nothing happens."""
    row = ordered(stage.workspace_id)
    here = row.index(stage)
    there = here + (1 if to_right else -1)
    if not 0 <= there < len(row):
        return
    row[here], row[there] = row[there], row[here]
    with transaction.atomic():
        # All of them anew: positions given over the API may be equal or have gaps.
        for position, one in enumerate(row):
            if one.position != position:
                update(one, changes={"position": position}, by=by, now=now)


def delete(stage: PipelineStage, *, by: str, now: datetime, move_to: PipelineStage | None = None) -> None:
    """Delete a stage; people in it move to another first.

    Raises:
        Conflict: there are people in it and `move_to` is not given, or is the stage itself.
    """
    with transaction.atomic():
        people = Contact.objects.in_workspace(stage.workspace_id).filter(stage=stage)
        if people.exists():
            if move_to is None or move_to.pk == stage.pk:
                raise Conflict(_("There are contacts in this stage; say where they move to"))
            move(people.iterator(chunk_size=facts.CHUNK), to=move_to, by=by, now=now)
        audit.record(
            workspace=stage.workspace, by=by, action="stage.deleted", obj=stage, changes={"name": stage.name}, now=now
        )
        stage.delete()


def move(contacts: Iterable[Contact], *, to: PipelineStage | None, by: str, now: datetime) -> int:
    """Put people of one workspace into a stage (or none), keep each step as a row, and return how many moved.

    The stage that counts is the one in the database: two who drag one person at once make two steps of one way.
    """
    moved = 0
    people = iter(contacts)
    with transaction.atomic():
        while chunk := list(islice(people, facts.CHUNK)):
            keys = [contact.pk for contact in chunk]
            there = Q(stage=None) if to is None else Q(stage=to)
            moved += len(_step(Contact.objects.filter(~there, pk__in=keys), to, by=by, now=now))
            for contact in chunk:
                if contact.stage_id != (to.pk if to else None):
                    contact.stage, contact.stage_at, contact.updated_at = to, now, now
    return moved


def advance(contact_ids: Sequence[uuid.UUID], *, role: StageRole, by: str, now: datetime) -> int:
    """Put people of one workspace forward to the stage with this role; return how many moved.

    Only forward: who is there already, or further right (also lost), stays. Without such a stage nothing happens. Each
    thousand is a transaction of its own, unless one is open.
    """
    if not contact_ids:
        return 0
    workspace_id = Contact.objects.filter(pk__in=contact_ids[:1]).values_list("workspace_id", flat=True).first()
    row = ordered(workspace_id) if workspace_id else []
    target = next((stage for stage in row if stage.role == role), None)
    if target is None:
        return 0
    before = Q(stage=None) | Q(stage__in=row[: row.index(target)])
    moved = 0
    for chunk in facts.chunks(contact_ids):
        with transaction.atomic():
            stepped = _step(Contact.objects.filter(before, pk__in=chunk), target, by=by, now=now)
            if stepped:
                fact = facts.ContactsUpdated(workspace_id=target.workspace_id, contact_ids=tuple(stepped), at=now)
                bus.publish(fact)
        moved += len(stepped)
    return moved


def _step(rows: ContactQuerySet, to: PipelineStage | None, *, by: str, now: datetime) -> list[uuid.UUID]:
    """Move these people under a lock on their rows, and return their keys."""
    locked = rows.order_by("pk").select_for_update(no_key=True)
    people = list(locked.values_list("pk", "workspace_id", "stage_id", "stage_at"))
    StageMove.objects.bulk_create(
        StageMove(
            workspace_id=workspace_id,
            contact_id=key,
            from_stage_id=stage_id,
            to_stage=to,
            stayed=now - since if stage_id and since else None,
            by=by,
            at=now,
        )
        for key, workspace_id, stage_id, since in people
    )
    keys = [key for key, *_rest in people]
    Contact.objects.filter(pk__in=keys).update(stage=to, stage_at=now, updated_at=now)
    return keys


def _save(stage: PipelineStage, changes: Mapping[str, Any], *, action: str, by: str, now: datetime) -> PipelineStage:
    values = {name: value.strip() if isinstance(value, str) else value for name, value in changes.items()}
    _check(values)
    for name, value in values.items():
        setattr(stage, name, value)
    try:
        with transaction.atomic():
            if values.get("role"):
                others = PipelineStage.objects.in_workspace(stage.workspace_id).exclude(pk=stage.pk)
                others.filter(role=values["role"]).update(role="")
            stage.save(update_fields=None if stage._state.adding else list(values))
            audit.record(workspace=stage.workspace, by=by, action=action, obj=stage, changes=values, now=now)
    except IntegrityError as error:
        raise Conflict(_("A stage with this name exists already")) from error
    return stage


def _check(values: Mapping[str, Any]) -> None:
    if "name" in values and not values["name"]:
        raise Invalid(_("Name is required"), field="name")
    if len(values.get("name", "")) > MAX_NAME:
        raise Invalid(_("Name has at most %(max)s characters") % {"max": MAX_NAME}, field="name")
    if "colour" in values and values["colour"] not in COLOURS:
        raise Invalid(_("Colour must be one of %(colours)s") % {"colours": ", ".join(COLOURS)}, field="colour")
    if "role" in values and values["role"] not in ("", *StageRole.values):
        raise Invalid(_("Must be one of: %(words)s") % {"words": ", ".join(StageRole.values)}, field="role")
