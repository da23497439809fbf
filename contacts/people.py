"""Contacts: made, changed, deleted. Many at once take the same way as one; see `batches`."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from contacts import batches, consents, drafts, facts, fields, grouping, history, stages, tagging
from contacts.consents import Basis
from contacts.drafts import Draft
from contacts.enums import ContactStatus
from contacts.models import Contact
from fluenzr.core import bus
from fluenzr.core.errors import Conflict, Invalid
from fluenzr.workspaces import audit
from fluenzr.workspaces.models import Workspace


def create(
    *,
    workspace: Workspace,
    draft: Draft,
    by: str,
    now: datetime,
    source: str = "api",
    basis: Basis | None = None,
) -> Contact:
    """Make a contact with its tags, groups and stage; an unknown custom field is made as text (contract A66).

    `basis` is where the right to write to the person comes from; without one nothing is noted.

    Raises:
        Invalid: by path, what does not fit.
        Conflict: the workspace has a contact with this address.
        PlanLimit: the plan allows no more contacts.
    """
    if not (draft.get("email") or "").strip():
        raise Invalid(_("Email is required"), field="email")
    with transaction.atomic():
        result = batches.write(
            workspace=workspace, drafts=[draft], on_duplicate=batches.SKIP, by=by, now=now, source=source
        )
        if result.errors:
            raise Invalid(result.errors[0].message, details=result.errors[0].details)
        if not result.created:
            raise _taken()
        contact: Contact = Contact.objects.get(pk=result.created[0])
        if basis is not None:
            consents.record(contact, basis=basis, by=by, now=now)
    return contact


def update(
    contact: Contact, *, draft: Draft, by: str, now: datetime, source: str = "api", basis: Basis | None = None
) -> Contact:
    """Change what the draft gives and nothing else; a bounced contact with a new address is active again.

    A `basis` that is not the one that counts already is noted as a new consent.

    Raises:
        Invalid: by path, what does not fit; nothing is changed.
        Conflict: another contact has the new address.
    """
    try:
        with transaction.atomic():
            _change(contact, draft, by=by, now=now, source=source)
            if basis is not None:
                consents.record(contact, basis=basis, by=by, now=now)
    except IntegrityError as error:
        raise _taken() from error
    return contact


def _change(contact: Contact, draft: Draft, *, by: str, now: datetime, source: str) -> None:
    row: Contact = Contact.objects.select_for_update(no_key=True).get(pk=contact.pk)
    custom = fields.ensure(contact.workspace, drafts.custom_paths([draft]), by=by, now=now)
    changes = drafts.lay(draft, row, custom)
    if "email" in changes and row.status == ContactStatus.BOUNCED:
        row.status, row.status_at = ContactStatus.ACTIVE, now
    if changes:
        row.save(update_fields=[*batches.WRITTEN, "updated_at"])
        history.record([(row, changes)], by=by, now=now)
    if "tags" in draft:
        tagging.replace(row, names=tagging.clean(draft["tags"]), now=now, source=source)
    if "groups" in draft:
        grouping.replace(row, groups=draft["groups"], now=now, source=source)
    if "stage" in draft:
        stages.move([row], to=draft["stage"], by=by, now=now)
    contact.refresh_from_db()
    bus.publish(facts.ContactsUpdated(workspace_id=row.workspace_id, contact_ids=(row.pk,), at=now))


def delete(*, workspace: Workspace, contact_ids: Sequence[uuid.UUID], by: str, now: datetime) -> int:
    """Delete contacts of the workspace and return how many there were; suppressions and past sends stay."""
    deleted = 0
    with transaction.atomic():
        for chunk in facts.chunks(contact_ids):
            rows = Contact.objects.in_workspace(workspace).filter(pk__in=chunk)
            keys = tuple(rows.order_by("pk").select_for_update().values_list("pk", flat=True))
            if not keys:
                continue
            bus.publish(facts.ContactsDeleted(workspace_id=workspace.pk, contact_ids=keys, at=now))
            changes = {"count": len(keys), "ids": [Contact(pk=key).public_id for key in keys[:100]]}
            audit.record(workspace=workspace, by=by, action="contact.deleted", changes=changes, now=now)
            Contact.objects.filter(pk__in=keys).delete()
            deleted += len(keys)
    return deleted


def _taken() -> Conflict:
    return Conflict(_("A contact with this email exists already"))
