"""Moves people: the only writer of an enrolment's position. What to do is decided by `campaigns.journey`."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from campaigns import completion, events, facts, graph
from campaigns.enums import RUNNING, EnrolmentStatus, MessageState, Phase
from campaigns.graph import Graph
from campaigns.journey import Journey, Move, advance
from campaigns.models import Campaign, CampaignAccount, Enrolment, Message
from campaigns.nodes.base import Facts, Mail
from campaigns.tallies import Book
from fluenzr.core import bulk

log = structlog.get_logger(__name__)

BATCH = 500
# So many campaigns share a batch.
TURNS = 50
# A journey that cannot be moved (its node type is not installed, say) is tried again after this long.
BROKEN_FOR = timedelta(minutes=15)
_POSITION = ("node", "entered_at", "steps", "phase", "next_run_at", "status", "reason", "finished_at")


def entry(campaign: Campaign, *, now: datetime) -> dict[str, Any]:
    """Return the fields with which a new enrolment of a running campaign is born: at its first step.

    Where the first step is the same for everybody (a mail, say), people are put there at once; what depends on the
    person is left to the next tick.
    """
    assert campaign.version_id is not None, "a running campaign has a published workflow"
    workflow = graph.of_version(campaign.version_id)
    move = advance(Journey(workflow.start.id, now), workflow, Facts(), zone=campaign.timezone, now=now)
    if move.phase != Phase.MAIL or any(node != workflow.start.id for node, _port in move.passed):
        move = Move(workflow.start.id, now, 0, Phase.STEP, now)
    return {
        "version_id": campaign.version_id,
        "node": move.node,
        "entered_at": move.entered_at,
        "steps": move.steps,
        "phase": move.phase,
        "next_run_at": move.next_run_at,
    }


def begin(campaign: Campaign, *, now: datetime) -> int:
    """Put everybody who has no position yet at the first step, and let the lanes look again; return how many.

    For `start`, and for `resume`, when people may have been added meanwhile.
    """
    with transaction.atomic():
        CampaignAccount.objects.filter(campaign=campaign).update(next_slot_at=None, wait_reason="")
        waiting = campaign.enrolments.filter(status=EnrolmentStatus.PENDING, node="")
        return waiting.update(**entry(campaign, now=now))


def move_in_flight(campaign: Campaign, *, now: datetime) -> int:
    """Move people whose node still exists to the campaign's current workflow; return how many (design.md section 2)."""
    assert campaign.version_id is not None, "a running campaign has a published workflow"
    workflow = graph.of_version(campaign.version_id)
    rows = campaign.enrolments.filter(status__in=RUNNING, node__in=list(workflow.nodes))
    emails = [node.id for node in workflow.emails()]
    with transaction.atomic():
        moved = rows.exclude(version=campaign.version_id).update(version=campaign.version_id)
        # Those at a step look again, as its data may have changed; so do those whose mail has become another node.
        campaign.enrolments.filter(phase=Phase.STEP, next_run_at__gt=now).update(next_run_at=now)
        rows.filter(phase=Phase.MAIL).exclude(node__in=emails).update(phase=Phase.STEP, next_run_at=now)
    return moved


def steps_due(now: datetime) -> bool:
    """Whether anybody's next step is due."""
    return _with_steps_due(now).exists()


def _with_steps_due(now: datetime) -> QuerySet[Campaign]:
    """Return the running campaigns with somebody whose step is due, the longest due first.

    A subquery with a limit looks once into the index for each campaign; PostgreSQL would turn an EXISTS into a scan
    of everybody who is due.
    """
    due = Enrolment.objects.steps_due(now).filter(campaign=OuterRef("pk")).order_by("next_run_at")
    earliest = Subquery(due.values("next_run_at")[:1])
    campaigns: QuerySet[Campaign] = Campaign.objects.active().alias(earliest=earliest)
    return campaigns.filter(Q(earliest__isnull=False)).order_by(F("earliest"))


def advance_due(*, now: datetime, limit: int = BATCH) -> int:
    """Move up to `limit` people whose step is due, in one transaction; return how many were looked at."""
    turns = list(_with_steps_due(now).values_list("pk", flat=True)[: min(TURNS, limit)])
    if not turns:
        return 0
    with transaction.atomic():
        keys = _take_turns(turns, now, limit)
        if keys:
            _advance_each(keys, now)
    return len(keys)


def _take_turns(campaigns: Sequence[UUID], now: datetime, limit: int) -> list[UUID]:
    """Lock people whose step is due, the earliest of each campaign: one with a backlog does not hold up the others."""
    due = Enrolment.objects.steps_due(now).filter(campaign__in=Campaign.objects.active()).order_by("next_run_at")
    keys: list[UUID] = []
    for number, campaign in enumerate(campaigns):
        share = (limit - len(keys)) // (len(campaigns) - number)
        rows = due.filter(campaign=campaign).select_for_update(no_key=True, skip_locked=True, of=("self",))
        keys.extend(rows.values_list("pk", flat=True)[:share])
    return keys


def _advance_each(keys: Sequence[UUID], now: datetime) -> None:
    """Move these people, all at once if that works; a journey that is broken holds up nobody else's."""
    try:
        with transaction.atomic():
            return _advance(keys, now)
    except DatabaseError:
        raise
    except Exception:
        if len(keys) == 1:
            log.exception("journey_failed", enrolment=str(keys[0]))
            Enrolment.objects.filter(pk=keys[0]).update(next_run_at=now + BROKEN_FOR)
            return None
    middle = len(keys) // 2
    _advance_each(keys[:middle], now)
    return _advance_each(keys[middle:], now)


def _advance(keys: Sequence[UUID], now: datetime) -> None:
    rows = list(Enrolment.objects.filter(pk__in=keys).select_related("campaign", "contact", "workspace"))
    known = facts.of(rows)
    book, finished = Book(), []
    for row in rows:
        assert row.version_id is not None, "only people with a workflow are due"
        assert row.entered_at is not None, "only people with a position are due"
        workflow = graph.of_version(row.version_id)
        journey = Journey(row.node, row.entered_at, row.steps)
        move = advance(journey, workflow, known[row.pk], zone=row.campaign.timezone, now=now)
        _apply(row, move, now)
        for node, port in move.passed:
            book.passed(row.workspace_id, row.campaign_id, node, port)
        if move.status is not None:
            finished.append(row)
    bulk.update(Enrolment, _POSITION, [(*(getattr(row, name) for name in _POSITION), row.pk) for row in rows])
    book.write()
    _finish(finished, now)


def after_mail(workflow: Graph, journey: Journey, *, zone: str, now: datetime) -> Move | None:
    """Return where everybody goes whose mail of this node was accepted at `now`; None where that depends on the person.

    Someone whose node type is not installed waits for the tick, which says so.
    """
    mail = Mail(journey.node, MessageState.SENT, now, final=True)
    try:
        move = advance(journey, workflow, Facts(mails=(mail,)), zone=zone, now=now)
        met = {node for node, _port in move.passed} | {move.node}
        asked = any(workflow.nodes[node].type.needs for node in met - {journey.node})
    except Exception:
        log.exception("journey_failed", node=journey.node)
        return None
    return None if asked else move


def position(move: Move | None, *, now: datetime) -> dict[str, Any]:
    """Return the fields of people who stand as after this move; None has them look for their next step at `now`."""
    if move is None:
        return {"phase": Phase.STEP, "next_run_at": now}
    fields = {
        "node": move.node,
        "entered_at": move.entered_at,
        "steps": move.steps,
        "phase": move.phase,
        "next_run_at": move.next_run_at,
    }
    if move.status is not None:
        fields |= {"status": move.status, "reason": str(move.reason), "finished_at": now}
    return fields


def _apply(row: Enrolment, move: Move, now: datetime) -> None:
    if row.status == EnrolmentStatus.PENDING and row.first_sent_at is not None:
        row.status = EnrolmentStatus.IN_PROGRESS
    for name, value in position(move, now=now).items():
        setattr(row, name, value)


def _finish(rows: Sequence[Enrolment], now: datetime) -> None:
    if rows:
        events.record([events.ended(row, at=now) for row in rows])
        completion.complete({row.campaign_id for row in rows}, now=now)


def settled(messages: Collection[Message], *, now: datetime) -> None:
    """Let the journeys of these final messages go on at the next tick, counted from when each mail was opened.

    Called in the transaction that settles the messages, unless `campaigns.acceptance` does all of it. A person whose
    mail may have arrived is in progress from now on. Somebody who has moved on from a doubted mail stays where they are
    when its answer comes after all.
    """
    for message in messages:
        if message.enrolment_id is None:
            continue
        row = Enrolment.objects.filter(pk=message.enrolment_id, status__in=RUNNING, node=message.node)
        doubt = message.state == MessageState.UNCERTAIN
        wait = timedelta(seconds=settings.FLUENZR_DOUBT_SECONDS) if doubt else timedelta()
        changes: dict[str, Any] = {"phase": Phase.STEP, "next_run_at": (message.sending_at or now) + wait}
        if message.state in (MessageState.SENT, MessageState.UNCERTAIN):
            changes["status"] = EnrolmentStatus.IN_PROGRESS
        if not row.update(**changes) and message.campaign_id is not None:
            completion.complete([message.campaign_id], now=now)  # stopped meanwhile: this mail was the last thing open
