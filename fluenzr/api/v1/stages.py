"""`/v1/stages`: the columns of the pipeline."""

from typing import Any, ClassVar

from django.db.models import Count
from rest_framework.request import Request
from rest_framework.response import Response

from contacts import stages
from contacts.enums import StageRole
from contacts.models import PipelineStage
from fluenzr.api.v1 import answers
from fluenzr.api.v1.bodies import Body, Paged, Parameters
from fluenzr.api.v1.resource import Resource
from fluenzr.api.v1.values import Choice, Reference, Text, Whole
from fluenzr.core import clock

STAGES = PipelineStage.objects.annotate(members=Count("contacts"))


class StageBody(Body):
    """What may be written."""

    ignored: ClassVar[tuple[str, ...]] = ("id", "contactsCount", "createdAt")

    name = Text(max_length=100)
    colour = Choice([(colour, colour) for colour in stages.COLOURS], required=False)
    position = Whole(required=False, max_value=10_000)
    role = Choice(StageRole.choices, required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Take null for a stage without a meaning."""
        return attrs | ({"role": attrs["role"] or ""} if "role" in attrs else {})


class StageQuery(Paged):
    """A list of stages has one order: theirs."""

    default_ordering: ClassVar[tuple[str, ...]] = ("position", "pk")


class MoveQuery(Parameters):
    """Where the contacts of a deleted stage go."""

    moveTo = Reference(PipelineStage, required=False)  # noqa: N815 - the API's name


class StageList(Resource):
    """`/v1/stages`."""

    def get(self, request: Request) -> Response:
        """List the stages, from left to right."""
        return answers.page(STAGES.in_workspace(self.workspace), self.parameters(StageQuery), show)

    def post(self, request: Request) -> Response:
        """Create a stage."""
        stage = stages.create(workspace=self.workspace, by=self.by, now=self.now, **self.body(StageBody))
        return answers.created(show(STAGES.get(pk=stage.pk)))


class StageOne(Resource):
    """`/v1/stages/:id`."""

    def get(self, request: Request, stage_id: str) -> Response:
        """Show a stage."""
        return answers.one(show(self.find(STAGES, stage_id)))

    def put(self, request: Request, stage_id: str) -> Response:
        """Change the given fields of a stage."""
        stage: PipelineStage = self.find(PipelineStage, stage_id)
        stages.update(stage, changes=self.body(StageBody, partial=True), by=self.by, now=self.now)
        return answers.one(show(STAGES.get(pk=stage.pk)))

    def delete(self, request: Request, stage_id: str) -> Response:
        """Delete a stage; its contacts move to `moveTo`."""
        stage: PipelineStage = self.find(PipelineStage, stage_id)
        move_to = self.parameters(MoveQuery).get("moveTo")
        stages.delete(stage, move_to=move_to, by=self.by, now=self.now)
        return answers.one({"id": stage_id, "deleted": True})


def show(stage: Any) -> dict[str, Any]:
    """Return a stage of `STAGES` as the API shows it."""
    return {
        "id": stage.public_id,
        "name": stage.name,
        "colour": stage.colour,
        "position": stage.position,
        "role": stage.role or None,
        "contactsCount": stage.members,
        "createdAt": clock.to_iso(stage.created_at),
    }
