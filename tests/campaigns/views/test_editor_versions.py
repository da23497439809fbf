import json

import pytest
from django.test import Client

from campaigns import drafts
from campaigns.enums import CampaignStatus
from campaigns.models import Campaign, Enrolment
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import make_campaign, make_email_node, make_enrolment, make_workflow
from tests.clients import signed_in

pytestmark = pytest.mark.django_db

NEW = make_workflow(make_email_node(subject="New"), make_email_node("mail_2"))


@pytest.fixture
def campaign(workspace: Workspace) -> Campaign:
    campaign = make_campaign(workspace, status=CampaignStatus.PAUSED)
    make_enrolment(campaign, node="mail_1", status="in_progress")
    make_enrolment(campaign, node="gone", status="in_progress")
    drafts.save(campaign, document=NEW, revision=1, by="ana@acme.example")
    return campaign


@pytest.fixture
def client(teammate: Member) -> Client:
    return signed_in(teammate)


def address(campaign: Campaign, rest: str) -> str:
    return f"/campaigns/{campaign.public_id}/workflow/{rest}"


def test_history_tells_what_runs_and_what_does_not_yet(client: Client, campaign: Campaign) -> None:
    found = client.get(address(campaign, "versions")).json()
    assert [(one["number"], one["current"]) for one in found["versions"]] == [(1, True)]
    assert [(one["kind"], one["node"], one["fields"]) for one in found["draft"]] == [
        ("Changed", "mail_1", ["Subject", "What follows"]),
        ("Added", "mail_2", []),
    ]


def test_version_is_restored_over_the_draft_that_was_seen(client: Client, campaign: Campaign) -> None:
    url = address(campaign, "versions/1/restore")
    late = client.post(url, json.dumps({"revision": 1}), content_type="application/json")
    assert (late.status_code, late.json()["theirs"]["revision"]) == (409, 2)
    answer = client.post(url, json.dumps({"revision": 2}), content_type="application/json")
    assert (answer.status_code, answer.json()["revision"]) == (200, 3)
    assert campaign.version is not None
    assert answer.json()["document"] == campaign.version.graph


def test_resume_asks_what_becomes_of_people_under_way(client: Client, campaign: Campaign) -> None:
    page = client.get(address(campaign, "resume")).content.decode()
    assert "2 people are under way" in page
    assert "1 of them is at a step that was removed" in page


@pytest.mark.parametrize(("choice", "moved"), [("stay", 0), ("move", 1), ("", 0)])
def test_resume_takes_people_along_only_when_asked(client: Client, campaign: Campaign, choice: str, moved: int) -> None:
    answer = client.post(address(campaign, "resume"), {"in_flight": choice})
    assert answer["Location"] == f"/campaigns/{campaign.public_id}/workflow"
    campaign.refresh_from_db()
    assert campaign.status == CampaignStatus.ACTIVE
    assert Enrolment.objects.filter(version=campaign.version).count() == moved


def test_resume_of_an_unfinished_workflow_says_what_is_missing(client: Client, campaign: Campaign) -> None:
    drafts.save(
        campaign, document={"nodes": [{"id": "start", "type": "start"}], "edges": []}, revision=2, by="ana@acme.example"
    )
    answer = client.post(address(campaign, "resume"))
    assert answer.status_code == 409
    assert "Nothing follows this node" in answer.content.decode()


def test_only_a_paused_campaign_is_resumed(client: Client, workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    assert "This campaign is not paused." in client.get(address(campaign, "resume")).content.decode()
    assert client.post(address(campaign, "resume")).status_code == 409
