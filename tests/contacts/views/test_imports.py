from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from contacts.importing import running
from contacts.models import Contact, CustomField, Import
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import make_group, make_import, make_member
from tests.clients import signed_in
from tests.counting import queries_of

pytestmark = pytest.mark.django_db
CONSENT = {"consent_source": "event", "certified": "on", "on_duplicate": "skip", "doubtful": "tag", "dates": "day"}


@pytest.fixture
def client(teammate: Member) -> Client:
    return signed_in(teammate)


def upload(client: Client, content: bytes, **more: str) -> Any:
    return client.post("/imports/new", {"file": SimpleUploadedFile("leads.csv", content), **more})


def test_a_file_becomes_contacts_without_scripts(client: Client, workspace: Workspace) -> None:
    group = make_group(workspace, "Fair")
    page = upload(client, "Courriel;Prénom;Taille\nada@example.com;Ada;12\n".encode("cp1252"))["Location"]
    shown = client.get(page).content.decode()
    assert "Windows-1252" in shown
    assert "ada@example.com" in shown

    columns = {"column_0": "email", "column_1": "firstName", "column_2": "new:number"}
    answer = client.post(page, {**CONSENT, **columns, "act": "start", "groups": [group.public_id], "tags": "a, b"})
    assert (answer.status_code, answer["Location"]) == (303, page)
    running.run_next()

    contact = Contact.objects.get()
    assert (contact.first_name, contact.custom) == ("Ada", {"taille": 12})
    assert CustomField.objects.get().label == "Taille"
    assert "Undo the import" in client.get(page).content.decode()


def test_preview_follows_the_mapping(client: Client, workspace: Workspace) -> None:
    origin = make_import(workspace, "a,b\nada@example.com,Ada\nbad,Bob\n")
    values = {"act": "preview", "column_0": "email", "column_1": "lastName"}
    answer = client.post(f"/imports/{origin.public_id}/", values, headers={"HX-Request": "true"})
    part = answer.content.decode()
    assert "<html" not in part
    assert "Last name" in part
    assert "is not a valid address" in part
    origin.refresh_from_db()
    assert origin.status == "draft"


@pytest.mark.parametrize(
    ("values", "said"),
    [({"certified": ""}, "Without this nothing is imported"), ({"column_0": ""}, "Say which column holds")],
)
def test_what_is_missing_is_said_and_nothing_runs(
    client: Client, workspace: Workspace, values: dict[str, str], said: str
) -> None:
    origin = make_import(workspace)
    given = {**CONSENT, "act": "start", "column_0": "email", "column_1": "firstName", **values}
    answer = client.post(f"/imports/{origin.public_id}/", given)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    origin.refresh_from_db()
    assert origin.status == "draft"


def test_broken_file_is_refused_with_its_line(client: Client) -> None:
    answer = upload(client, b'email,name\na@b.org,"x\n')
    assert answer.status_code == 422
    assert "The quote that begins on line 2 is never closed." in answer.content.decode()
    assert not Import.objects.exists()


def test_rejected_rows_come_as_a_file_without_formulas(client: Client, workspace: Workspace) -> None:
    origin = make_import(workspace, "email,name\nbad,=cmd|x\n", tags=["x"])
    running.run_next()
    answer = client.get(f"/imports/{origin.public_id}/rejected")
    assert answer["Content-Type"].startswith("text/csv")
    assert answer.content.decode("utf-8-sig").splitlines() == [
        "Line,Reason,email,name",
        "2,“bad” is not a valid address,bad,'=cmd|x",
    ]


def test_progress_is_polled_until_the_end(client: Client, workspace: Workspace) -> None:
    origin = make_import(workspace, tags=["x"])
    page = f"/imports/{origin.public_id}/"
    assert "every 1s" in client.get(page).content.decode()
    running.run_next()
    answer = client.get(page, headers={"HX-Request": "true"})
    assert (answer["HX-Refresh"], "every 1s" in answer.content.decode()) == ("true", False)


def test_cancel_gives_a_draft_up_and_undo_needs_a_reason(client: Client, workspace: Workspace) -> None:
    origin = make_import(workspace)
    assert client.post(f"/imports/{origin.public_id}/undo").status_code == 409
    assert client.post(f"/imports/{origin.public_id}/cancel").status_code == 303
    origin.refresh_from_db()
    assert origin.status == "cancelled"


def test_viewers_only_look(workspace: Workspace) -> None:
    client = Client()
    client.force_login(make_member(workspace, "viewer").user)
    origin = make_import(workspace)
    assert client.get("/imports/").status_code == 200
    assert client.get("/imports/new").status_code == 403
    assert client.post(f"/imports/{origin.public_id}/", {"act": "start"}).status_code == 403
    assert client.post(f"/imports/{origin.public_id}/cancel").status_code == 403


def test_list_takes_a_fixed_number_of_queries(client: Client, workspace: Workspace) -> None:
    make_import(workspace)
    one = queries_of(client, "/imports/")
    for name in ("b.csv", "c.csv"):
        make_import(workspace, name=name)
    assert queries_of(client, "/imports/") == one


def test_files_leave_no_trace_on_the_disk(
    client: Client, workspace: Workspace, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    make_import(workspace, tags=["x"])
    running.run_next()
    assert list(tmp_path.iterdir()) == []
