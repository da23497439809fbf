"""What a dead sender left behind: put back, settled from its journal, or marked as uncertain."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F

from campaigns import claiming, journal, settling
from campaigns.enums import MessageState
from campaigns.journal import Owner, Trace
from campaigns.models import Claim, Message
from campaigns.settling import Held
from fluenzr.core import clock

BATCH = 500
# Another machine's journal cannot be read here; its own recovery gets this many leases before doubt is written down.
PATIENCE = 5


def recover(*, now: datetime | None = None) -> dict[str, int]:
    """Deal with every message whose lease ran out; return how many were put back, settled and doubted."""
    now = now or clock.database_now()
    over = Message.objects.held().filter(claim__lease_until__lt=now)
    counts = {"put_back": _put_back_claimed(now), "settled": 0, "uncertain": 0}
    dead = over.filter(state=MessageState.SENDING).order_by("claim__lease_until")[:BATCH]
    for message in dead.select_related("workspace", "campaign", "claim"):
        verdict = _recover_sending(message, now)
        if verdict:
            counts[verdict] += 1
    for owner in Claim.objects.filter(lease_until__lt=now).values_list("owner", flat=True).distinct():
        claiming.let_go(owner)
    owners = map(Owner.parse, Claim.objects.values_list("owner", flat=True).distinct())
    journal.drop_dead({owner.file for owner in owners if owner is not None})
    return counts


def _put_back_claimed(now: datetime) -> int:
    """Nothing was said to anybody about a claimed message: it is free again, and its old holder is fenced out."""
    rows = Message.objects.filter(state=MessageState.CLAIMED, claim__in=Claim.objects.filter(lease_until__lt=now))
    return rows.update(state=MessageState.QUEUED, fence=F("fence") + 1, owner="")


def _recover_sending(message: Message, now: datetime) -> str:
    held = Held(message, message.fence)
    trace, receipt = journal.trace(Owner.parse(message.owner), message.pk, message.fence)
    if trace is Trace.ANSWERED and receipt is not None:
        return "settled" if settling.settle(held, receipt, now=now) else ""
    if trace is Trace.UNTOUCHED:
        return "put_back" if _put_back_untouched(message) else ""
    if trace is Trace.ALIVE:
        return ""  # stopped or slow, not dead: it holds its journal's lock
    if trace is Trace.ELSEWHERE:
        patience = timedelta(seconds=settings.FLUENZR_LEASE_SECONDS * PATIENCE)
        if message.claim is None or message.claim.lease_until + patience > now:
            return ""
    reason = "The sender died before the server answered."
    return "uncertain" if settling.doubt(message, fence=message.fence, reason=reason, now=now) else ""


def _put_back_untouched(message: Message) -> bool:
    rows = Message.objects.filter(pk=message.pk, fence=message.fence, state=MessageState.SENDING)
    return bool(rows.update(state=MessageState.QUEUED, fence=F("fence") + 1, owner="", sending_at=None))
