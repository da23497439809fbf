"""Segments: saved rules of whom is meant."""

import uuid
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from contacts import grouping
from contacts.criteria import registry
from contacts.criteria import rules as criteria
from contacts.criteria.base import Query
from contacts.enums import GroupKind
from contacts.models import Contact, ContactQuerySet, Group, Segment
from fluenzr.core import jobs
from fluenzr.core.errors import Conflict, Invalid
from fluenzr.workspaces import audit
from fluenzr.workspaces.models import Workspace

MAX_NAME = 200
MAX_SEGMENTS = 500
# More contacts than a page should wait for join a group in the background.
MOST_AT_ONCE = 20_000


def create(*, workspace: Workspace, name: str, rules: Mapping[str, Any], by: str, now: datetime) -> Segment:
    """Save rules under a name.

    Raises:
        Invalid: the name is blank or too long, or the rules are wrong; the details name each path.
        Conflict: there is a segment of this name.
    """
    if Segment.objects.in_workspace(workspace).count() >= MAX_SEGMENTS:
        raise Invalid(_("A workspace has at most %(max)s segments") % {"max": MAX_SEGMENTS}, field="name")
    changes = {"name": name, "rules": rules}
    return _save(Segment(workspace=workspace), changes, action="segment.created", by=by, now=now)


def update(segment: Segment, *, changes: Mapping[str, Any], by: str, now: datetime) -> Segment:
    """Change `name` or `rules`; raises as `create`."""
    return _save(segment, changes, action="segment.updated", by=by, now=now)


def delete(segment: Segment, *, by: str, now: datetime) -> None:
    """Delete a segment; its contacts stay."""
    with transaction.atomic():
        changes = {"name": segment.name}
        audit.record(
            workspace=segment.workspace, by=by, action="segment.deleted", obj=segment, changes=changes, now=now
        )
        segment.delete()


def contacts(segment: Segment, *, now: datetime) -> ContactQuerySet:
    """Return who is in a segment now.

    Raises:
        Invalid: its rules name something that was deleted since.
    """
    return matching(segment.workspace, segment.rules, now=now)


def matching(workspace: Workspace, rules: object, *, now: datetime, path: str = "rules") -> ContactQuerySet:
    """Return the contacts that rules mean: one query, whatever the rules.

    Raises:
        Invalid: the rules are wrong; the details name each path.
    """
    return narrowed(Contact.objects.in_workspace(workspace), workspace, {path: rules}, now=now)


def narrowed(
    rows: ContactQuerySet, workspace: Workspace, documents: Mapping[str, object], *, now: datetime
) -> ContactQuerySet:
    """Keep the rows that any of the documents of rules means; each stands at its path.

    Raises:
        Invalid: rules are wrong; the details name each path.
    """
    query = Query(workspace, now, prefix=f"asked{len(rows.query.annotations)}")
    found = Q()
    for path, rules in documents.items():
        found |= criteria.read(workspace, rules, path=path).condition(query)
    kept: ContactQuerySet = rows.alias(**query.aliases).filter(found)
    return kept


def make_group(
    segment: Segment, *, name: str, by: str, now: datetime, description: str = "", kind: str = GroupKind.STATIC
) -> Group:
    """Make a group of those who are in a segment now; very many join it in the background.

    Raises:
        Invalid: the name is blank or too long, or the segment's rules name something that was deleted since.
        Conflict: there is a group of this name.
    """
    number = contacts(segment, now=now)[: MOST_AT_ONCE + 1].count()
    with transaction.atomic():
        group = grouping.create(
            workspace=segment.workspace, name=name, description=description, kind=kind, by=by, now=now
        )
        if number > MOST_AT_ONCE:
            jobs.enqueue("contacts.tasks.fill_group", str(group.pk), str(segment.pk))
            return group
    fill(group, segment, now=now)
    return group


def fill(group: Group, segment: Segment, *, now: datetime) -> int:
    """Put those who are in a segment now into a group; return how many were not in it."""
    keys = list(contacts(segment, now=now).order_by("pk").values_list("pk", flat=True))
    return grouping.add(group=group, contact_ids=keys, now=now, source="segment")


def words(workspace: Workspace, rows: Iterable[Segment]) -> dict[uuid.UUID, str]:
    """Return whom segments mean by their key, as sentences without full stops; "" where rules name what was deleted.

    The number of queries does not grow with them.
    """
    fields = registry.fields(workspace)
    found = {}
    for segment in rows:
        try:
            found[segment.pk] = criteria.read(workspace, segment.rules, fields=fields).words()
        except Invalid:
            found[segment.pk] = ""
    return found


def named(workspace: Workspace, public_ids: Collection[str], *, path: str) -> dict[str, Segment]:
    """Return segments by their ids.

    Raises:
        Invalid: one is not of this workspace; the details name `path.index`.
    """
    keys = {text: Segment.key_of(text) for text in public_ids}
    wanted = [key for key in keys.values() if key is not None]
    there = Segment.objects.in_workspace(workspace).in_bulk(wanted) if wanted else {}
    message = _("There is no such segment")
    problems = {f"{path}.{at}": [message] for at, key in enumerate(keys.values()) if key not in there}
    if problems:
        raise Invalid(message, details=problems)
    return {text: there[key] for text, key in keys.items() if key is not None}


def _save(segment: Segment, changes: Mapping[str, Any], *, action: str, by: str, now: datetime) -> Segment:
    if "name" in changes:
        segment.name = changes["name"].strip()
    if not segment.name:
        raise Invalid(_("Name is required"), field="name")
    if len(segment.name) > MAX_NAME:
        raise Invalid(_("Name has at most %(max)s characters") % {"max": MAX_NAME}, field="name")
    if "rules" in changes:
        criteria.read(segment.workspace, changes["rules"])
        segment.rules = changes["rules"]
    is_new = segment._state.adding
    try:
        with transaction.atomic():
            segment.save(update_fields=None if is_new else [*changes, "updated_at"])
            audit.record(workspace=segment.workspace, by=by, action=action, obj=segment, changes=dict(changes), now=now)
    except IntegrityError as error:
        raise Conflict(_("A segment with this name exists already")) from error
    return segment
