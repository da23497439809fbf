"""From raw hits to events: once a hit has settled, its message's hits together say who made it."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DataError, IntegrityError, transaction
from django.db.models import Q

from campaigns import events, outcomes
from campaigns.enums import EventType, MessageState, Purpose
from campaigns.events import Happening
from campaigns.models import Link, Message
from fluenzr.mailboxes.enums import Provider
from fluenzr.workspaces.enums import TrackingMode
from tracking import bots, targets
from tracking.enums import HitKind
from tracking.models import RawHit

log = logging.getLogger(__name__)

BATCH = 500
# The hits around a settled one that its verdict looks at.
AROUND = 2 * bots.BURST
# The targets of a mail's links by index, and whose mail it is: version, node and variant.
Links = Mapping[int, str]
Mail = tuple[UUID | None, str, str]
_TYPES = {HitKind.OPEN: EventType.OPENED, HitKind.CLICK: EventType.CLICKED}


def settled(now: datetime) -> datetime:
    """Return the time up to which hits may be judged."""
    return now - timedelta(seconds=settings.FLUENZR_SETTLING_SECONDS)


def is_due(now: datetime) -> bool:
    """Whether any hit waits to be folded; one look into an index of those that do."""
    return RawHit.objects.filter(folded=False, at__lte=settled(now)).exists()


def fold(*, now: datetime) -> int:
    """Turn a batch of settled hits into events, in one transaction; return how many hits were folded.

    Two runs at once never fold the same hit: the second waits for the rows, and finds them folded.
    """
    with transaction.atomic():
        waiting = RawHit.objects.filter(folded=False, at__lte=settled(now)).order_by("at", "id")
        hits = list(waiting.select_for_update(no_key=True)[:BATCH])
        if hits and not _folded(hits, now=now):
            for group in _by_message(hits).values():
                if not _folded(group, now=now):
                    # What cannot be understood is kept as it is, and never looked at again.
                    RawHit.objects.filter(pk__in=[hit.pk for hit in group]).update(folded=True)
    return len(hits)


def _folded(hits: Sequence[RawHit], *, now: datetime) -> bool:
    """Fold the hits, or leave all as it was and return False: one bad message must not hold up the others."""
    try:
        with transaction.atomic():
            _fold(hits, now=now)
    except (IntegrityError, DataError, ArithmeticError, AssertionError, LookupError, TypeError, ValueError):
        log.exception("Hits of %s could not be folded", {str(hit.message) for hit in hits})
        return False
    return True


def _fold(hits: Sequence[RawHit], *, now: datetime) -> None:
    messages = _messages({hit.message for hit in hits})
    links = _links(messages.values())
    verdicts = _verdicts(hits, messages, links)
    happenings: list[Happening] = []
    for message_id, group in _by_message(hits).items():
        message = messages.get(message_id)
        if message is not None:
            # Whoever fetched it, a person or a machine: the mail has arrived.
            if message.state == MessageState.UNCERTAIN:
                outcomes.arrived(message, now=now)
            happenings += _happenings(message, group, verdicts, links.get(_mail_of(message), {}))
    if happenings:
        events.record(happenings)
    _mark(hits, messages)


def _messages(keys: Iterable[UUID]) -> dict[UUID, Message]:
    """Return those of the messages whose hits count: mails of a workflow."""
    rows = Message.objects.select_related("workspace", "contact", "enrolment", "account")
    return {row.pk: row for row in rows.filter(pk__in=list(keys), purpose=Purpose.SEQUENCE)}


def _by_message(hits: Iterable[RawHit]) -> dict[UUID, list[RawHit]]:
    groups: dict[UUID, list[RawHit]] = defaultdict(list)
    for hit in hits:
        groups[hit.message].append(hit)
    return groups


def _verdicts(hits: Sequence[RawHit], messages: Mapping[UUID, Message], links: Mapping[Mail, Links]) -> dict[UUID, str]:
    """Judge each message by all of its hits near these, folded or not."""
    spans = {key: (group[0].at - AROUND, group[-1].at + AROUND) for key, group in _by_message(hits).items()}
    near = RawHit.objects.filter(
        message__in=list(messages),
        at__gte=min(start for start, _end in spans.values()),
        at__lte=max(end for _start, end in spans.values()),
    )
    verdicts: dict[UUID, str] = {}
    for key, group in _by_message(near).items():
        message = messages[key]
        # A sandbox's imaginary readers are quick; nothing delivers to them but ourselves.
        patience = timedelta() if message.account.provider == Provider.SANDBOX else bots.TOO_SOON
        verdicts |= bots.verdicts(
            [_plain(hit) for hit in group],
            links=len(links.get(_mail_of(message), {})),
            accepted_at=message.sent_at,
            too_soon=patience,
        )
    return verdicts


def _plain(hit: RawHit) -> bots.Hit:
    return bots.Hit(hit.pk, hit.kind, hit.link, hit.at, hit.method, hit.user_agent, hit.headers)


def _mail_of(message: Message) -> Mail:
    return message.version_id, message.node, message.variant


def _links(messages: Iterable[Message]) -> Mapping[Mail, Links]:
    """Return where the tracked links of each mail of these lead, as published: one query."""
    found: dict[Mail, dict[int, str]] = defaultdict(dict)
    rows = Link.objects.filter(version__in={message.version_id for message in messages})
    for version, node, variant, index, url in rows.values_list("version", "node", "variant", "index", "url"):
        found[version, node, variant][index] = url
    return found


def _happenings(
    message: Message, hits: Iterable[RawHit], verdicts: Mapping[UUID, str], links: Links
) -> list[Happening]:
    mode = _mode(message)
    if mode == TrackingMode.FULL:
        return [_full(message, hit, verdicts.get(hit.pk, bots.PERSON), links) for hit in hits]
    if mode == TrackingMode.MINIMAL:
        return _minimal(message, [hit for hit in hits if not verdicts.get(hit.pk)])
    return []


def _mode(message: Message) -> str:
    """Return how closely the reader of a mail is watched: not at all who objected, or who was erased since."""
    if message.contact is None or message.contact.objected_at is not None:
        return TrackingMode.OFF
    return message.workspace.tracking_mode


def _full(message: Message, hit: RawHit, verdict: str, links: Links) -> Happening:
    metadata: dict[str, Any] = {"userAgent": hit.user_agent, "ip": hit.ip}
    if verdict:
        metadata["machine"] = verdict
    link = hit.link if hit.kind == HitKind.CLICK else None
    # Written down as it was: the event may outlive the mail and its version.
    url = targets.chosen(link, own=message.links, published=links.get(link)) if link is not None else None
    if url:
        metadata["linkUrl"] = url
    kind = _TYPES[HitKind(hit.kind)]
    return Happening(kind, hit.at, message=message, metadata=metadata, link=link, is_bot=bool(verdict))


def _minimal(message: Message, hits: Iterable[RawHit]) -> list[Happening]:
    """At most one opening and one click of a mail, dated by the day alone (contract A60)."""
    first: dict[str, RawHit] = {}
    for hit in hits:
        first.setdefault(hit.kind, hit)
    known = {HitKind.OPEN: message.first_opened_at, HitKind.CLICK: message.first_clicked_at}
    return [
        Happening(_TYPES[HitKind(kind)], datetime.combine(hit.at.date(), time(), UTC), message=message)
        for kind, hit in first.items()
        if known[HitKind(kind)] is None
    ]


def _mark(hits: Sequence[RawHit], messages: dict[UUID, Message]) -> None:
    """Mark the hits as folded; where tracking is not full, nothing of who made them stays."""
    RawHit.objects.filter(pk__in=[hit.pk for hit in hits]).update(folded=True)
    full = [key for key, message in messages.items() if _mode(message) == TrackingMode.FULL]
    private = Q(pk__in=[hit.pk for hit in hits]) & ~Q(message__in=full)
    RawHit.objects.filter(private).update(ip="", user_agent="", headers={})
