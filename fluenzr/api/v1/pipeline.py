"""`/v1/pipeline/statistics`: how people get on through the stages."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns import statistics
from contacts import contact_settings, pipeline
from contacts.enums import StageRole
from contacts.models import Contact
from contacts.pipeline import Column, Ended, Passage
from fluenzr.api.v1 import answers
from fluenzr.api.v1.bodies import Parameters
from fluenzr.api.v1.resource import Resource
from fluenzr.api.v1.values import Instant
from fluenzr.core import clock

# How far back the numbers look unless asked otherwise.
PERIOD = timedelta(days=90)
_ENDS = (StageRole.WON, StageRole.LOST)


class StatisticsQuery(Parameters):
    """The period: `from` (90 days before its end unless given) and `to` (now unless given)."""

    to = Instant(end=True, required=False)

    def get_fields(self) -> dict[str, Any]:
        """Return the fields with `from`, which no attribute can be called."""
        return {**super().get_fields(), "from": Instant(required=False)}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Fill in what was not said, and refuse a period that ends before it begins."""
        attrs.setdefault("to", self.context["now"])
        attrs.setdefault("from", attrs["to"] - PERIOD)
        if attrs["from"] >= attrs["to"]:
            raise ValidationError({"to": [_("Must be after the beginning")]})
        return attrs


class Statistics(Resource):
    """`/v1/pipeline/statistics`."""

    def get(self, request: Request) -> Response:
        """Show what people of each stage did in a period, and who stands there now."""
        asked = self.parameters(StatisticsQuery)
        since, until = asked["from"], asked["to"]
        course = pipeline.course(self.workspace, since=since, until=until)
        columns = pipeline.columns(self.workspace, Contact.objects.in_workspace(self.workspace))
        passages = {passage.stage.pk: passage for passage in course.passages}
        unfinished = [column for column in columns if column.stage.role not in _ENDS]
        return answers.one(
            {
                **_period(since, until),
                "currency": contact_settings.of(self.workspace).currency,
                "stages": [_stage(column, passages.get(column.stage.pk)) for column in columns],
                "won": _ended(course.won),
                "lost": _ended(course.lost),
                "successRate": statistics.rate(course.won.number, course.won.number + course.lost.number),
                "open": {
                    "contactsCount": sum(column.number for column in unfinished),
                    "value": float(sum(column.value for column in unfinished)),
                },
            }
        )


def _period(since: datetime, until: datetime) -> dict[str, str | None]:
    return {"from": clock.to_iso(since), "to": clock.to_iso(until)}


def _stage(column: Column, passage: Passage | None) -> dict[str, Any]:
    """Return a stage; who is lost passes through none, so the figures of the period are null there."""
    stayed = passage.stayed if passage else None
    return {
        "id": column.stage.public_id,
        "name": column.stage.name,
        "role": column.stage.role or None,
        "contactsCount": column.number,
        "value": float(column.value),
        "reached": passage.reached if passage else None,
        "onward": passage.onward if passage else None,
        "conversionRate": statistics.rate(passage.onward, passage.reached) if passage else None,
        "averageDays": None if stayed is None else round(stayed / timedelta(days=1), 1),
    }


def _ended(ended: Ended) -> dict[str, Any]:
    return {"contactsCount": ended.number, "value": float(ended.value)}
