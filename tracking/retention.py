"""What came back is dropped after a time; see `contacts.retention`."""

import uuid
from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Exists, OuterRef

from campaigns.models import Message
from contacts import retention
from contacts.retention import BATCH, Kind, Span
from fluenzr.core import blobs, ids
from fluenzr.mailboxes.models import RawMail
from fluenzr.workspaces.models import Workspace
from tracking.models import InboundMail, RawHit

# A hit gets its key where it came in, and a clock there may be slow.
_SLACK = timedelta(days=1)


@retention.drops(Kind.HITS)
def drop_hits(workspace: Workspace, span: Span) -> Iterator[None]:
    """Delete raw hits that were counted long ago: what they led to is in the events."""
    ours = Exists(Message.objects.in_workspace(workspace).filter(pk=OuterRef("message")))
    rows = RawHit.objects.filter(ours, folded=True, at__lt=span.before, pk__lt=ids.earliest(span.before + _SLACK))
    if span.since is not None:
        rows = rows.filter(pk__gte=ids.earliest(span.since - _SLACK))
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        RawHit.objects.filter(pk__in=keys).delete()
        yield


@retention.drops(Kind.CONTENTS)
def drop_texts(workspace: Workspace, span: Span) -> Iterator[None]:
    """Empty received mails and drop their raw form; who wrote when, about what, and that it was answered stays."""
    rows = InboundMail.objects.in_workspace(workspace).filter(received_at__lt=span.before, raw__isnull=False)
    last = uuid.UUID(int=0)
    while mails := list(rows.filter(pk__gt=last).order_by("pk").values_list("pk", "raw", "raw__blob")[:BATCH]):
        last = mails[-1][0]
        keys, raws, contents = zip(*mails, strict=True)
        InboundMail.objects.filter(pk__in=keys).update(text="", preview="", details={}, raw=None)
        RawMail.objects.filter(pk__in=raws).delete()
        blobs.drop(contents)
        yield
    unread = RawMail.objects.in_workspace(workspace).filter(fetched_at__lt=span.before, inbound=None)
    while found := list(unread.values_list("pk", "blob")[:BATCH]):
        RawMail.objects.filter(pk__in=[key for key, _blob in found]).delete()
        blobs.drop([blob for _key, blob in found])
        yield
