"""Adding many people to a campaign in the background: nobody waits for a page, and a killed worker loses nothing.

Some thousands are one transaction with the mark of how far it is. Few people are added at once, by `audience.add`.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Unpack
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet

from campaigns import audience, candidates, lifecycle
from campaigns.candidates import Asked
from campaigns.models import Addition, Campaign
from fluenzr.core import clock, jobs, leases
from fluenzr.core.errors import DomainError

log = logging.getLogger(__name__)

# Pages of the campaign tell the outcome for so long.
TOLD = timedelta(minutes=1)
KEPT = timedelta(days=1)


class Lost(Exception):
    """Another worker has the order by now; nothing more may be written."""


def begin(campaign: Campaign, *, by: str, now: datetime, **asked: Unpack[Asked]) -> Addition | None:
    """Order that people be added, raising as `audience.add`; None when they are so few that nobody need wait."""
    candidates.require_open(campaign)
    meant = candidates.count(campaign, asked)
    if meant <= candidates.CHUNK:
        return None
    return Addition.objects.create(
        workspace_id=campaign.workspace_id,
        campaign=campaign,
        asked=dict(asked),
        by=by,
        meant=meant,
        created_at=now,
    )


def told(campaign: Campaign, *, now: datetime) -> Sequence[Addition]:
    """Return the orders that pages of the campaign tell of: those being carried out, and those that just ended."""
    rows = Addition.objects.filter(Q(ended_at=None) | Q(ended_at__gt=now - TOLD), campaign=campaign)
    return list(rows.order_by("pk"))


def due(now: datetime) -> bool:
    """Whether an order waits for a worker."""
    return _waiting(now).exists()


def run_next() -> bool:
    """Carry out the order that has waited longest; False when none waits."""
    addition = _claimed(clock.database_now())
    if addition is None:
        return False
    try:
        _work(addition)
    except Lost:
        log.warning("Somebody else goes on adding people: %s", addition.public_id)
    except DomainError as error:
        # The campaign was closed meanwhile, or what was asked for exists no more.
        _end(addition, error=str(error.message))
    return True


def _waiting(now: datetime) -> QuerySet[Addition]:
    return Addition.objects.filter(leases.is_free(now), ended_at=None)


def _ours(addition: Addition) -> QuerySet[Addition]:
    """Return the order as long as nobody else has taken it up."""
    return Addition.objects.filter(pk=addition.pk, lease_until=addition.lease_until)


def _claimed(now: datetime) -> Addition | None:
    addition = _waiting(now).select_related("campaign__workspace").order_by("pk").first()
    lease = leases.until(now)
    if addition is None or not _waiting(now).filter(pk=addition.pk).update(lease_until=lease):
        return None
    addition.lease_until = lease
    return addition


def _work(addition: Addition) -> None:
    keys = sorted(candidates.keys(addition.campaign, addition.asked, []))
    if addition.last is not None:
        keys = [key for key in keys if key > addition.last]
    for chunk in candidates.chunks(keys):
        _add(addition, chunk)
        if jobs.stopping():
            _ours(addition).update(lease_until=None)
            return
    _end(addition)


def _add(addition: Addition, chunk: Sequence[UUID]) -> None:
    with transaction.atomic():
        campaign = lifecycle.locked(addition.campaign)
        added = audience.enrol(campaign, chunk, by=addition.by, batch=addition.public_id, now=addition.created_at)
        lease = leases.until(clock.database_now())
        if not _ours(addition).update(
            done=F("done") + len(added),
            skipped=F("skipped") + len(chunk) - len(added),
            last=chunk[-1],
            lease_until=lease,
        ):
            raise Lost
    addition.lease_until = lease


def _end(addition: Addition, *, error: str = "") -> None:
    now = clock.database_now()
    with transaction.atomic():
        if _ours(addition).update(ended_at=now, error=error, asked={}):
            audience.lead_later(addition.campaign, added_at=addition.created_at, by=addition.by)


def forget(*, now: datetime) -> None:
    """Drop the orders that ended a day ago."""
    Addition.objects.filter(ended_at__lt=now - KEPT).delete()
