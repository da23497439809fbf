"""Groups and who is in them."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from contacts import facts
from contacts.enums import GroupKind
from contacts.models import Contact, Group, Membership
from fluenzr.core import bus
from fluenzr.core.errors import Conflict, Invalid
from fluenzr.workspaces import audit
from fluenzr.workspaces.models import Workspace

MAX_NAME = 200


def create(
    *, workspace: Workspace, name: str, by: str, now: datetime, description: str = "", kind: str = GroupKind.STATIC
) -> Group:
    """Make a group.

    Raises:
        Invalid: the name is blank or too long, or the type unknown.
        Conflict: there is a group of this name.
    """
    changes = {"name": name, "description": description, "kind": kind}
    return _save(Group(workspace=workspace), changes, action="group.created", by=by, now=now)


def update(group: Group, *, changes: Mapping[str, Any], by: str, now: datetime) -> Group:
    """Change `name`, `description` or `kind`; raises as `create`."""
    return _save(group, changes, action="group.updated", by=by, now=now)


def delete(group: Group, *, by: str, now: datetime) -> None:
    """Delete a group; its contacts stay."""
    with transaction.atomic():
        changes = {"name": group.name}
        audit.record(workspace=group.workspace, by=by, action="group.deleted", obj=group, changes=changes, now=now)
        # Static first, so that nobody waits for it any more when they are told.
        Group.objects.filter(pk=group.pk).update(kind=GroupKind.STATIC)
        _feed_no_more(group, now=now)
        group.delete()


def add(*, group: Group, contact_ids: Iterable[uuid.UUID], now: datetime, source: str = "by_hand") -> int:
    """Put contacts of the group's workspace into it and return how many were not in it.

    Publishes `GroupJoined`, by which a dynamic group feeds its campaigns. Queries grow by the thousand only; each
    thousand is a transaction of its own, as it may hold campaigns.
    """
    joined = 0
    for chunk in facts.chunks(list(dict.fromkeys(contact_ids))):
        with transaction.atomic():
            inside = Membership.objects.filter(group=group, contact__in=chunk).values_list("contact", flat=True)
            members = set(inside)
            fresh = tuple(key for key in chunk if key not in members)
            Membership.objects.bulk_create(
                [
                    Membership(
                        workspace_id=group.workspace_id, group=group, contact_id=key, source=source[:40], added_at=now
                    )
                    for key in fresh
                ],
                ignore_conflicts=True,
            )
            joined += len(fresh)
            if fresh:
                bus.publish(
                    facts.GroupJoined(workspace_id=group.workspace_id, group_id=group.pk, contact_ids=fresh, at=now)
                )
    return joined


def remove(*, group: Group, contact_ids: Sequence[uuid.UUID]) -> int:
    """Take contacts out of a group and return how many were in it."""
    return Membership.objects.filter(group=group, contact__in=contact_ids).delete()[0]


def replace(contact: Contact, *, groups: Sequence[Group], now: datetime, source: str = "by_hand") -> None:
    """Let the contact be in exactly these groups."""
    with transaction.atomic():
        Membership.objects.filter(contact=contact).exclude(group__in=groups).delete()
        for group in groups:
            add(group=group, contact_ids=[contact.pk], now=now, source=source)


def _save(group: Group, changes: Mapping[str, Any], *, action: str, by: str, now: datetime) -> Group:
    for name, value in changes.items():
        setattr(group, name, value.strip())
    if not group.name:
        raise Invalid(_("Name is required"), field="name")
    if len(group.name) > MAX_NAME:
        raise Invalid(_("Name has at most %(max)s characters") % {"max": MAX_NAME}, field="name")
    if group.kind not in GroupKind.values:
        raise Invalid(_("Must be one of: %(words)s") % {"words": ", ".join(GroupKind.values)}, field="type")
    is_new = group._state.adding
    stops = not is_new and "kind" in changes and group.kind == GroupKind.STATIC
    try:
        with transaction.atomic():
            group.save(update_fields=None if is_new else [*changes, "updated_at"])
            audit.record(workspace=group.workspace, by=by, action=action, obj=group, changes=dict(changes), now=now)
            if stops:
                _feed_no_more(group, now=now)
    except IntegrityError as error:
        raise Conflict(_("A group with this name exists already")) from error
    return group


def _feed_no_more(group: Group, *, now: datetime) -> None:
    bus.publish(facts.GroupFeedsNoMore(workspace_id=group.workspace_id, group_id=group.pk, at=now))
