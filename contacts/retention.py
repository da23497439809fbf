"""How long what is known of people is kept: each night, what is older than a workspace chose is dropped.

Apps register how. They work in batches, each a short transaction of its own, so that no lock is held for long and a
night that is cut short goes on later.
"""

import time
import uuid
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from contacts import contact_settings, records
from contacts.models import Consent, Contact, ContactSettings
from fluenzr.core import jobs
from fluenzr.workspaces.models import Workspace

BATCH = 500
BY = "retention"
# Hits that lay in a spool come late; so much before the last night is looked at again.
_LATE = timedelta(days=2)


class Kind(StrEnum):
    """What is dropped after a time of its own; the settings have `<kind>_days`."""

    HITS = "hits"
    CONTENTS = "contents"


@dataclass(frozen=True)
class Span:
    """The time whose rows are to be dropped; everything before `since`, where it is known, is gone already."""

    since: datetime | None
    before: datetime


# Drops batch by batch and yields after each.
Dropper = Callable[[Workspace, Span], Iterator[None]]
# Says which of the contacts something happened to since a moment.
Activity = Callable[[Collection[uuid.UUID], datetime], Collection[uuid.UUID]]
_droppers: dict[Kind, list[Dropper]] = {kind: [] for kind in Kind}
_activities: list[Activity] = []


def drops(kind: Kind) -> Callable[[Dropper], Dropper]:
    """Register the decorated function as one that drops what is too old of a kind."""

    def register(function: Dropper) -> Dropper:
        _droppers[kind].append(function)
        return function

    return register


def tells_activity(function: Activity) -> Activity:
    """Register the decorated function as one that knows who is active."""
    _activities.append(function)
    return function


def drop_old(*, now: datetime, seconds: float) -> bool:
    """Drop in all workspaces what is older than they keep; return False when `seconds` were not enough.

    Every batch that was done stays done, so that calling it again goes on.
    """
    until = time.monotonic() + seconds
    for workspace in Workspace.objects.order_by("pk").iterator():
        for _batch in _of_workspace(workspace, now):
            if time.monotonic() > until or jobs.stopping():
                return False
    return True


def _of_workspace(workspace: Workspace, now: datetime) -> Iterator[None]:
    settings = contact_settings.of(workspace)
    if settings.hits_days is not None:
        before = now - timedelta(days=settings.hits_days)
        last = settings.hits_dropped_to
        yield from _drop(Kind.HITS, workspace, Span(last - _LATE if last else None, before))
        ContactSettings.objects.update_or_create(workspace=workspace, defaults={"hits_dropped_to": before})
    if settings.contents_days is not None:
        before = now - timedelta(days=settings.contents_days)
        yield from _drop(Kind.CONTENTS, workspace, Span(None, before))
    if settings.idle_days is not None:
        yield from _drop_idle(workspace, before=now - timedelta(days=settings.idle_days), now=now)


def _drop(kind: Kind, workspace: Workspace, span: Span) -> Iterator[None]:
    for dropper in _droppers[kind]:
        yield from dropper(workspace, span)


def _drop_idle(workspace: Workspace, *, before: datetime, now: datetime) -> Iterator[None]:
    """Erase the contacts whom nothing happened to since a moment."""
    rows = Contact.objects.in_workspace(workspace).filter(updated_at__lt=before).order_by("pk")
    last = uuid.UUID(int=0)
    while keys := list(rows.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        last = keys[-1]
        active = {key for activity in _activities for key in activity(keys, before)}
        idle = Contact.objects.filter(pk__in=[key for key in keys if key not in active])
        for contact in idle.select_related("workspace"):
            records.erase(contact, by=BY, now=now, is_barred=False)
            yield
        yield


@tells_activity
def _consented(keys: Collection[uuid.UUID], since: datetime) -> Collection[uuid.UUID]:
    rows = Consent.objects.filter(contact__in=keys, given_at__gte=since)
    return set(rows.values_list("contact", flat=True))
