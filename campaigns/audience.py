"""Who is in a campaign: adding, removing and listing people (contract A35 to A40).

People are taken a thousand at a time, each thousand in a transaction of its own with a fixed number of queries, so a
group of 100,000 holds no lock for long; what an interrupted call added is skipped when it is made again.
"""

import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns import completion, engine, events, lifecycle, stopping, tallies
from campaigns.enums import COUNTED, ENROLLING, CampaignStatus, EnrolmentStatus, EventType, MessageState
from campaigns.events import Happening
from campaigns.models import Campaign, Enrolment, Message
from contacts import filters as contact_filters
from contacts import suppression
from contacts.models import Contact, Group
from fluenzr.core.errors import Conflict, Invalid, Text

CHUNK = 1000
# The statuses of people that lists show; `removed` is ours alone (contract A39).
LISTED = tuple(status for status in EnrolmentStatus if status != EnrolmentStatus.REMOVED)


@dataclass(frozen=True)
class Unknown:
    """An id that names nothing in the workspace; `code` is that of the API."""

    id: str
    message: Text
    code: str = "NOT_FOUND"


@dataclass
class Outcome:
    """What a call did. `done` + `skipped` + unknown contacts = the distinct contacts that were asked for."""

    done: int = 0
    skipped: int = 0
    errors: list[Unknown] = field(default_factory=list)


def add(
    campaign: Campaign,
    *,
    by: str,
    now: datetime,
    batch: str,
    contact_ids: Sequence[str] | None = None,
    group_ids: Sequence[str] | None = None,
    filters: Mapping[str, Any] | None = None,
) -> Outcome:
    """Enrol people named in exactly one of three ways: public ids of contacts, of groups, or a filter of contacts.

    Whoever is in the campaign or was removed from it, may not be written to, or has no address is skipped. Adding
    to a completed campaign makes it active again. `batch` is kept on the rows: what added them.

    Raises:
        Invalid: not exactly one way was given, or the filter is wrong.
        Conflict: the campaign is archived or cancelled.
    """
    if [contact_ids, group_ids, filters].count(None) != 2:
        raise Invalid(_("Give exactly one of contactIds, groupIds and filters"), field="")
    _require_open(campaign)
    result = Outcome()
    if contact_ids is not None:
        keys = _known(campaign, contact_ids, result)
    elif group_ids is not None:
        keys = _in_groups(campaign, group_ids, result)
    else:
        keys = list(contact_filters.audience(campaign.workspace, dict(filters or {})).values_list("pk", flat=True))
    for chunk in _chunks(keys):
        with transaction.atomic():
            enrolled = _enrol(lifecycle.locked(campaign), chunk, by=by, batch=batch, now=now)
        result.done += enrolled
        result.skipped += len(chunk) - enrolled
    return result


def _enrol(campaign: Campaign, contacts: Sequence[UUID], *, by: str, batch: str, now: datetime) -> int:
    """Enrol those of the contacts that may be, under the campaign's lock, so that nobody is enrolled twice."""
    _require_open(campaign)
    fit = _fit(campaign, contacts)
    if not fit:
        return 0
    if campaign.status == CampaignStatus.COMPLETED:
        lifecycle.reopen(campaign, by=by, now=now)
    position = engine.entry(campaign, now=now) if campaign.status == CampaignStatus.ACTIVE else {}
    rows = Enrolment.objects.bulk_create(
        Enrolment(
            workspace_id=campaign.workspace_id,
            campaign=campaign,
            contact=contact,
            seed=secrets.randbits(63),
            batch=batch,
            added_at=now,
            **position,
        )
        for contact in fit
    )
    tallies.add_people(campaign.workspace_id, campaign.pk, "contacts", len(rows))
    events.record([Happening(EventType.ADDED, now, enrolment=row) for row in rows])
    return len(rows)


def _fit(campaign: Campaign, contacts: Sequence[UUID]) -> list[Contact]:
    """Return those of the contacts that are not in, have an address, and may be written to."""
    inside = Enrolment.objects.filter(campaign=campaign, contact__in=contacts)
    taken = set(inside.values_list("contact", flat=True))
    new = [key for key in contacts if key not in taken]
    rows = Contact.objects.in_workspace(campaign.workspace_id).filter(pk__in=new, email__isnull=False).reachable()
    people = list(rows.only("email", "workspace").order_by("pk")) if new else []
    barred = suppression.barred(campaign.workspace, [person.email for person in people if person.email])
    return [person for person in people if person.email not in barred]


def remove(campaign: Campaign, *, contact_ids: Sequence[str], by: str, now: datetime) -> Outcome:
    """Take people out. Who was never mailed leaves no trace but an event; who was keeps the numbers (contract A38).

    Raises:
        Conflict: the campaign is archived or cancelled.
    """
    _require_open(campaign)
    result = Outcome()
    keys = _known(campaign, contact_ids, result)
    reason = gettext("Removed by %(actor)s.") % {"actor": by}
    for chunk in _chunks(keys):
        with transaction.atomic():
            removed = _remove(campaign, chunk, reason=reason, now=now)
        result.done += removed
        result.skipped += len(chunk) - removed
    return result


def _remove(campaign: Campaign, contacts: Sequence[UUID], *, reason: str, now: datetime) -> int:
    # People first, then their mails, the campaign last: the order in which everybody takes these rows, so that two
    # never wait for each other. Whoever holds one of the mails meets the stop on its row.
    inside = Enrolment.objects.filter(campaign=campaign, contact__in=contacts).listed()
    rows = list(inside.order_by("pk").select_for_update())
    if not rows:
        return 0
    keys = [row.pk for row in rows]
    stopping.cancel(Message.objects.filter(enrolment__in=keys), reason=EnrolmentStatus.REMOVED, now=now)
    on_its_way = Message.objects.filter(enrolment__in=keys, state__in=(*COUNTED, MessageState.SENDING))
    mailed = set(on_its_way.values_list("enrolment", flat=True)) | {row.pk for row in rows if row.emails_sent}
    unmailed = [key for key in keys if key not in mailed]
    if unmailed:
        Enrolment.objects.filter(pk__in=unmailed).delete()
        tallies.take_people(campaign.pk, "contacts", len(unmailed))
    events.record([Happening(EventType.REMOVED, now, enrolment=row) for row in rows])
    stopping.stop(mailed, status=EnrolmentStatus.REMOVED, reason=reason, now=now, from_statuses=LISTED)
    completion.complete([campaign.pk], now=now)
    return len(rows)


def people(campaign: Campaign, *, statuses: Collection[str] = ()) -> "QuerySet[Any]":
    """Return the journeys that lists show, in the order in which people were added.

    No `statuses` means all; those who were removed or erased are never shown. The rows carry what
    `explain.explain_all` needs.
    """
    rows = Enrolment.objects.filter(campaign=campaign, contact__isnull=False).listed()
    if statuses:
        rows = rows.filter(status__in=list(statuses))
    return rows.select_related("contact", "campaign", "workspace").order_by("id")


def _require_open(campaign: Campaign) -> None:
    if campaign.status not in ENROLLING:
        state = CampaignStatus(campaign.status).label.lower()
        message = gettext("The campaign is %(state)s; the people in it are fixed") % {"state": state}
        raise Conflict(message)


def _known(campaign: Campaign, public_ids: Sequence[str], result: Outcome) -> list[UUID]:
    """Return the keys of the workspace's contacts with these ids, each once; the others become errors."""
    return _resolve(Contact, campaign, public_ids, result, _("There is no such contact"))


def _in_groups(campaign: Campaign, public_ids: Sequence[str], result: Outcome) -> list[UUID]:
    groups = _resolve(Group, campaign, public_ids, result, _("There is no such group"))
    members = Contact.objects.in_workspace(campaign.workspace_id).in_groups(groups)
    return list(members.order_by("pk").values_list("pk", flat=True))


def _resolve(
    model: type[Contact] | type[Group], campaign: Campaign, public_ids: Sequence[str], result: Outcome, unknown: Text
) -> list[UUID]:
    keys = {text: model.key_of(text) for text in public_ids}
    here: set[UUID] = set()
    rows = model.objects.in_workspace(campaign.workspace_id)
    for chunk in _chunks([key for key in keys.values() if key is not None]):
        here.update(rows.filter(pk__in=chunk).values_list("pk", flat=True))
    result.errors.extend(Unknown(text, unknown) for text, key in keys.items() if key not in here)
    return [key for key in keys.values() if key in here]


def _chunks(keys: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    return (keys[first : first + CHUNK] for first in range(0, len(keys), CHUNK))
