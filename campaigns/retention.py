"""What campaigns drop after a time; see `contacts.retention`. Numbers, subjects of threads on their way and the events
as such stay."""

import uuid
from collections.abc import Collection, Iterator
from datetime import datetime

from django.db.models import Q

from campaigns.enums import RUNNING, MessageState
from campaigns.models import Enrolment, Event, Message
from contacts import retention
from contacts.retention import BATCH, Kind, Span
from fluenzr.core import ids
from fluenzr.core.json_functions import WithoutKey
from fluenzr.workspaces.models import Workspace

_TRACES = ("ip", "userAgent")
_FINAL = (MessageState.SENT, MessageState.FAILED, MessageState.CANCELLED)
_FIRST = uuid.UUID(int=0)


@retention.drops(Kind.HITS)
def drop_traces(workspace: Workspace, span: Span) -> Iterator[None]:
    """Take the network address and the program out of opens and clicks."""
    traced = Q(metadata__has_key=_TRACES[0]) | Q(metadata__has_key=_TRACES[1])
    rows = Event.objects.in_workspace(workspace).filter(traced, at__lt=span.before).order_by("pk")
    last = ids.earliest(span.since) if span.since else _FIRST
    bare = WithoutKey(WithoutKey("metadata", _TRACES[0]), _TRACES[1])
    while keys := list(rows.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        last = keys[-1]
        Event.objects.filter(pk__in=keys).update(metadata=bare)
        yield


@retention.drops(Kind.CONTENTS)
def drop_contents(workspace: Workspace, span: Span) -> Iterator[None]:
    """Forget the values that make mails again; a journey on its way needs them for its follow-ups."""
    kept = Q(frozen__isnull=False) | Q(content__isnull=False)
    rows = Message.objects.in_workspace(workspace).filter(kept, created_at__lt=span.before, state__in=_FINAL)
    rows = rows.exclude(enrolment__status__in=RUNNING).order_by("pk")
    last = _FIRST
    while keys := list(rows.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        last = keys[-1]
        Message.objects.filter(pk__in=keys).update(frozen=None, content=None, smtp_text="")
        yield


@retention.tells_activity
def in_touch(keys: Collection[uuid.UUID], since: datetime) -> Collection[uuid.UUID]:
    """Return who is on their way in a campaign, was written to since, or did anything."""
    running = Enrolment.objects.filter(contact__in=keys, status__in=RUNNING)
    mailed = Message.objects.filter(contact__in=keys, created_at__gte=since)
    did = Event.objects.filter(contact__in=keys, at__gte=since)
    return {key for rows in (running, mailed, did) for key in rows.values_list("contact", flat=True)}
