import pytest

from campaigns.models import Campaign, Message
from fluenzr.workspaces.models import Workspace
from tests.builders import make_campaign, make_contact, make_email_node, make_enrolment, make_workflow
from tests.clients import ApiClient

pytestmark = pytest.mark.django_db


def make_draft(workspace: Workspace, **data: str) -> Campaign:
    mails = (make_email_node(**data), make_email_node("mail_2"))
    campaign = make_campaign(workspace, make_workflow(*mails))
    make_enrolment(campaign, make_contact(workspace, first_name="Ada"), version=None)
    return campaign


def test_preflight_may_be_asked_with_a_key_that_reads(reader: ApiClient, workspace: Workspace) -> None:
    found = reader.get(f"/campaigns/{make_draft(workspace).public_id}/preflight").json()["data"]
    assert found["ready"] is True
    assert found["forecast"]["mailsMost"] == 2


def test_preflight_names_what_blocks_and_where(api: ApiClient, workspace: Workspace) -> None:
    campaign = make_draft(workspace, body="")
    found = api.get(f"/campaigns/{campaign.public_id}/preflight").json()["data"]
    first = found["findings"][0]
    assert (found["ready"], first["level"], first["nodeId"]) == (False, "blocks", "mail_1")
    assert api.post(f"/campaigns/{campaign.public_id}/start").status_code == 400


def test_test_sends_the_whole_sequence_to_the_account_unless_told(api: ApiClient, workspace: Workspace) -> None:
    campaign = make_draft(workspace)
    found = api.post(f"/campaigns/{campaign.public_id}/test").json()["data"]
    assert found["email"] == campaign.lanes.get().account.email
    assert [message["subject"] for message in found["messages"]] == ["Subject of mail_1", "Subject of mail_2"]


def test_test_refuses_what_it_does_not_know_by_its_field(api: ApiClient, workspace: Workspace) -> None:
    url = f"/campaigns/{make_draft(workspace).public_id}/test"
    for body, path in (
        ({"nodeId": "end"}, "nodeId"),
        ({"email": "nobody"}, "email"),
        ({"contactId": "x"}, "contactId"),
    ):
        answer = api.post(url, body)
        assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, [path])
    assert not Message.objects.exists()


def test_key_that_reads_sends_nothing(reader: ApiClient, workspace: Workspace) -> None:
    assert reader.post(f"/campaigns/{make_draft(workspace).public_id}/test").status_code == 403
