"""Notes about contacts over the API."""

from contacts import notes
from contacts.models import Note
from fluenzr.workspaces.models import AuditEntry, Workspace
from tests.api.test_contacts import data
from tests.builders import NOW, make_contact
from tests.clients import ApiClient, count_queries


def written(workspace: Workspace, text: str = "Met in Lyon") -> Note:
    return notes.write(make_contact(workspace), text=text, by="jo", now=NOW)


def test_a_note_is_written_and_shown(api: ApiClient, workspace: Workspace) -> None:
    contact = make_contact(workspace)
    made = data(api.post(f"/contacts/{contact.public_id}/notes", {"text": " Met in Lyon "}), 201)
    assert made == {
        "id": Note.objects.get().public_id,
        "contactId": contact.public_id,
        "text": "Met in Lyon",
        "by": "api key Zapier",
        "createdAt": made["createdAt"],
    }
    assert data(api.get(f"/notes/{made['id']}")) == made


def test_list_is_of_one_contact_and_costs_the_same_for_one_and_three(api: ApiClient, workspace: Workspace) -> None:
    note = written(workspace, "first")
    path = f"/contacts/{note.contact.public_id}/notes"
    written(workspace, "about somebody else")
    one = count_queries(api, path)
    for text in ("second", "third"):
        notes.write(note.contact, text=text, by="jo", now=NOW)
    assert count_queries(api, path) == one
    assert [row["text"] for row in data(api.get(f"{path}?perPage=2"))] == ["third", "second"]


def test_a_changed_note_stays_its_authors_and_the_record_tells_who_changed_it(
    api: ApiClient, workspace: Workspace
) -> None:
    note = written(workspace)
    path = f"/notes/{note.public_id}"
    changed = data(api.put(path, {"text": "Met in Paris"}))
    assert (changed["text"], changed["by"], changed["createdAt"]) == ("Met in Paris", "jo", "2026-03-02T10:00:00Z")
    assert data(api.put(path, changed)) == changed
    entry = AuditEntry.objects.get(action="note.changed")
    assert (entry.actor, entry.changes) == ("api key Zapier", {"contact": note.contact.public_id})


def test_a_note_is_deleted(api: ApiClient, workspace: Workspace) -> None:
    note = written(workspace)
    assert data(api.delete(f"/notes/{note.public_id}")) == {"id": note.public_id, "deleted": True}
    assert AuditEntry.objects.get(action="note.deleted").changes == {"contact": note.contact.public_id}
    assert not Note.objects.exists()


def test_a_note_without_words_or_end_is_refused(api: ApiClient, workspace: Workspace) -> None:
    note = written(workspace)
    for text in (" ", "x" * 10_001):
        answer = api.put(f"/notes/{note.public_id}", {"text": text})
        assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, ["text"])
    note.refresh_from_db()
    assert note.text == "Met in Lyon"
