import json

import pytest
from django.test import Client

from contacts.models import Consent, Contact, ContactSettings, Suppression
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import make_contact
from tests.clients import ApiClient, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(owner: Member) -> Client:
    return signed_in(owner)


def test_ledger_keeps_every_entry(client: Client, workspace: Workspace) -> None:
    contact = make_contact(workspace)
    url = f"/contacts/{contact.public_id}/privacy"
    for _time in range(2):
        client.post(url, {"consent_source": "event", "consent_wording": "Yes", "notes": "At the fair"})
    assert Consent.objects.filter(contact=contact, source="event", notes="At the fair").count() == 2
    assert client.get(url).content.decode().count("At the fair") == 2
    assert client.post(url, {"consent_source": ""}).status_code == 422


def test_objection_is_noted(client: Client, workspace: Workspace) -> None:
    contact = make_contact(workspace)
    client.post(f"/contacts/{contact.public_id}/object")
    contact.refresh_from_db()
    assert contact.objected_at is not None


def test_record_is_handed_out_as_a_file(client: Client, workspace: Workspace) -> None:
    contact = make_contact(workspace, first_name="Zoé")
    answer = client.get(f"/contacts/{contact.public_id}/export")
    assert answer["Content-Disposition"] == f'attachment; filename="{contact.public_id}.json"'
    assert json.loads(answer.content)["contact"][0]["firstName"] == "Zoé"


def test_erasure_asks_first_and_is_for_admins(client: Client, workspace: Workspace, teammate: Member) -> None:
    contact = make_contact(workspace)
    url = f"/contacts/{contact.public_id}/erase"
    assert signed_in(teammate).post(url).status_code == 403
    assert "Erase for good" in client.get(url).content.decode()
    assert Contact.objects.exists()
    assert client.post(url)["Location"] == "/contacts/"
    assert (Contact.objects.exists(), Suppression.objects.get().target) == (False, "")


def test_retention_is_chosen(client: Client, workspace: Workspace) -> None:
    assert 'value="30"' in client.get("/settings/retention").content.decode()
    assert client.post("/settings/retention", {"hits_days": "7", "idle_days": "730"}).status_code == 303
    row = ContactSettings.objects.get(workspace=workspace)
    assert (row.hits_days, row.contents_days, row.idle_days) == (7, None, 730)
    assert client.post("/settings/retention", {"idle_days": "5"}).status_code == 422


def test_api_exports_and_erases(api: ApiClient, reader: ApiClient, workspace: Workspace) -> None:
    contact = make_contact(workspace, "ann@x.org")
    found = reader.get(f"/contacts/{contact.public_id}/export")
    assert found.json()["data"]["contact"][0]["email"] == "ann@x.org"
    assert reader.post(f"/contacts/{contact.public_id}/erase").status_code == 403
    done = api.post(f"/contacts/{contact.public_id}/erase")
    assert done.json()["data"] == {"id": contact.public_id, "erased": True}
    assert api.get(f"/contacts/{contact.public_id}/export").status_code == 404


@pytest.mark.parametrize(
    ("act", "status"),
    [("unsubscribe", "unsubscribed"), ("block", "blocked"), ("restore", "active"), ("object", "active")],
)
def test_api_changes_the_standing(api: ApiClient, workspace: Workspace, act: str, status: str) -> None:
    contact = make_contact(workspace, status="bounced" if act == "restore" else "active")
    assert api.post(f"/contacts/{contact.public_id}/{act}").json()["data"]["status"] == status
    contact.refresh_from_db()
    assert (contact.objected_at is not None) == (act == "object")
