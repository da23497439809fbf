"""One chunk of an import's rows into the tables, in a number of queries that does not grow with the chunk.

What batches do for the API, done by COPY: new contacts, changes of known ones, groups, tags, stage and consent, with
the facts. The caller holds the transaction and moves the checkpoint in it.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contacts import consents, facts, grouping, history, stages, suppression, tagging
from contacts.batches import status_of_suppressed
from contacts.drafts import COLUMNS, Changes
from contacts.enums import ContactStatus, OnDuplicate
from contacts.importing import laying
from contacts.importing.laying import Plan, Prepared, Rejected
from contacts.models import (
    Consent,
    Contact,
    Group,
    Import,
    Membership,
    PipelineStage,
    RejectedRow,
    StageMove,
    Tagging,
)
from fluenzr.core import bulk, bus, ids
from fluenzr.core.errors import PlanLimit
from fluenzr.workspaces import plans
from fluenzr.workspaces.models import Workspace


@dataclass
class Chunk:
    """Rows to be written in one transaction, a key for each that may become a contact and another for its consent."""

    rows: list[Prepared | Rejected]
    keys: list[uuid.UUID]
    consent_keys: list[str]

    def is_apart_from(self, other: "Chunk") -> bool:
        """Whether it has rows, and no address that the other one has, too."""
        theirs = {row.key for row in other.rows if isinstance(row, Prepared)}
        return bool(self.rows) and theirs.isdisjoint(row.key for row in self.rows if isinstance(row, Prepared))


@dataclass
class Counts:
    """What became of the rows of one chunk."""

    created: int = 0
    updated: int = 0
    skipped: int = 0
    rejected: int = 0
    role: int = 0
    disposable: int = 0
    no_mail: int = 0
    unchecked: int = 0
    suppressed: int = 0


@dataclass
class _New:
    """A contact to be made, and the rows it comes from."""

    row: Prepared
    pk: uuid.UUID


@dataclass
class Desk:
    """What every chunk of one import needs, fetched once a slice."""

    origin: Import
    plan: Plan
    groups: list[Group]
    stage: PipelineStage | None
    # Whether known addresses are expected. Where all are new, asking first would only cost time: the key tells.
    looks: bool = False
    # Whether two chunks at once were tried in vain.
    is_alone: bool = False

    @property
    def workspace(self) -> Workspace:
        """The workspace that the contacts go to."""
        return self.origin.workspace

    @property
    def source(self) -> str:
        """How memberships and tags name this import."""
        return self.origin.public_id

    @property
    def fills(self) -> bool:
        """Whether only what is blank is changed."""
        return bool(self.origin.on_duplicate == OnDuplicate.FILL)


def desk_of(origin: Import, plan: Plan) -> Desk:
    """Fetch what the chunks need; groups that were deleted meanwhile are left out."""
    keys = [key for key in map(Group.key_of, origin.group_ids) if key]
    groups = list(Group.objects.in_workspace(origin.workspace).filter(pk__in=keys).order_by("pk"))
    return Desk(origin, plan, groups, origin.stage)


def chunk_of(rows: list[Prepared | Rejected]) -> Chunk:
    """Draw the keys that rows may need; asks no database."""
    people = sum(isinstance(row, Prepared) for row in rows)
    return Chunk(rows, ids.draw(people), ids.draw_hex(people))


def write(desk: Desk, chunk: Chunk, *, now: datetime) -> Counts:
    """Write the rows; in a transaction of the caller, who holds the lock of the workspace.

    Raises:
        IntegrityError: an address is known after all; the chunk is to be written again, with a look.
    """
    counts = Counts()
    good = [row for row in chunk.rows if isinstance(row, Prepared)]
    bad = [row for row in chunk.rows if isinstance(row, Rejected)]
    known = _known(desk, good) if desk.looks else {}
    new: dict[str, _New] = {}
    keys = iter(chunk.keys)
    changed: dict[uuid.UUID, tuple[Contact, Changes]] = {}
    everyone: dict[uuid.UUID, None] = {}
    tags: dict[uuid.UUID, list[str]] = {}
    room = _room(desk)
    barred = suppression.standing_of_keys(desk.workspace, [row.key for row in good])
    usual = desk.origin.tags
    skips = desk.origin.on_duplicate == OnDuplicate.SKIP
    for row in good:
        there, fresh = known.get(row.key), new.get(row.key)
        if there is None and fresh is None:
            if room is not None and len(new) >= room:
                bad.append(Rejected(row.line, _full(desk), cells(desk, row)))
                continue
            fresh = new[row.key] = _New(row, next(keys))
            counts.created += 1
        elif skips:
            counts.skipped += 1
            everyone[fresh.pk if fresh else there.pk] = None  # type: ignore[union-attr]
            continue
        else:
            counts.updated += 1
            if fresh is not None:
                _merge(fresh.row, row, fills=desk.fills)
            elif there is not None:
                changed[there.pk] = (there, changed.get(there.pk, (there, {}))[1] | _lay(desk, there, row))
        pk = fresh.pk if fresh else there.pk  # type: ignore[union-attr]
        everyone[pk] = None
        is_doubtful = row.is_role or row.is_disposable or not row.takes_mail
        marks = _marks(row, barred, counts) if is_doubtful or barred else ()
        if names := [*usual, *row.tags, *marks]:
            tags.setdefault(pk, []).extend(names)
    counts.rejected = len(bad)
    desk.looks = bool(known)
    _insert(desk, list(new.values()), chunk.consent_keys, barred, now)
    _update(desk, list(changed.values()), now)
    if tags:
        _tag(desk, {one.pk for one in new.values()}, tags, now)
    if desk.groups:
        _join(desk, [one.pk for one in new.values()], list(everyone), now)
    _reject(desk, bad)
    return counts


def _known(desk: Desk, rows: Sequence[Prepared]) -> dict[str, Contact]:
    found = Contact.objects.in_workspace(desk.workspace).filter(email_key__in={row.key for row in rows})
    if desk.origin.on_duplicate == OnDuplicate.SKIP:
        found = found.only("pk", "email_key")
    return {row.email_key: row for row in found.order_by("pk").select_for_update(no_key=True)}


def _room(desk: Desk) -> int | None:
    allowed = plans.limits(desk.workspace).contacts
    return None if allowed is None else max(0, allowed - Contact.objects.in_workspace(desk.workspace).count())


def _full(desk: Desk) -> str:
    try:
        plans.require_room(desk.workspace, plans.Limit.CONTACTS, used=plans.limits(desk.workspace).contacts or 0)
    except PlanLimit as error:
        return str(error.message)
    raise AssertionError("unreachable")


def cells(desk: Desk, row: Prepared) -> list[str]:
    """Return a row that was laid already as the file had it, as far as it is kept."""
    values = dict(zip(desk.plan.names, row.texts, strict=True)) | {"email": row.email, "tags": ", ".join(row.tags)}
    values["fullName"] = f"{values.get('firstName', '')} {values.get('lastName', '')}".strip()
    own = {f"customFields.{key}": str(value) for key, value in row.custom.items()}
    return [(values | own).get(target, "") for target in desk.origin.mapping]


def _marks(row: Prepared, barred: dict[str, str], counts: Counts) -> list[str]:
    marks = []
    if row.is_role:
        counts.role += 1
        marks.append(laying.ROLE)
    if row.is_disposable:
        counts.disposable += 1
        marks.append(laying.DISPOSABLE)
    if row.takes_mail is False:
        counts.no_mail += 1
        marks.append(laying.NO_MAIL)
    elif row.takes_mail is None:
        counts.unchecked += 1
        marks.append(laying.UNCHECKED)
    if row.key in barred:
        counts.suppressed += 1
        marks.append(laying.SUPPRESSED)
    return marks


def _merge(kept: Prepared, later: Prepared, *, fills: bool) -> None:
    """Lay a later row of the same address onto one that is about to be made."""
    pairs = zip(kept.texts, later.texts, strict=True)
    kept.texts = [old or text for old, text in pairs] if fills else [text or old for old, text in pairs]
    kept.custom = later.custom | kept.custom if fills else kept.custom | later.custom


def _lay(desk: Desk, contact: Contact, row: Prepared) -> Changes:
    """Lay a row onto a known contact in memory; blank cells change nothing."""
    changes: Changes = {}
    for name, text in zip(desk.plan.names, row.texts, strict=True):
        column = COLUMNS[name]
        old = getattr(contact, column)
        if text and text != old and not (desk.fills and old):
            changes[name] = (old, text)
            setattr(contact, column, text)
    for key, value in row.custom.items():
        old = contact.custom.get(key)
        if value != old and not (desk.fills and old not in (None, "")):
            changes[f"customFields.{key}"] = (old, value)
            contact.custom = {**contact.custom, key: value}
    return changes


def _insert(
    desk: Desk, new: Sequence[_New], consent_keys: Sequence[str], barred: dict[str, str], now: datetime
) -> None:
    if not new:
        return
    columns = desk.plan.columns
    blank = {column: "" for column in COLUMNS.values() if column not in columns}
    stage = desk.stage.pk if desk.stage else None
    same: dict[str, Any] = {
        "workspace_id": desk.workspace.pk,
        "telegram_chat": "",
        "origin_id": desk.origin.pk,
        "stage_id": stage,
        "stage_at": now if stage else None,
        "created_at": now,
        "updated_at": now,
    }
    # What mostly is the same for all is sent for each only where it is not.
    names: list[str] = []
    values: list[Iterable[Any]] = []
    if desk.plan.has_own:
        names, values = ["custom"], [(one.row.custom for one in new)]
    else:
        same["custom"] = {}
    if barred:
        status = {key: _status(reason, now) for key, reason in barred.items()}
        usual = _status("", now)
        of_all = [status.get(one.row.key, usual) for one in new]
        names, values = [*names, "status", "status_at"], [*values, *zip(*of_all, strict=True)]
    else:
        same["status"], same["status_at"] = _status("", now)
    rows = (
        (one.pk, one.row.email, one.row.key, *more, *one.row.texts) for one, *more in zip(new, *values, strict=True)
    )
    bulk.insert(Contact, ("id", "email", "email_key", *names, *columns), rows, same=same | blank)
    keys = [one.pk for one in new]
    _note_consent(desk, zip(consent_keys, keys, strict=False), now)
    if stage:
        step = {"workspace_id": desk.workspace.pk, "from_stage_id": None, "to_stage_id": stage, "at": now}
        bulk.insert(StageMove, ("id", "contact_id"), _with_keys(keys), same=step | {"by": desk.origin.by})
    for chunk in facts.chunks(keys):
        bus.publish(facts.ContactsCreated(workspace_id=desk.workspace.pk, contact_ids=chunk, at=now))


def _status(reason: str, now: datetime) -> tuple[str, datetime | None]:
    found = status_of_suppressed(reason)
    return (found.value, now) if found else (ContactStatus.ACTIVE.value, None)


def _update(desk: Desk, changed: Sequence[tuple[Contact, Changes]], now: datetime) -> None:
    if not changed:
        return
    different = [(contact, changes) for contact, changes in changed if changes]
    if different:
        columns = ("custom", *desk.plan.columns)
        # Whom this import made itself counts as untouched by it.
        rows = [
            (
                *(getattr(contact, column) for column in columns),
                contact.updated_at if contact.origin_id == desk.origin.pk else now,
                contact.pk,
            )
            for contact, _changes in different
        ]
        bulk.update(Contact, (*columns, "updated_at"), rows)
        history.record(different, by=desk.origin.by, now=now)
    contacts = [contact for contact, _changes in changed]
    if desk.stage is not None:
        moving = [contact for contact in contacts if contact.stage_id is None or not desk.fills]
        stages.move(moving, to=desk.stage, by=desk.origin.by, now=now)
    _note_consent(desk, _with_keys(_without_this_consent(desk, contacts)), now)
    for chunk in facts.chunks([contact.pk for contact in contacts]):
        bus.publish(facts.ContactsUpdated(workspace_id=desk.workspace.pk, contact_ids=chunk, at=now))


def _without_this_consent(desk: Desk, contacts: Sequence[Contact]) -> list[uuid.UUID]:
    """Return those whose latest consent is not the one of this import already."""
    keys = [contact.pk for contact in contacts]
    latest = {key: (row.source, row.wording) for key, row in consents.latest_of(keys).items()}
    given = (desk.origin.consent_source, desk.origin.consent_wording)
    return [key for key in keys if latest.get(key) != given]


def _note_consent(desk: Desk, rows: Iterable[tuple[str, uuid.UUID]], now: datetime) -> None:
    same = {
        "workspace_id": desk.workspace.pk,
        "source": desk.origin.consent_source,
        "wording": desk.origin.consent_wording,
        "notes": "",
        "by": desk.origin.by,
        "given_at": now,
    }
    bulk.insert(Consent, ("id", "contact_id"), rows, same=same)


def _with_keys(keys: Sequence[uuid.UUID]) -> list[tuple[str, uuid.UUID]]:
    return list(zip(ids.draw_hex(len(keys)), keys, strict=True))


def _tag(desk: Desk, new: set[uuid.UUID], tags: dict[uuid.UUID, list[str]], now: datetime) -> None:
    """Tag the new ones by COPY, as nobody else can have tagged them; the known ones by the usual way."""
    ours = {pk: dict.fromkeys(names) for pk, names in tags.items()}
    keys = tagging.ensure(desk.workspace, sorted({name for names in ours.values() for name in names}))
    pairs = [(pk, keys[name]) for pk, names in ours.items() if pk in new for name in names]
    rows = [(key, *pair) for key, pair in zip(ids.draw_hex(len(pairs)), pairs, strict=True)]
    same = {"workspace_id": desk.workspace.pk, "source": desk.source, "added_at": now}
    bulk.insert(Tagging, ("id", "contact_id", "tag_id"), rows, same=same)
    known = {pk: list(names) for pk, names in ours.items() if pk not in new}
    tagging.add(workspace=desk.workspace, names=known, now=now, source=desk.source)


def _join(desk: Desk, new: Sequence[uuid.UUID], everyone: Sequence[uuid.UUID], now: datetime) -> None:
    made = set(new)
    known = [pk for pk in everyone if pk not in made]
    for group in desk.groups:
        same = {"workspace_id": desk.workspace.pk, "group_id": group.pk, "source": desk.source, "added_at": now}
        bulk.insert(Membership, ("id", "contact_id"), _with_keys(new), same=same)
        for chunk in facts.chunks(new):
            bus.publish(facts.GroupJoined(workspace_id=desk.workspace.pk, group_id=group.pk, contact_ids=chunk, at=now))
        grouping.add(group=group, contact_ids=known, now=now, source=desk.source)


def _reject(desk: Desk, bad: Sequence[Rejected]) -> None:
    keys, width = ids.draw_hex(len(bad)), desk.plan.width + 1
    rows = [(key, row.line, row.reason[:500], row.cells[:width]) for key, row in zip(keys, bad, strict=True)]
    same = {"workspace_id": desk.workspace.pk, "origin_id": desk.origin.pk}
    if rows:
        bulk.insert(RejectedRow, ("id", "line", "reason", "cells"), rows, same=same)
