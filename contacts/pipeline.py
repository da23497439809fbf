"""The pipeline as a board: who stands in which stage, what their deals are worth, and how people get on."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Avg, Case, Count, Max, Q, Sum, Value, When

from contacts import facts, stages
from contacts.enums import StageRole
from contacts.models import Contact, ContactQuerySet, PipelineStage, StageMove
from fluenzr.core import bus
from fluenzr.workspaces.models import Workspace

# Cards that a column shows at first, and with each "more".
CARDS = 50
# Up to so many people are looked at together; of more, each column is read along its index as far as it is shown.
FEW = 500


@dataclass(frozen=True)
class Column:
    """A stage with how many people stand in it and what their deals are worth together.

    Where `is_more`, they are those of the cards alone, and at least one person more stands in it.
    """

    stage: PipelineStage
    number: int
    value: Decimal
    cards: Sequence[Contact] = field(default=(), kw_only=True)
    is_more: bool = field(default=False, kw_only=True)

    @property
    def has_more(self) -> bool:
        """Whether more people stand in it than its cards show."""
        return self.is_more or self.number > len(self.cards)


@dataclass(frozen=True)
class Passage:
    """What happened at one stage in a period.

    `reached` counts the people who came this far or further, `onward` those of them who came to a later stage;
    `stayed` is how long those who left it had been in it, on average.
    """

    stage: PipelineStage
    reached: int
    onward: int
    stayed: timedelta | None

    @property
    def conversion(self) -> float | None:
        """Percentage of those who reached the stage that went on from it; None where nobody reached it."""
        return self.onward * 100 / self.reached if self.reached else None


@dataclass(frozen=True)
class Ended:
    """How many people came to the stage of one role in a period and are there still, and what their deals are worth."""

    number: int
    value: Decimal


@dataclass(frozen=True)
class Course:
    """How people got on through the pipeline in a period."""

    passages: Sequence[Passage]
    won: Ended
    lost: Ended

    @property
    def success(self) -> float | None:
        """Percentage won of all that ended; None where nothing did."""
        ended = self.won.number + self.lost.number
        return self.won.number * 100 / ended if ended else None


def columns(workspace: Workspace, people: ContactQuerySet) -> list[Column]:
    """Return the stages from left to right with the counts and sums of those of `people` in them: two queries."""
    rows = people.filter(stage__isnull=False).order_by().values("stage")
    counted = rows.annotate(number=Count("pk"), value=Sum("deal_value"))
    found = {row["stage"]: (row["number"], row["value"]) for row in counted}
    nothing = (0, None)
    return [
        Column(stage, number, value or Decimal(0))
        for stage in stages.ordered(workspace)
        for number, value in [found.get(stage.pk, nothing)]
    ]


def board(workspace: Workspace, people: ContactQuerySet) -> list[Column]:
    """Return the stages from left to right with the first cards of `people` in each.

    All columns are counted when there are few of them altogether: three queries. Counting many takes long, so a column
    of those is counted only where it is shown whole: a query more for each stage.
    """
    keys = ("stage", "stage_at", "pk", "deal_value")
    rows = list(people.filter(stage__isnull=False).order_by().values_list(*keys)[: FEW + 1])
    found = stages.ordered(workspace)
    return _all_counted(found, rows) if len(rows) <= FEW else _from_top(found, people)


def _all_counted(found: Sequence[PipelineStage], rows: Sequence[tuple[Any, ...]]) -> list[Column]:
    standing: dict[Any, list[tuple[Any, ...]]] = {stage.pk: [] for stage in found}
    for stage, *rest in rows:
        standing.setdefault(stage, []).append(tuple(rest))
    for column in standing.values():
        column.sort(key=lambda row: (row[0] is not None, *row[:2]), reverse=True)
    shown = [[key for _at, key, _value in standing[stage.pk][:CARDS]] for stage in found]
    return [
        Column(stage, len(standing[stage.pk]), _sum(value for *_keys, value in standing[stage.pk]), cards=contacts)
        for stage, contacts in zip(found, _of_keys(shown), strict=True)
    ]


def _from_top(found: Sequence[PipelineStage], people: ContactQuerySet) -> list[Column]:
    keys = [_keys(people, stage) for stage in found]
    shown = _of_keys([some[:CARDS] for some in keys])
    return [
        Column(
            stage, len(contacts), _sum(one.deal_value for one in contacts), cards=contacts, is_more=len(some) > CARDS
        )
        for stage, some, contacts in zip(found, keys, shown, strict=True)
    ]


def cards(people: ContactQuerySet, stage: PipelineStage, *, start: int = 0) -> tuple[list[Contact], bool]:
    """Return the next of `people` in a stage, who came last first, and whether more follow: two queries."""
    keys = _keys(people, stage, start=start)
    return _of_keys([keys[:CARDS]])[0], len(keys) > CARDS


def _keys(people: ContactQuerySet, stage: PipelineStage, *, start: int = 0) -> list[uuid.UUID]:
    """Return the keys of the next cards and of one more: read from the index of the board alone, without the rows."""
    rows = people.filter(stage=stage).order_by("-stage_at", "-id")
    return list(rows.values_list("pk", flat=True)[start : start + CARDS + 1])


def _of_keys(columns: Sequence[Sequence[uuid.UUID]]) -> list[list[Contact]]:
    """Return the contacts of all keys with one query, but those that were deleted meanwhile."""
    found = Contact.objects.select_related("owner").in_bulk([key for column in columns for key in column])
    return [[found[key] for key in column if key in found] for column in columns]


def _sum(values: Iterable[Decimal | None]) -> Decimal:
    return sum((value for value in values if value is not None), Decimal(0))


def place(contact: Contact, *, to: PipelineStage | None, by: str, now: datetime) -> bool:
    """Put a contact into a stage of its workspace, or out of the pipeline; return whether that is news."""
    with transaction.atomic():
        moved = stages.move([contact], to=to, by=by, now=now)
        if moved:
            fact = facts.ContactsUpdated(workspace_id=contact.workspace_id, contact_ids=(contact.pk,), at=now)
            bus.publish(fact)
    return bool(moved)


def course(workspace: Workspace, *, since: datetime, until: datetime) -> Course:
    """Return how people got on between two moments (UTC, the second exclusive), from their steps: five queries."""
    row = stages.ordered(workspace)
    way = [stage for stage in row if stage.role != StageRole.LOST]
    steps = StageMove.objects.in_workspace(workspace).filter(at__gte=since, at__lt=until)
    reached = _reached(steps, way)
    # Not grouped: that would sort the steps.
    stayed = steps.aggregate(**{f"stayed_{at}": Avg("stayed", filter=Q(from_stage=one)) for at, one in enumerate(way)})
    passages = [
        Passage(stage, reached[at], reached[at + 1] if at + 1 < len(way) else 0, stayed[f"stayed_{at}"])
        for at, stage in enumerate(way)
    ]
    won, lost = (_ended(workspace, role, since, until) for role in (StageRole.WON, StageRole.LOST))
    return Course(passages, won=won, lost=lost)


def _reached(steps: Any, way: Sequence[PipelineStage]) -> list[int]:
    """Count, for each stage of the way, the people who came to it or beyond: one query, each step read once."""
    if not way:
        return []
    places = [When(to_stage=stage, then=Value(place)) for place, stage in enumerate(way)]
    furthest = steps.order_by().values("contact").annotate(furthest=Max(Case(*places, default=Value(-1))))
    counts = {f"reached_{place}": Count("contact", filter=Q(furthest__gte=place)) for place in range(len(way))}
    found = furthest.aggregate(**counts)
    return [found[f"reached_{place}"] for place in range(len(way))]


def _ended(workspace: Workspace, role: StageRole, since: datetime, until: datetime) -> Ended:
    """Count along the index of the board: who stands in a stage came there at `stage_at`."""
    stage = PipelineStage.objects.in_workspace(workspace).filter(role=role)
    people = Contact.objects.in_workspace(workspace).filter(stage__in=stage, stage_at__gte=since, stage_at__lt=until)
    found = people.aggregate(number=Count("pk"), value=Sum("deal_value"))
    return Ended(found["number"], found["value"] or Decimal(0))
