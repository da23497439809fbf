"""What follows when servers accepted mails: for many at once, with one write of each person.

The event, the stamps and the counters are those that `campaigns.events` keeps for what comes one by one, the position
is the engine's; only they are written together, as a row of a person is dear to write.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Coalesce

from campaigns import completion, engine, events, graph
from campaigns.enums import RUNNING, EnrolmentStatus
from campaigns.journey import Journey, Move
from campaigns.models import Campaign, Enrolment, Message
from campaigns.tallies import Book
from fluenzr.core import among


class _Stand(NamedTuple):
    """Where people stand of whom all that follows is the same; `version` is None for who does not go on."""

    workspace: UUID
    campaign: UUID
    version: UUID | None
    node: str
    steps: int


class _Person(NamedTuple):
    key: UUID
    contact: UUID | None
    is_new: bool


def record(messages: Sequence[Message], *, now: datetime) -> None:
    """Write down that these mails were accepted at `now`, and let their people go on, inside the caller's transaction.

    The messages are written as sent already, were never counted as sent before, and are each of another enrolment. A
    person is in progress from now on and goes on as far as that is the same for everybody; the next tick does the rest.
    """
    book = Book()
    for sample, count in _alike(messages):
        book.mail(sample, "sent", now, by=count)
    groups = _groups(messages)
    running = _running(groups)
    over: set[UUID] = set()
    for stand, people in groups.items():
        move = _move(stand, running.get(stand.campaign), now)
        _write(stand, people, move, now)
        book.person(stand.workspace, stand.campaign, "emails_sent", len(people))
        book.person(stand.workspace, stand.campaign, "sent", sum(person.is_new for person in people))
        if move is not None:
            for node, port in move.passed:
                book.passed(stand.workspace, stand.campaign, node, port, len(people))
            if move.status is not None:
                _end(stand, people, move, move.status, now)
        if stand.version is None or (move is not None and move.status is not None):
            over.add(stand.campaign)  # for the stopped, this mail was the last thing open
    events.record_sent(messages, at=now)
    book.write()
    if over:
        completion.complete(over, now=now)


def _alike(messages: Sequence[Message]) -> list[tuple[Message, int]]:
    """Return a sample of the messages that are counted in the same rows, with how many there are."""
    samples: dict[Any, Message] = {}
    counts: Counter[Any] = Counter()
    for one in messages:
        key = (one.campaign_id, one.enrolment_id is None, one.node, one.variant, one.account_id)
        samples.setdefault(key, one)
        counts[key] += 1
    return [(samples[key], count) for key, count in counts.items()]


def _groups(messages: Sequence[Message]) -> dict[_Stand, list[_Person]]:
    """Lock the people of these mails and return them by where they stand."""
    nodes = {one.enrolment_id: one.node for one in messages if one.enrolment_id is not None}
    found: dict[_Stand, list[_Person]] = defaultdict(list)
    if not nodes:
        return found
    rows = Enrolment.objects.filter(among.keys("pk", nodes)).order_by("pk").select_for_update(no_key=True)
    columns = ("pk", "contact", "first_sent_at", "status", "workspace", "campaign", "version", "node", "steps")
    for key, contact, first, status, workspace, campaign, version, node, steps in rows.values_list(*columns):
        goes_on = status in RUNNING and node == nodes[key]
        stand = _Stand(workspace, campaign, version if goes_on else None, node if goes_on else "", steps)
        found[stand].append(_Person(key, contact, first is None))
    return found


def _running(groups: Collection[_Stand]) -> dict[UUID, str]:
    """Return the zones of those of the campaigns that run."""
    rows = Campaign.objects.active().filter(pk__in={stand.campaign for stand in groups})
    return dict(rows.values_list("pk", "timezone")) if groups else {}


def _move(stand: _Stand, zone: str | None, now: datetime) -> Move | None:
    if stand.version is None or zone is None:
        return None
    return engine.after_mail(graph.of_version(stand.version), Journey(stand.node, now, stand.steps), zone=zone, now=now)


def _write(stand: _Stand, people: Sequence[_Person], move: Move | None, now: datetime) -> None:
    changes: dict[str, Any] = {
        "emails_sent": F("emails_sent") + 1,
        "last_sent_at": now,
        "first_sent_at": Coalesce("first_sent_at", now),
    }
    if stand.version is not None:
        changes |= {"status": EnrolmentStatus.IN_PROGRESS} | engine.position(move, now=now)
    Enrolment.objects.filter(among.keys("pk", (person.key for person in people))).update(**changes)


def _end(stand: _Stand, people: Sequence[_Person], move: Move, status: str, now: datetime) -> None:
    sample = Enrolment(
        workspace_id=stand.workspace, campaign_id=stand.campaign, node=move.node, status=status, reason=move.reason
    )
    events.record_ended(sample, ((person.key, person.contact) for person in people), at=now)
