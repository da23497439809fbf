"""`/v1/notes` and `/v1/contacts/:id/notes`: what people wrote down about contacts."""

from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from contacts import notes
from contacts.models import Note
from fluenzr.api.v1 import answers
from fluenzr.api.v1.bodies import Body, Paged
from fluenzr.api.v1.privacy import OneContact
from fluenzr.api.v1.resource import Resource
from fluenzr.api.v1.values import Text
from fluenzr.core import clock

NOTES = Note.objects.select_related("workspace", "contact")


class NoteBody(Body):
    """What may be written."""

    ignored: ClassVar[tuple[str, ...]] = ("id", "contactId", "by", "createdAt")

    text = Text(max_length=notes.MAX_TEXT)


class NoteQuery(Paged):
    """Notes have one order: the newest first."""

    default_ordering: ClassVar[tuple[str, ...]] = ("-at", "-pk")


class ContactNotes(OneContact):
    """`/v1/contacts/:id/notes`."""

    def get(self, request: Request, contact_id: str) -> Response:
        """List the notes about a contact."""
        rows = NOTES.filter(contact=self.contact(contact_id))
        return answers.page(rows, self.parameters(NoteQuery), show)

    def post(self, request: Request, contact_id: str) -> Response:
        """Write a note."""
        contact, text = self.contact(contact_id), self.body(NoteBody)["text"]
        return answers.created(show(notes.write(contact, text=text, by=self.by, now=self.now)))


class NoteOne(Resource):
    """`/v1/notes/:id`."""

    def get(self, request: Request, note_id: str) -> Response:
        """Show a note."""
        return answers.one(show(self.find(NOTES, note_id)))

    def put(self, request: Request, note_id: str) -> Response:
        """Let a note say something else; it stays its author's."""
        note: Note = self.find(NOTES, note_id)
        changes = self.body(NoteBody, partial=True)
        if changes.get("text", note.text) != note.text:
            notes.change(note, text=changes["text"], by=self.by, now=self.now)
        return answers.one(show(note))

    def delete(self, request: Request, note_id: str) -> Response:
        """Delete a note."""
        notes.delete(self.find(NOTES, note_id), by=self.by, now=self.now)
        return answers.one({"id": note_id, "deleted": True})


def show(note: Note) -> dict[str, Any]:
    """Return a note of `NOTES` as the API shows it."""
    return {
        "id": note.public_id,
        "contactId": note.contact.public_id,
        "text": note.text,
        "by": note.by,
        "createdAt": clock.to_iso(note.at),
    }
