from datetime import timedelta
from typing import Any

import pytest

from contacts import stages
from contacts.enums import StageRole
from contacts.models import Contact, PipelineStage, StageMove
from fluenzr.core.errors import Conflict, Invalid
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_contact, make_stage

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def row(workspace: Workspace) -> dict[str, PipelineStage]:
    """The default pipeline, by name."""
    stages.create_defaults(workspace.pk)
    return {stage.name: stage for stage in stages.ordered(workspace)}


def test_defaults_know_what_they_are_for(workspace: Workspace, row: dict[str, PipelineStage]) -> None:
    roles = [(stage.name, stage.role) for stage in stages.ordered(workspace)]
    assert roles == [
        ("Lead", "lead"),
        ("Qualified", "qualified"),
        ("Proposal", ""),
        ("Negotiation", ""),
        ("Won", "won"),
        ("Lost", "lost"),
    ]


def test_a_role_is_taken_from_the_stage_that_had_it(workspace: Workspace, row: dict[str, PipelineStage]) -> None:
    closed = stages.create(workspace=workspace, name="Closed", role="won", by="x", now=NOW)
    assert list(PipelineStage.objects.filter(role="won")) == [closed]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"colour": "mauve"}, "colour"),
        ({"role": "king"}, "role"),
    ],
)
def test_what_does_not_fit_is_named(row: dict[str, PipelineStage], changes: Any, field: str) -> None:
    with pytest.raises(Invalid) as error:
        stages.update(row["Lead"], changes=changes, by="x", now=NOW)
    assert list(error.value.details) == [field]


def test_shift_changes_places_also_when_positions_are_equal(workspace: Workspace) -> None:
    one, two = make_stage(workspace, "One", position=3), make_stage(workspace, "Two", position=3)
    stages.shift(one, by="x", now=NOW, to_right=True)
    assert stages.ordered(workspace) == [two, one]
    stages.shift(one, by="x", now=NOW, to_right=True)
    assert stages.ordered(workspace) == [two, one]


def test_a_move_keeps_how_long_the_contact_stayed(workspace: Workspace, row: dict[str, PipelineStage]) -> None:
    contact = make_contact(workspace)
    stages.move([contact], to=row["Lead"], by="x", now=NOW)
    stages.move([contact], to=row["Won"], by="x", now=NOW + 2 * HOUR)
    steps = list(StageMove.objects.order_by("at").values_list("from_stage__name", "to_stage__name", "stayed"))
    assert steps == [(None, "Lead", None), ("Lead", "Won", 2 * HOUR)]


def test_a_move_to_where_one_is_leaves_no_step(workspace: Workspace, row: dict[str, PipelineStage]) -> None:
    contact = make_contact(workspace, stage=row["Lead"])
    stale = Contact(pk=contact.pk, workspace=workspace)
    assert stages.move([contact, stale], to=row["Lead"], by="x", now=NOW) == 0
    assert not StageMove.objects.exists()


def test_delete_moves_everybody_first(workspace: Workspace, row: dict[str, PipelineStage]) -> None:
    contact = make_contact(workspace, stage=row["Proposal"])
    with pytest.raises(Conflict):
        stages.delete(row["Proposal"], by="x", now=NOW)
    stages.delete(row["Proposal"], move_to=row["Lead"], by="x", now=NOW)
    contact.refresh_from_db()
    assert contact.stage == row["Lead"]
    assert StageMove.objects.get().to_stage == row["Lead"]


@pytest.mark.parametrize(
    ("start", "role", "end"),
    [
        (None, StageRole.LEAD, "Lead"),
        ("Lead", StageRole.QUALIFIED, "Qualified"),
        ("Proposal", StageRole.QUALIFIED, "Proposal"),
        ("Lost", StageRole.LEAD, "Lost"),
        ("Qualified", StageRole.LEAD, "Qualified"),
    ],
)
def test_advance_goes_only_forward(
    workspace: Workspace, row: dict[str, PipelineStage], start: str | None, role: StageRole, end: str
) -> None:
    contact = make_contact(workspace, stage=row[start] if start else None)
    stages.advance([contact.pk], role=role, by="reply", now=NOW)
    contact.refresh_from_db()
    assert contact.stage == row[end]
    assert StageMove.objects.count() == (start != end)


def test_advance_without_such_a_stage_does_nothing(workspace: Workspace) -> None:
    contact = make_contact(workspace, stage=make_stage(workspace))
    assert stages.advance([contact.pk], role=StageRole.QUALIFIED, by="reply", now=NOW) == 0
