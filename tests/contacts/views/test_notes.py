"""Notes on the card, changed and deleted by hand."""

import pytest
from django.test import Client

from contacts import notes
from contacts.models import Contact, Note
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import AuditEntry, Member, Workspace
from tests.builders import NOW, make_contact, make_member
from tests.clients import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(teammate: Member) -> Client:
    return signed_in(teammate)


@pytest.fixture
def contact(workspace: Workspace) -> Contact:
    return make_contact(workspace)


@pytest.fixture
def note(contact: Contact) -> Note:
    return notes.write(contact, text="Met in Lyon", by="jo", now=NOW)


def path(note: Note) -> str:
    return f"/notes/{note.public_id}/"


def test_note_is_changed(client: Client, contact: Contact, note: Note, teammate: Member) -> None:
    assert b"Met in Lyon" in client.get(path(note)).content
    response = client.post(path(note), {"text": "Met in Paris"})

    note.refresh_from_db()
    assert (response["Location"], note.text, note.by) == (f"/contacts/{contact.public_id}/", "Met in Paris", "jo")
    assert AuditEntry.objects.get(action="note.changed").actor == teammate.user.email


def test_note_without_words_is_refused(client: Client, note: Note) -> None:
    assert client.post(path(note), {"text": " "}).status_code == 422

    note.refresh_from_db()
    assert note.text == "Met in Lyon"


def test_note_is_deleted(client: Client, contact: Contact, note: Note) -> None:
    response = client.post(f"{path(note)}delete")

    assert response["Location"] == f"/contacts/{contact.public_id}/"
    assert not Note.objects.exists()


@pytest.mark.parametrize("place", ["", "timeline"])
def test_card_leads_those_who_may_edit_to_it(
    client: Client, contact: Contact, note: Note, workspace: Workspace, place: str
) -> None:
    viewer = signed_in(make_member(workspace, Role.VIEWER))
    page = f"/contacts/{contact.public_id}/{place}"

    assert path(note) in client.get(page).content.decode()
    assert path(note) not in viewer.get(page).content.decode()
    assert (viewer.get(path(note)).status_code, viewer.post(f"{path(note)}delete").status_code) == (403, 403)


def test_note_of_another_workspace_is_not_there(client: Client, other_workspace: Workspace) -> None:
    theirs = notes.write(make_contact(other_workspace), text="Theirs", by="x", now=NOW)

    assert (client.get(path(theirs)).status_code, client.post(f"{path(theirs)}delete").status_code) == (404, 404)
    assert Note.objects.exists()
