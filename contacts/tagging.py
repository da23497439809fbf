"""Tags on contacts."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from contacts.models import Contact, Tag, Tagging
from fluenzr.core.errors import Invalid
from fluenzr.workspaces.models import Workspace

MAX_LENGTH = 100
BATCH = 1000


def clean(names: Sequence[str], *, path: str = "tags") -> list[str]:
    """Return the names stripped and once each.

    Raises:
        Invalid: one is blank or too long; the details name `path.index`.
    """
    stripped = [name.strip() for name in names]
    message = [_("A tag has between 1 and %(max)s characters") % {"max": MAX_LENGTH}]
    problems = {f"{path}.{at}": message for at, name in enumerate(stripped) if not 1 <= len(name) <= MAX_LENGTH}
    if problems:
        raise Invalid(message[0], details=problems)
    return list(dict.fromkeys(stripped))


def add(
    *, workspace: Workspace, names: Mapping[uuid.UUID, Iterable[str]], now: datetime, source: str = "by_hand"
) -> None:
    """Tag contacts: `names` maps each contact's key to cleaned names. Four queries, whatever the number."""
    wanted = sorted({name for given in names.values() for name in given})
    if not wanted:
        return
    with transaction.atomic():
        tags = _ensure(workspace, wanted)
        rows = [
            Tagging(workspace=workspace, tag_id=tags[name], contact_id=contact_id, source=source[:40], added_at=now)
            for contact_id, given in names.items()
            for name in given
        ]
        Tagging.objects.bulk_create(rows, ignore_conflicts=True, batch_size=BATCH)


def remove(*, workspace: Workspace, contact_ids: Sequence[uuid.UUID], names: Iterable[str]) -> int:
    """Take tags off contacts and return how many were on them."""
    taggings = Tagging.objects.in_workspace(workspace).filter(contact__in=contact_ids, tag__name__in=list(names))
    return taggings.delete()[0]


def replace(contact: Contact, *, names: Sequence[str], now: datetime, source: str = "by_hand") -> None:
    """Let the contact carry exactly these tags."""
    with transaction.atomic():
        Tagging.objects.filter(contact=contact).exclude(tag__name__in=list(names)).delete()
        add(workspace=contact.workspace, names={contact.pk: names}, now=now, source=source)


def _ensure(workspace: Workspace, names: Sequence[str]) -> dict[str, uuid.UUID]:
    rows = Tag.objects.in_workspace(workspace).filter(name__in=names)
    known = dict(rows.values_list("name", "pk"))
    missing = [Tag(workspace=workspace, name=name) for name in names if name not in known]
    if not missing:
        return known
    Tag.objects.bulk_create(missing, ignore_conflicts=True, batch_size=BATCH)
    return dict(rows.values_list("name", "pk"))
