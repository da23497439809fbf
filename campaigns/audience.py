"""Who is in a campaign: adding, removing and listing people (contract A35 to A40).

People are taken some thousands at a time, each piece in a transaction of its own with a fixed number of queries, so a
group of 100,000 holds no lock for long; what an interrupted call added is skipped when it is made again.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Unpack
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from campaigns import candidates, engine, events, lifecycle, removal, tallies
from campaigns.candidates import CHUNK, Asked, Unknown, chunks, require_open
from campaigns.enums import CampaignStatus, Did
from campaigns.models import Campaign, Enrolment
from contacts import stages
from contacts.enums import StageRole
from fluenzr.core import bulk, ids, jobs

# Only those who got a mail are in any number (contract A1): a refusal at the door is a status, not a bounce.
_MAILED = Q(first_sent_at__isnull=False)
_DID: Mapping[str, Q] = {
    Did.SENT: _MAILED,
    Did.DELIVERED: _MAILED & Q(bounced_at__isnull=True),
    Did.OPENED: _MAILED & Q(first_opened_at__isnull=False),
    Did.CLICKED: _MAILED & Q(first_clicked_at__isnull=False),
    Did.REPLIED: _MAILED & Q(replied_at__isnull=False),
    Did.BOUNCED: _MAILED & Q(bounced_at__isnull=False),
    Did.UNSUBSCRIBED: _MAILED & Q(unsubscribed_at__isnull=False),
}


@dataclass
class Outcome:
    """What a call did. `done` + `skipped` + unknown contacts = the distinct contacts that were asked for."""

    done: int = 0
    skipped: int = 0
    errors: list[Unknown] = field(default_factory=list)


def add(campaign: Campaign, *, by: str, now: datetime, batch: str, **asked: Unpack[Asked]) -> Outcome:
    """Enrol people named in exactly one of three ways: public ids of contacts, of groups, or a filter of contacts.

    Whoever is in the campaign or was removed from it, may not be written to, or has no address is skipped. Adding
    to a completed campaign makes it active again. `batch` is kept on the rows: what added them.

    Raises:
        Invalid: not exactly one way was given, or the filter is wrong.
        Conflict: the campaign is archived or cancelled.
    """
    require_open(campaign)
    result = Outcome()
    for chunk in chunks(candidates.keys(campaign, asked, result.errors)):
        with transaction.atomic():
            enrolled = enrol(lifecycle.locked(campaign), chunk, by=by, batch=batch, now=now)
        result.done += len(enrolled)
        result.skipped += len(chunk) - len(enrolled)
    # After the campaign's lock is gone: whoever holds people takes a campaign after them, never before.
    if result.done > CHUNK:
        lead_later(campaign, added_at=now, by=by)
    elif result.done:
        lead(campaign, added_at=now, by=by)
    return result


def lead(campaign: Campaign, *, added_at: datetime, by: str) -> int:
    """Put the people who were added at that moment into the pipeline, if they are not in it; return how many moved."""
    rows = Enrolment.objects.filter(campaign=campaign, added_at=added_at, contact__stage=None, contact__isnull=False)
    keys = list(rows.values_list("contact", flat=True))
    return stages.advance(keys, role=StageRole.LEAD, by=by, now=added_at)


def lead_later(campaign: Campaign, *, added_at: datetime, by: str) -> None:
    """Have a worker call `lead`: for so many people that nobody waits for it."""
    jobs.enqueue("campaigns.tasks.lead", str(campaign.pk), added_at.isoformat(), by)


def enrol(campaign: Campaign, contacts: Sequence[UUID], *, by: str, batch: str, now: datetime) -> list[UUID]:
    """Enrol those of the contacts that may be, and return them.

    The caller holds the campaign's lock, so that nobody is enrolled twice.

    Raises:
        Conflict: the campaign is archived or cancelled.
    """
    require_open(campaign)
    fit = candidates.fit(campaign, contacts)
    if not fit:
        return []
    if campaign.status == CampaignStatus.COMPLETED:
        lifecycle.reopen(campaign, by=by, now=now)
    position = engine.entry(campaign, now=now) if campaign.status == CampaignStatus.ACTIVE else {}
    sample = Enrolment(
        workspace_id=campaign.workspace_id, campaign_id=campaign.pk, batch=batch, added_at=now, **position
    )
    journeys = ids.draw(len(fit))
    seeds = (secrets.randbits(63) for _contact in fit)
    bulk.insert_like(sample, ("id", "contact_id", "seed"), zip(journeys, fit, seeds, strict=True))
    tallies.add_people(campaign.workspace_id, campaign.pk, "contacts", len(fit))
    events.record_added(sample, zip(journeys, fit, strict=True))
    return fit


def remove(campaign: Campaign, *, contact_ids: Sequence[str], by: str, now: datetime) -> Outcome:
    """Take people out. Who was never mailed leaves no trace but an event; who was keeps the numbers (contract A38).

    Raises:
        Conflict: the campaign is archived or cancelled.
    """
    require_open(campaign)
    result = Outcome()
    keys = candidates.known(campaign, contact_ids, result.errors)
    reason = gettext("Removed by %(actor)s.") % {"actor": by}
    for chunk in chunks(keys):
        with transaction.atomic():
            removed = removal.take_out(campaign, chunk, reason=reason, now=now)
        result.done += removed
        result.skipped += len(chunk) - removed
    return result


def people(campaign: Campaign, *, statuses: Collection[str] = (), did: str = "", node: str = "") -> "QuerySet[Any]":
    """Return the journeys that lists show, in the order in which people were added.

    No `statuses` means all; those who were removed or erased are not shown. `did` keeps the people behind a number of
    the statistics, and with them those who were removed since, for they count (contract A38). `node` keeps those on
    their way who stand there. The rows carry what `explain.explain_all` needs.
    """
    rows = Enrolment.objects.filter(campaign=campaign, contact__isnull=False)
    rows = rows.filter(_DID[did]) if did else rows.listed()
    if statuses:
        rows = rows.filter(status__in=list(statuses))
    if node:
        rows = rows.running().filter(node=node)
    return rows.select_related("contact", "campaign", "workspace").order_by("id")
