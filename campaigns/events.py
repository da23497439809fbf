"""The one door through which anything that happened is written down.

An event, the stamps it sets, the counters it moves and the conditions it wakes are one transaction. Nobody else writes
`Event`, `Tally`, `CampaignTotal` or a first-ever stamp.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from campaigns import returns
from campaigns.enums import EnrolmentStatus, EventType
from campaigns.models import Enrolment, Event, Message
from campaigns.returns import Return
from campaigns.tallies import Book
from fluenzr.core import bulk, bus, ids

_COLUMNS = [field.attname for field in Event._meta.concrete_fields]
_values = attrgetter(*_COLUMNS)


@dataclass(frozen=True)
class Happening:
    """Something that happened to a message, or to a journey as such.

    `at` is when it happened (UTC). `is_bot` marks what no person did: it is kept and never counted; `counts` is false
    for what else is kept only as a fact.
    """

    type: EventType
    at: datetime
    message: Message | None = None
    enrolment: Enrolment | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    link: int | None = None
    is_bot: bool = False
    counts: bool = True


@dataclass(frozen=True)
class Happened:
    """Fact: these events were written, in the transaction that is open."""

    events: Sequence[Event]


def record(happenings: Sequence[Happening]) -> list[Event]:
    """Write down what happened and return the events, in one transaction; of accepted mails see `record_sent`.

    Rows are locked before they are stamped, so the first of two parallel opens is the first for everybody.
    """
    with transaction.atomic():
        book = Book()
        came_back: list[Return] = []
        for happening in sorted(happenings, key=_turn):
            if happening.counts and not happening.is_bot:
                _count(happening, book, came_back)
        events = [_event(happening) for happening in happenings]
        bulk.insert(Event, _COLUMNS, map(_values, events))
        if came_back:
            returns.count(came_back, book, now=max(happening.at for happening in happenings))
        bus.publish(Happened(events))
        # The rows that everybody of a campaign writes come last: who holds them is nearly done.
        book.write()
    return events


def record_added(sample: Enrolment, journeys: Iterable[tuple[UUID, UUID]]) -> None:
    """Write down that people were added, in the transaction that is open.

    `journeys` are the keys of the new enrolments, which are otherwise as the sample, and of their contacts. Nothing is
    stamped, counted or woken by it, and they are too many for a `Happened` that speaks of each.
    """
    _insert_alike(_event(Happening(EventType.ADDED, sample.added_at, enrolment=sample)), journeys)


def record_sent(messages: Sequence[Message], *, at: datetime) -> None:
    """Write down that these mails were sent, in the transaction that is open.

    `campaigns.acceptance` stamps and counts them.
    """
    by_step: dict[tuple[UUID | None, str], list[Message]] = defaultdict(list)
    for message in messages:
        by_step[message.campaign_id, message.node].append(message)
    columns = ("id", "message_id", "enrolment_id", "contact_id", "metadata")
    for alike in by_step.values():
        keys = ids.draw(len(alike))
        told = ({"subject": one.subject} if one.subject else {} for one in alike)
        rows = (
            (key, one.pk, one.enrolment_id, one.contact_id, metadata)
            for key, one, metadata in zip(keys, alike, told, strict=True)
        )
        bulk.insert_like(_event(Happening(EventType.SENT, at, message=alike[0])), columns, rows)


def record_ended(sample: Enrolment, journeys: Iterable[tuple[UUID, UUID | None]], *, at: datetime) -> None:
    """Write down that journeys ended, in the transaction that is open; `journeys` as for `record_added`."""
    _insert_alike(_event(ended(sample, at=at)), journeys)


def ended(journey: Enrolment, *, at: datetime) -> Happening:
    """Return what is to be recorded of a journey that ended, with the status and for the reason that it has."""
    is_complete = journey.status == EnrolmentStatus.COMPLETED
    metadata = {"reason": str(journey.reason)} if journey.reason else {}
    kind = EventType.COMPLETED if is_complete else EventType.STOPPED
    return Happening(kind, at, enrolment=journey, metadata=metadata)


def _insert_alike(event: Event, journeys: Iterable[tuple[UUID, UUID | None]]) -> None:
    rows = list(journeys)
    keys = ids.draw(len(rows))
    columns = ("id", "enrolment_id", "contact_id")
    bulk.insert_like(event, columns, ((key, *row) for key, row in zip(keys, rows, strict=True)))


def _turn(happening: Happening) -> tuple[str, str, datetime]:
    """Rows are locked in one order by everybody, and of one message the earliest event comes first."""
    message = happening.message
    if message is None:
        return "", "", happening.at
    return str(message.enrolment_id or ""), str(message.pk), happening.at


def _event(happening: Happening) -> Event:
    source = happening.message or happening.enrolment
    assert source is not None, "an event is about a message or an enrolment"
    message = happening.message
    return Event(
        workspace_id=source.workspace_id,
        campaign_id=source.campaign_id,
        enrolment_id=message.enrolment_id if message else source.pk,
        contact_id=source.contact_id,
        message_id=message.pk if message else None,
        type=happening.type,
        node=source.node,
        link=happening.link,
        is_bot=happening.is_bot,
        at=happening.at,
        metadata=dict(happening.metadata),
    )


def _count(happening: Happening, book: Book, came_back: list[Return]) -> None:
    """Count what happened to a mail, or note it among what came back, which is counted together."""
    message = happening.message
    if message is None:
        return
    if happening.type == EventType.UNCERTAIN:
        _count_doubt(message, happening.at, book)
    elif happening.type == EventType.FAILED:
        book.mail(message, "failed", happening.at)
    elif happening.type in returns.STAMPS:
        came_back.append((happening.type, message, happening.at))


def _count_doubt(message: Message, at: datetime, book: Book) -> None:
    """Count a mail of which nobody knows whether it arrived: as sent, like an accepted one, and as a doubt."""
    if message.enrolment_id is None or message.campaign_id is None:
        return
    book.mail(message, "sent", at)
    book.person(message.workspace_id, message.campaign_id, "emails_sent")
    book.person(message.workspace_id, message.campaign_id, "uncertain")
    row = Enrolment.objects.filter(pk=message.enrolment_id)
    if row.filter(first_sent_at__isnull=True).update(first_sent_at=at):
        book.person(message.workspace_id, message.campaign_id, "sent")
    row.update(emails_sent=F("emails_sent") + 1, last_sent_at=at)
