"""Stamps and counts of what came back for mails, for a whole batch at once: four statements, however much it is.

Rows are locked before they are read, in the order of their keys, mails before people: the first of two parallel opens
is the first for everybody, and two batches never wait for each other in a circle.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from campaigns.enums import RUNNING, EventType, Phase
from campaigns.models import Enrolment, Message
from campaigns.tallies import Book
from fluenzr.core import among, bulk

# By type of event: the first-ever stamp, of the same name on the message and on the enrolment, and the counter.
STAMPS = {
    EventType.OPENED: ("first_opened_at", "opened"),
    EventType.CLICKED: ("first_clicked_at", "clicked"),
    EventType.REPLIED: ("replied_at", "replied"),
    EventType.BOUNCED: ("bounced_at", "bounced"),
    EventType.UNSUBSCRIBED: ("unsubscribed_at", "unsubscribed"),
    EventType.COMPLAINED: ("unsubscribed_at", "unsubscribed"),
}
_COUNTERS = dict(STAMPS.values())
_HIT_COUNTS = {EventType.OPENED: "open_count", EventType.CLICKED: "click_count"}
# What came back for which mail, and when.
Return = tuple[EventType, Message, datetime]


@dataclass
class _Seen:
    """What a batch says of one mail or one person: by stamp the time, by counter how many more."""

    message: Message
    stamps: dict[str, datetime] = field(default_factory=dict)
    hits: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def count(returns: Sequence[Return], book: Book, *, now: datetime) -> None:
    """Stamp and count, inside the caller's transaction; of one mail the earliest return comes first.

    People who wait at a step look again at `now`: a condition may have its answer. A delay just waits on.
    """
    mails: dict[UUID, _Seen] = {}
    people: dict[UUID, _Seen] = {}
    for kind, message, at in returns:
        seen = mails.setdefault(message.pk, _Seen(message))
        seen.stamps.setdefault(STAMPS[kind][0], at)
        if kind in _HIT_COUNTS:
            seen.hits[_HIT_COUNTS[kind]] += 1
        if message.enrolment_id is not None:
            people.setdefault(message.enrolment_id, _Seen(message)).stamps.setdefault(STAMPS[kind][0], at)
    if mails:
        _mails(mails, book)
    if people:
        _people(people, book, now)


def _mails(seen: Mapping[UUID, _Seen], book: Book) -> None:
    """Count each hit, and the first of its kind as a mail's."""
    stamps = sorted({name for one in seen.values() for name in one.stamps})
    columns = [*stamps, *sorted({name for one in seen.values() for name in one.hits})]
    changes: list[Sequence[Any]] = []
    for row in _locked(Message, seen, columns):
        one = seen[row["pk"]]
        for name in _news(row, one):
            setattr(one.message, name, row[name])
            if one.message.sending_at is not None or one.message.sent_at is not None:
                book.mail(one.message, _COUNTERS[name], row[name])
        for name, more in one.hits.items():
            row[name] += more
        changes.append([*(row[name] for name in columns), row["pk"]])
    bulk.update(Message, columns, changes)


def _people(seen: Mapping[UUID, _Seen], book: Book, now: datetime) -> None:
    """Count each person once, and wake those who wait.

    Locking waits for an engine that holds a row: it may have asked before this, and would let its person wait in vain.
    """
    stamps = sorted({name for one in seen.values() for name in one.stamps})
    columns = [*stamps, "next_run_at"]
    changes: list[Sequence[Any]] = []
    for row in _locked(Enrolment, seen, [*columns, "first_sent_at", "status", "phase"]):
        one = seen[row["pk"]]
        news = _news(row, one)
        # Only those who got a mail are in any rate (contract A1): a refusal at the door is a status, not a bounce.
        if row["first_sent_at"] is not None and one.message.campaign_id is not None:
            for name in news:
                book.person(one.message.workspace_id, one.message.campaign_id, _COUNTERS[name])
        wakes = row["status"] in RUNNING and row["phase"] == Phase.STEP and row["next_run_at"] is not None
        wakes = wakes and row["next_run_at"] > now
        if wakes:
            row["next_run_at"] = now
        if news or wakes:
            changes.append([*(row[name] for name in columns), row["pk"]])
    if changes:
        bulk.update(Enrolment, columns, changes)


def _news(row: dict[str, Any], one: _Seen) -> list[str]:
    """Set the stamps that the row lacks, and return which."""
    news = [name for name in one.stamps if row[name] is None]
    for name in news:
        row[name] = one.stamps[name]
    return news


def _locked(
    model: type[Message] | type[Enrolment], keys: Iterable[UUID], columns: Sequence[str]
) -> list[dict[str, Any]]:
    rows = model.objects.filter(among.keys("pk", keys)).order_by("pk").select_for_update(no_key=True)
    return list(rows.values("pk", *columns))
