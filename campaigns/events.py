"""The one door through which anything that happened is written down.

An event, the stamps it sets, the counters it moves and the conditions it wakes are one transaction. Nobody else writes
`Event`, `Tally`, `CampaignTotal` or a first-ever stamp.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from campaigns.enums import RUNNING, EventType, Phase
from campaigns.models import Enrolment, Event, Message
from campaigns.tallies import Book
from fluenzr.core import bulk, bus, ids

# By type of event: the first-ever stamp, of the same name on the message and on the enrolment, and the counter.
_STAMPS = {
    EventType.OPENED: ("first_opened_at", "opened"),
    EventType.CLICKED: ("first_clicked_at", "clicked"),
    EventType.REPLIED: ("replied_at", "replied"),
    EventType.BOUNCED: ("bounced_at", "bounced"),
    EventType.UNSUBSCRIBED: ("unsubscribed_at", "unsubscribed"),
    EventType.COMPLAINED: ("unsubscribed_at", "unsubscribed"),
}
_HIT_COUNTS = {EventType.OPENED: "open_count", EventType.CLICKED: "click_count"}


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
    """Write down what happened and return the events, in one transaction.

    Stamps are set by conditional updates, so the first of two parallel opens is the first for everybody.
    """
    with transaction.atomic():
        book = Book()
        awake: set[UUID] = set()
        for happening in sorted(happenings, key=_turn):
            if happening.counts and not happening.is_bot:
                _count(happening, book, awake)
        events = Event.objects.bulk_create([_event(happening) for happening in happenings])
        _wake(awake, happenings)
        book.write()
        bus.publish(Happened(events))
    return events


def record_added(sample: Enrolment, journeys: Iterable[tuple[UUID, UUID]]) -> None:
    """Write down that people were added, in the transaction that is open.

    `journeys` are the keys of the new enrolments, which are otherwise as the sample, and of their contacts. Nothing is
    stamped, counted or woken by it, and they are too many for a `Happened` that speaks of each.
    """
    event = _event(Happening(EventType.ADDED, sample.added_at, enrolment=sample))
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


def _count(happening: Happening, book: Book, awake: set[UUID]) -> None:
    message = happening.message
    if message is None:
        return
    if happening.type in (EventType.SENT, EventType.UNCERTAIN):
        _count_sent(message, happening.at, book, uncertain=happening.type == EventType.UNCERTAIN)
    elif happening.type == EventType.FAILED:
        book.mail(message, "failed", happening.at)
    elif happening.type in _STAMPS:
        _count_return(happening, message, book)
        if message.enrolment_id is not None:
            awake.add(message.enrolment_id)
            _count_person(happening, message, book)


def _count_return(happening: Happening, message: Message, book: Book) -> None:
    """Count something that came back for a mail: each hit, and the first of its kind as a mail's."""
    stamp, counted = _STAMPS[happening.type]
    rows = Message.objects.filter(pk=message.pk)
    if happening.type in _HIT_COUNTS:
        counter = _HIT_COUNTS[happening.type]
        rows.update(**{counter: F(counter) + 1})
    if rows.filter(**{f"{stamp}__isnull": True}).update(**{stamp: happening.at}):
        setattr(message, stamp, happening.at)
        if message.sending_at is not None or message.sent_at is not None:
            book.mail(message, counted, happening.at)


def _count_person(happening: Happening, message: Message, book: Book) -> None:
    stamp, counter = _STAMPS[happening.type]
    row = Enrolment.objects.filter(pk=message.enrolment_id, **{f"{stamp}__isnull": True})
    # Only those who got a mail are in any rate (contract A1): a refusal at the door is a status, not a bounce of one.
    mailed = row.filter(first_sent_at__isnull=False).update(**{stamp: happening.at})
    if mailed and message.campaign_id is not None:
        book.person(message.workspace_id, message.campaign_id, counter)
    elif not mailed:
        row.update(**{stamp: happening.at})


def _count_sent(message: Message, at: datetime, book: Book, *, uncertain: bool = False) -> None:
    if message.enrolment_id is None or message.campaign_id is None:
        return
    book.mail(message, "sent", at)
    book.person(message.workspace_id, message.campaign_id, "emails_sent")
    if uncertain:
        book.person(message.workspace_id, message.campaign_id, "uncertain")
    row = Enrolment.objects.filter(pk=message.enrolment_id)
    if row.filter(first_sent_at__isnull=True).update(first_sent_at=at):
        book.person(message.workspace_id, message.campaign_id, "sent")
    row.update(emails_sent=F("emails_sent") + 1, last_sent_at=at)


def _wake(awake: set[UUID], happenings: Sequence[Happening]) -> None:
    """Let those who wait at a step look again: a condition may have its answer now. A delay just waits on."""
    if awake:
        now = max(happening.at for happening in happenings)
        rows = Enrolment.objects.filter(pk__in=awake)
        # Waits for an engine that holds a row: it may have asked before this event, and would make it wait in vain.
        list(rows.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
        waiting = rows.filter(status__in=RUNNING, phase=Phase.STEP)
        waiting.filter(next_run_at__gt=now).update(next_run_at=now)
