"""Many contacts at once: each row is written whole or reported, in a number of queries that does not grow with them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from contacts import addresses, drafts, facts, fields, grouping, history, stages, suppression, tagging
from contacts.drafts import Changes, Draft
from contacts.enums import ContactStatus, SuppressionReason
from contacts.models import Contact, CustomField, Group, PipelineStage
from fluenzr.core import bus
from fluenzr.core.errors import Invalid
from fluenzr.workspaces import plans
from fluenzr.workspaces.models import Workspace

SKIP = "skip"
UPDATE = "update"
# The columns that a draft may change.
WRITTEN = ("email", "email_key", "custom", "status", "status_at", "deal_value", "owner", *drafts.COLUMNS.values())
# Two writers of one new address: the second tries again and then finds a duplicate.
ATTEMPTS = 3
# A suppressed address is not made active by writing it again.
_STATUS_OF_SUPPRESSED = {
    SuppressionReason.UNSUBSCRIBED: ContactStatus.UNSUBSCRIBED,
    SuppressionReason.COMPLAINED: ContactStatus.UNSUBSCRIBED,
    SuppressionReason.BOUNCED: ContactStatus.BOUNCED,
    SuppressionReason.ERASED: ContactStatus.BLOCKED,
}


def status_of_suppressed(reason: str) -> ContactStatus | None:
    """Return the status in which a contact begins whose address is suppressed for that reason, if it is its own."""
    return _STATUS_OF_SUPPRESSED.get(SuppressionReason(reason)) if reason else None


@dataclass(frozen=True)
class RowError:
    """Why one draft was not written: its place in the list, and the problems by path."""

    index: int
    email: str
    message: str
    details: dict[str, list[Any]]


@dataclass
class Result:
    """What became of the drafts."""

    created: list[uuid.UUID] = field(default_factory=list)
    updated: list[uuid.UUID] = field(default_factory=list)
    skipped: int = 0
    errors: list[RowError] = field(default_factory=list)


@dataclass
class _Work:
    """The rows in hand: known ones and new ones by address, and what is to be written about them."""

    known: dict[str, Contact]
    new: dict[str, Contact] = field(default_factory=dict)
    changes: dict[uuid.UUID, Changes] = field(default_factory=dict)
    written: dict[uuid.UUID, Contact] = field(default_factory=dict)
    tags: dict[uuid.UUID, list[str]] = field(default_factory=dict)
    groups: dict[uuid.UUID, tuple[Group, list[uuid.UUID]]] = field(default_factory=dict)
    stages: dict[PipelineStage | None, list[Contact]] = field(default_factory=dict)


def write(
    *,
    workspace: Workspace,
    drafts: Sequence[Draft],
    on_duplicate: str,
    by: str,
    now: datetime,
    groups: Sequence[Group] = (),
    source: str = "api",
) -> Result:
    """Create a contact of each draft; one whose address is known is skipped or updated.

    All contacts that the drafts name, new or known, are put into `groups`. A draft that does not fit is an entry of
    `errors` and changes nothing. Within the list, a later draft of the same address counts as a duplicate.

    Raises:
        PlanLimit: the plan does not allow so many contacts; nothing is written.
    """
    for attempt in range(ATTEMPTS):
        try:
            with transaction.atomic():
                return _write(workspace, drafts, on_duplicate, by=by, now=now, groups=groups, source=source)
        except IntegrityError:
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def _write(
    workspace: Workspace,
    given: Sequence[Draft],
    on_duplicate: str,
    *,
    by: str,
    now: datetime,
    groups: Sequence[Group],
    source: str,
) -> Result:
    result = Result()
    keys = [addresses.key(draft.get("email") or "") for draft in given]
    custom = _custom_fields(workspace, given, by=by, now=now)
    rows = (
        Contact.objects.in_workspace(workspace)
        .filter(email_key__in=set(keys))
        .order_by("pk")
        .select_for_update(no_key=True)
    )
    if any("owner" in draft for draft in given):
        rows = rows.prefetch_related("owner")
    work = _Work(known={row.email_key: row for row in rows})
    everyone: dict[uuid.UUID, None] = {}
    for index, (key, draft) in enumerate(zip(keys, given, strict=True)):
        contact = work.known.get(key) or work.new.get(key)
        if contact is not None and on_duplicate == SKIP:
            result.skipped += 1
            everyone[contact.pk] = None
            continue
        try:
            contact = _lay(work, contact, draft, custom, workspace)
        except Invalid as error:
            result.errors.append(RowError(index, draft.get("email") or "", str(error), dict(error.details)))
            continue
        everyone[contact.pk] = None
    _save(workspace, work, result, by=by, now=now, source=source)
    for group in groups:
        grouping.add(group=group, contact_ids=list(everyone), now=now, source=source)
    return result


def _custom_fields(workspace: Workspace, given: Sequence[Draft], *, by: str, now: datetime) -> dict[str, CustomField]:
    """Return all fields, after making the acceptable new ones; a bad name is then reported by the rows that have it."""
    paths = drafts.custom_paths(given)
    acceptable = {key: path for key, path in paths.items() if fields.is_acceptable(key)}
    return fields.ensure(workspace, acceptable, by=by, now=now) if paths else {}


def _lay(
    work: _Work, contact: Contact | None, draft: Draft, custom: dict[str, CustomField], workspace: Workspace
) -> Contact:
    """Lay one draft onto its row, a copy first, so that a draft with a problem leaves no trace."""
    bad = {key: path for key, path in drafts.custom_paths([draft]).items() if key not in custom}
    for key, path in bad.items():
        fields.check_key(key, path=path)
    is_new = contact is None
    row = Contact(workspace=workspace) if contact is None else _copy(contact)
    changes = drafts.lay(draft, row, custom)
    if not row.email:
        raise Invalid(_("Email is required"), field="email")
    key = addresses.key(row.email)
    target = work.new if is_new or key in work.new else work.known
    target[key] = row
    work.written[row.pk] = row
    if target is work.known:
        work.changes[row.pk] = work.changes.get(row.pk, {}) | changes
    work.tags.setdefault(row.pk, []).extend(tagging.clean(draft.get("tags", ())))
    for group in draft.get("groups", ()):
        work.groups.setdefault(group.pk, (group, []))[1].append(row.pk)
    if "stage" in draft:
        for people in work.stages.values():
            people[:] = [person for person in people if person.pk != row.pk]
        work.stages.setdefault(draft["stage"], []).append(row)
    return row


def _copy(contact: Contact) -> Contact:
    values = {column.attname: getattr(contact, column.attname) for column in Contact._meta.concrete_fields}
    copied = Contact(**values)
    copied._state.adding = contact._state.adding
    copied._state.fields_cache = dict(contact._state.fields_cache)
    return copied


def _save(workspace: Workspace, work: _Work, result: Result, *, by: str, now: datetime, source: str) -> None:
    new = list(work.new.values())
    if new:
        _check_room(workspace, len(new))
        _keep_suppressed(workspace, new, now)
        Contact.objects.bulk_create(new, batch_size=facts.CHUNK)
    known = [row for pk, row in work.written.items() if pk in work.changes]
    changed = [row for row in known if work.changes[row.pk]]
    for row in changed:
        row.updated_at = now
    if changed:
        # One INSERT that always conflicts: an UPDATE of many rows by CASE takes ten times as long.
        Contact.objects.bulk_create(
            changed, update_conflicts=True, update_fields=[*WRITTEN, "updated_at"], unique_fields=["id"]
        )
        history.record([(row, work.changes[row.pk]) for row in changed], by=by, now=now)
    tagging.add(workspace=workspace, names=work.tags, now=now, source=source)
    for group, members in work.groups.values():
        grouping.add(group=group, contact_ids=members, now=now, source=source)
    for stage, people in work.stages.items():
        stages.move(people, to=stage, by=by, now=now)
    result.created, result.updated = [row.pk for row in new], [row.pk for row in known]
    for chunk in facts.chunks(result.created):
        bus.publish(facts.ContactsCreated(workspace_id=workspace.pk, contact_ids=chunk, at=now))
    for chunk in facts.chunks(result.updated):
        bus.publish(facts.ContactsUpdated(workspace_id=workspace.pk, contact_ids=chunk, at=now))


def _check_room(workspace: Workspace, adding: int) -> None:
    if plans.limits(workspace).contacts is None:
        return
    # The lock makes two additions at once count one after the other.
    Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
    used = Contact.objects.in_workspace(workspace).count()
    plans.require_room(workspace, plans.Limit.CONTACTS, used=used, adding=adding)


def _keep_suppressed(workspace: Workspace, new: Sequence[Contact], now: datetime) -> None:
    reasons = suppression.reasons(workspace, [row.email for row in new if row.email])
    for row in new:
        status = status_of_suppressed(reasons.get(row.email or "", ""))
        if status is not None:
            row.status, row.status_at = status, now
