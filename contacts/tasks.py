"""What runs by itself, as `fluenzr.schedules` says, and what takes longer than a page should."""

from datetime import datetime

from django.utils import timezone

from contacts import fields, retention, segments
from contacts.importing import running
from contacts.models import CustomField, Group, Segment
from fluenzr.core import jobs

# Long enough to get on, short enough to let others work.
_DROP_SECONDS = 60


def imports_due(now: datetime) -> bool:
    """Whether an import waits for a worker."""
    return running.due(now)


def run_imports() -> None:
    """Work for some seconds on the import that has waited longest."""
    running.run_next()


def forget_imports() -> None:
    """Drop what of old imports nobody needs any more."""
    running.forget(now=timezone.now())


def drop_old() -> None:
    """Drop what is older than workspaces keep; what one run does not manage, the next one does at once."""
    if not retention.drop_old(now=timezone.now(), seconds=_DROP_SECONDS) and not jobs.stopping():
        jobs.enqueue("contacts.tasks.drop_old")


def fill_group(group_key: str, segment_key: str) -> None:
    """Put those who are in a segment into a group, unless one of them is gone by now."""
    group = Group.objects.filter(pk=group_key).first()
    segment = Segment.objects.select_related("workspace").filter(pk=segment_key).first()
    if group is not None and segment is not None:
        segments.fill(group, segment, now=timezone.now())


def drop_field(field_key: str, by: str) -> None:
    """Delete a custom field with what contacts hold in it, unless it is gone by now."""
    field = CustomField.objects.select_related("workspace").filter(pk=field_key).first()
    if field is not None and not fields.drop(field, by=by, now=timezone.now()):
        jobs.enqueue("contacts.tasks.drop_field", field_key, by)
