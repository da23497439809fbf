"""What people of a workspace write down about a contact."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from contacts.models import Contact, Note
from fluenzr.core.errors import Invalid
from fluenzr.workspaces import audit

MAX_TEXT = 10_000


def write(contact: Contact, *, text: str, by: str, now: datetime) -> Note:
    """Keep a note about a contact.

    Raises:
        Invalid: there is no text, or it is too long; the details name `text`.
    """
    row: Note = Note.objects.create(
        workspace_id=contact.workspace_id, contact=contact, text=_checked(text), by=by, at=now
    )
    return row


def change(note: Note, *, text: str, by: str, now: datetime) -> None:
    """Let a note say something else; it stays its author's, and the record tells who changed it. Raises as `write`."""
    text = _checked(text)
    with transaction.atomic():
        _record(note, "note.changed", by=by, now=now)
        note.text = text
        note.save(update_fields=["text"])


def delete(note: Note, *, by: str, now: datetime) -> None:
    """Delete a note."""
    with transaction.atomic():
        _record(note, "note.deleted", by=by, now=now)
        note.delete()


def _record(note: Note, action: str, *, by: str, now: datetime) -> None:
    """Say about whom the note is, not what it says: the record outlives the person's erasure."""
    changes = {"contact": note.contact.public_id}
    audit.record(workspace=note.workspace, by=by, action=action, obj=note, changes=changes, now=now)


def _checked(text: str) -> str:
    text = text.strip()
    if not text:
        raise Invalid(_("A note has at least one word"), field="text")
    if len(text) > MAX_TEXT:
        raise Invalid(_("Must have at most %(max)s characters") % {"max": MAX_TEXT}, field="text")
    return text
