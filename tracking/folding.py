"""From raw hits to events: once a hit has settled, its message's hits together say who made it."""

import logging
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DataError, IntegrityError, transaction
from django.db.models import F

from campaigns import events, outcomes
from campaigns.enums import EventType, MessageState, Purpose
from campaigns.events import Happening
from campaigns.models import Message
from fluenzr.core import among, bulk
from fluenzr.mailboxes.enums import Provider
from fluenzr.workspaces.enums import TrackingMode
from tracking import bots, targets
from tracking.enums import HitKind
from tracking.models import RawHit
from tracking.targets import Mail

log = logging.getLogger(__name__)

BATCH = 500
# The hits around a settled one that its verdict looks at.
AROUND = 2 * bots.BURST
# What is read of the mails that hits are about; the last three are of others than the mail.
_READ = (
    "id", "workspace_id", "campaign_id", "enrolment_id", "contact_id", "account_id", "version_id", "node", "variant",
    "state", "links", "sending_at", "sent_at", "first_opened_at", "first_clicked_at", "mode", "objected_at", "provider",
)  # fmt: skip
# The targets of a mail's links by index.
Links = Mapping[int, str]
_TYPES = {HitKind.OPEN: EventType.OPENED, HitKind.CLICK: EventType.CLICKED}


# A hit of the batch: its key, its message and its time.
Waiting = tuple[UUID, UUID, datetime]


@dataclass(frozen=True)
class Known:
    """A mail of a workflow that hits are about: how closely its reader is watched, and by whom it was sent."""

    message: Message
    mode: str
    provider: str

    @property
    def mail(self) -> Mail:
        """Whose links it has."""
        return self.message.version_id, self.message.node, self.message.variant


@dataclass(frozen=True)
class Around:
    """A hit near those of the batch, and where it came from."""

    hit: bots.Hit
    ip: str


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
    waiting = RawHit.objects.filter(folded=False, at__lte=settled(now)).order_by("at", "id")
    # Before, each by itself: this moves totals, for which senders would wait until the whole batch is done.
    doubted = Message.objects.filter(state=MessageState.UNCERTAIN, purpose=Purpose.SEQUENCE)
    for message in doubted.filter(pk__in=waiting.values("message")[:BATCH]):
        outcomes.arrived(message, now=now)
    with transaction.atomic():
        rows = waiting.select_for_update(no_key=True).values_list("id", "message", "at")
        hits: list[Waiting] = list(rows[:BATCH])
        if hits and not _folded(hits, now=now):
            for group in _by_message(hits).values():
                if not _folded(group, now=now):
                    # What cannot be understood is kept as it is, and never looked at again.
                    RawHit.objects.filter(pk__in=[key for key, _message, _at in group]).update(folded=True)
    return len(hits)


def _folded(hits: Sequence[Waiting], *, now: datetime) -> bool:
    """Fold the hits, or leave all as it was and return False: one bad message must not hold up the others."""
    try:
        with transaction.atomic():
            _fold(hits, now=now)
    except (IntegrityError, DataError, ArithmeticError, AssertionError, LookupError, TypeError, ValueError):
        log.exception("Hits of %s could not be folded", {str(message) for _key, message, _at in hits})
        return False
    return True


def _fold(hits: Sequence[Waiting], *, now: datetime) -> None:
    groups = _by_message(hits)
    known = _known(groups)
    links = targets.published({one.mail for one in known.values()})
    around = _around(groups, known)
    happenings: list[Happening] = []
    for key, group in groups.items():
        one = known.get(key)
        if one is not None:
            # Whoever fetched it, a person or a machine: the mail has arrived.
            if one.message.state == MessageState.UNCERTAIN:
                outcomes.arrived(one.message, now=now)
            happenings += _happenings(one, {row[0] for row in group}, around[key], links.get(one.mail, {}))
    _mark(hits, known)
    if happenings:
        events.record(happenings)


def _known(keys: Iterable[UUID]) -> dict[UUID, Known]:
    """Return those of the messages whose hits count: mails of a workflow."""
    rows = Message.objects.filter(among.keys("pk", keys), purpose=Purpose.SEQUENCE)
    rows = rows.annotate(
        mode=F("workspace__tracking_mode"), objected_at=F("contact__objected_at"), provider=F("account__provider")
    )
    found: Any = [bulk.loaded(Message, dict(zip(_READ, values, strict=True))) for values in rows.values_list(*_READ)]
    return {row.pk: Known(row, _mode(row), row.provider) for row in found}


def _mode(row: Any) -> str:
    """Return how closely the reader of a mail is watched: not at all who objected, or who was erased since."""
    is_off = row.contact_id is None or row.objected_at is not None
    return TrackingMode.OFF if is_off else str(row.mode)


def _by_message(hits: Iterable[Waiting]) -> dict[UUID, list[Waiting]]:
    groups: dict[UUID, list[Waiting]] = defaultdict(list)
    for hit in hits:
        groups[hit[1]].append(hit)
    return groups


def _around(groups: Mapping[UUID, Sequence[Waiting]], known: Mapping[UUID, Known]) -> dict[UUID, list[Around]]:
    """Return all hits of each mail near these, folded or not, the earliest first."""
    times = [at for group in groups.values() for _key, _message, at in group]
    theirs = among.keys("message", known)
    near = RawHit.objects.filter(theirs, at__gte=min(times) - AROUND, at__lte=max(times) + AROUND).values_list(
        "message", "id", "kind", "link", "at", "method", "user_agent", "headers", "ip"
    )
    found: dict[UUID, list[Around]] = {key: [] for key in known}
    for message, *hit, ip in sorted(near, key=itemgetter(4, 1)):
        found[message].append(Around(bots.Hit(*hit), ip))
    return found


def _happenings(one: Known, keys: Container[UUID], around: Sequence[Around], links: Links) -> list[Happening]:
    """Return what the hits `keys` of a mail mean; `around` are all of its hits near them."""
    if one.mode == TrackingMode.OFF:
        return []
    # A sandbox's imaginary readers are quick; nothing delivers to them but ourselves.
    patience = timedelta() if one.provider == Provider.SANDBOX else bots.TOO_SOON
    verdicts = bots.verdicts(
        [near.hit for near in around], links=len(links), accepted_at=one.message.sent_at, too_soon=patience
    )
    ours = [near for near in around if near.hit.id in keys]
    if one.mode == TrackingMode.FULL:
        return [_full(one.message, near, verdicts[near.hit.id], links) for near in ours]
    return _minimal(one.message, [near.hit for near in ours if not verdicts[near.hit.id]])


def _full(message: Message, near: Around, verdict: str, links: Links) -> Happening:
    hit = near.hit
    metadata: dict[str, Any] = {"userAgent": hit.agent, "ip": near.ip}
    if verdict:
        metadata["machine"] = verdict
    link = hit.link if hit.kind == HitKind.CLICK else None
    # Written down as it was: the event may outlive the mail and its version.
    url = targets.chosen(link, own=message.links, published=links.get(link)) if link is not None else None
    if url:
        metadata["linkUrl"] = url
    kind = _TYPES[HitKind(hit.kind)]
    return Happening(kind, hit.at, message=message, metadata=metadata, link=link, is_bot=bool(verdict))


def _minimal(message: Message, hits: Iterable[bots.Hit]) -> list[Happening]:
    """At most one opening and one click of a mail, dated by the day alone (contract A60)."""
    first: dict[str, bots.Hit] = {}
    for hit in hits:
        first.setdefault(hit.kind, hit)
    known = {HitKind.OPEN: message.first_opened_at, HitKind.CLICK: message.first_clicked_at}
    return [
        Happening(_TYPES[HitKind(kind)], datetime.combine(hit.at.date(), time(), UTC), message=message)
        for kind, hit in first.items()
        if known[HitKind(kind)] is None
    ]


def _mark(hits: Sequence[Waiting], known: Mapping[UUID, Known]) -> None:
    """Mark the hits as folded; where tracking is not full, nothing of who made them stays."""
    full = {key for key, one in known.items() if one.mode == TrackingMode.FULL}
    private = [key for key, message, _at in hits if message not in full]
    counted = [key for key, message, _at in hits if message in full]
    if counted:
        RawHit.objects.filter(among.keys("pk", counted)).update(folded=True)
    if private:
        RawHit.objects.filter(among.keys("pk", private)).update(folded=True, ip="", user_agent="", headers={})
