"""The pipeline: its columns, and people's way through them."""

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from contacts.models import Contact, PipelineStage, StageMove
from fluenzr.core.errors import Conflict, Invalid
from fluenzr.workspaces import audit
from fluenzr.workspaces.models import Workspace

# The stages that a new workspace starts with (product.md section 5); the user renames them.
DEFAULTS = (
    ("Lead", "grey"),
    ("Qualified", "blue"),
    ("Proposal", "violet"),
    ("Negotiation", "amber"),
    ("Won", "green"),
    ("Lost", "red"),
)
# Stage colours are twelve classes of the style sheet.
COLOURS = (
    "grey", "blue", "violet", "amber", "green", "red", "cyan", "teal", "indigo", "pink", "orange", "brown"
)  # fmt: skip


def create_defaults(workspace_id: uuid.UUID) -> None:
    """Give a new workspace its stages."""
    PipelineStage.objects.bulk_create(
        PipelineStage(workspace_id=workspace_id, name=name, colour=colour, position=position)
        for position, (name, colour) in enumerate(DEFAULTS)
    )


def create(
    *, workspace: Workspace, name: str, by: str, now: datetime, colour: str = "grey", position: int | None = None
) -> PipelineStage:
    """Add a stage, last unless a position is given.

    Raises:
        Invalid: the name is blank or the colour unknown.
        Conflict: there is a stage of this name.
    """
    if position is None:
        last = PipelineStage.objects.in_workspace(workspace).aggregate(last=Max("position"))["last"]
        position = 0 if last is None else last + 1
    stage = PipelineStage(workspace=workspace)
    return _save(stage, {"name": name, "colour": colour, "position": position}, action="stage.created", by=by, now=now)


def update(stage: PipelineStage, *, changes: Mapping[str, Any], by: str, now: datetime) -> PipelineStage:
    """Change `name`, `colour` or `position`; raises as `create`."""
    return _save(stage, changes, action="stage.updated", by=by, now=now)


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
            move(people, to=move_to, by=by, now=now)
        audit.record(
            workspace=stage.workspace, by=by, action="stage.deleted", obj=stage, changes={"name": stage.name}, now=now
        )
        stage.delete()


def move(contacts: Iterable[Contact], *, to: PipelineStage | None, by: str, now: datetime) -> int:
    """Put people of one workspace into a stage (or none), keep each step as a row, and return how many moved."""
    moving = [contact for contact in contacts if contact.stage_id != (to.pk if to else None)]
    with transaction.atomic():
        StageMove.objects.bulk_create(
            StageMove(
                workspace_id=contact.workspace_id,
                contact=contact,
                from_stage_id=contact.stage_id,
                to_stage=to,
                by=by,
                at=now,
            )
            for contact in moving
        )
        Contact.objects.filter(pk__in=[contact.pk for contact in moving]).update(stage=to, stage_at=now, updated_at=now)
    for contact in moving:
        contact.stage, contact.stage_at, contact.updated_at = to, now, now
    return len(moving)


def _save(stage: PipelineStage, changes: Mapping[str, Any], *, action: str, by: str, now: datetime) -> PipelineStage:
    if "name" in changes and not changes["name"].strip():
        raise Invalid(_("Name is required"), field="name")
    if "colour" in changes and changes["colour"] not in COLOURS:
        raise Invalid(_("Colour must be one of %(colours)s") % {"colours": ", ".join(COLOURS)}, field="colour")
    for name, value in changes.items():
        setattr(stage, name, value.strip() if isinstance(value, str) else value)
    try:
        with transaction.atomic():
            stage.save(update_fields=None if stage._state.adding else list(changes))
            audit.record(workspace=stage.workspace, by=by, action=action, obj=stage, changes=dict(changes), now=now)
    except IntegrityError as error:
        raise Conflict(_("A stage with this name exists already")) from error
    return stage
