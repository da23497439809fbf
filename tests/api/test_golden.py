"""Replays every request that the documents print, and checks its answer against the shape they give it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Template
from typing import Any

import jsonschema
import pytest

from campaigns.models import Campaign, CampaignTotal, Event, Tally
from campaigns.models.event import ALL_TIME
from contacts.models import Contact
from fluenzr.workspaces.models import Workspace
from tests.builders import (
    NOW,
    make_account,
    make_campaign,
    make_contact,
    make_email_node,
    make_enrolment,
    make_field,
    make_group,
    make_workflow,
)
from tests.clients import ApiClient

ENTRIES = json.loads((Path(__file__).parent.parent / "golden" / "v1.json").read_text())
EVENTS = ("sent", "opened", "clicked", "replied", "bounced")
STATUSES = ("pending", "in_progress", "completed", "replied", "bounced")


def status_before(entry: dict[str, Any]) -> str:
    """The status in which the documents' call makes sense."""
    action = entry["path"].rpartition("/")[2]
    return {"pause": "active", "resume": "paused"}.get(action, "draft")


def people(campaign: Campaign, contacts: list[Contact]) -> None:
    """Two who can be named, and one in each status that a list can be filtered by."""
    for contact in contacts:
        make_enrolment(campaign, contact)
    for status in STATUSES:
        make_enrolment(campaign, status=status)


def numbers(campaign: Campaign, contact: Contact) -> None:
    CampaignTotal.objects.filter(campaign=campaign).update(
        contacts=7, sent=6, opened=3, clicked=2, replied=1, bounced=1
    )
    day = datetime(2025, 1, 16, 9, 0, tzinfo=UTC)
    for slot in (ALL_TIME, day, day + timedelta(days=1)):
        counts = {"sent": 4, "opened": 2, "clicked": 1, "replied": 1}
        Tally.objects.create(workspace=campaign.workspace, campaign=campaign, node="node_2", slot=slot, **counts)
    for number, type in enumerate(EVENTS):
        Event.objects.create(
            workspace=campaign.workspace,
            campaign=campaign,
            contact=contact,
            type=type,
            node="node_2",
            at=NOW + timedelta(minutes=number),
            metadata={"userAgent": "Mozilla/5.0", "ip": "192.168.1.1"} if type == "opened" else {},
        )


@pytest.fixture
def world(workspace: Workspace) -> dict[str, Any]:
    """What the documents' ids may stand for; campaigns are made per entry."""
    account = make_account(workspace, "sales@acme.example")
    contacts = [make_contact(workspace, f"{name}@example.com") for name in ("john", "jane")]
    group = make_group(workspace, members=tuple(contacts))
    other = make_group(workspace)
    for key in ("sector", "secteur"):
        make_field(workspace, key)
    make_contact(workspace, custom={"sector": "Fintech", "secteur": "Fintech"})
    return {
        "account": account,
        "contacts": contacts,
        "emailAccountId": account.public_id,
        "contactId1": contacts[0].public_id,
        "contactId2": contacts[1].public_id,
        "groupId": group.public_id,
        "otherGroupId": other.public_id,
    }


def test_entries_are_those_of_contacts_groups_and_campaigns() -> None:
    assert len(ENTRIES) == 52


@pytest.mark.parametrize("entry", ENTRIES, ids=[f"{entry['seed']} {entry['name']}" for entry in ENTRIES])
def test_documented_call_gets_the_documented_answer(
    entry: dict[str, Any], workspace: Workspace, world: dict[str, Any], api: ApiClient
) -> None:
    workflow = make_workflow(make_email_node("node_2"), make_email_node("node_4"))
    made = {
        name: make_campaign(workspace, workflow, status=status, account=world["account"], started_at=started)
        for name, status, started in (
            ("campaignId", status_before(entry), None if status_before(entry) == "draft" else NOW),
            ("activeCampaignId", "active", NOW),
            ("completedCampaignId", "completed", NOW),
        )
    }
    campaign = made["campaignId"]
    # Who is to be added is not in yet.
    people(campaign, [] if entry["method"] == "POST" else world["contacts"])
    numbers(campaign, world["contacts"][0])
    names = {**world, **{name: row.public_id for name, row in made.items()}}
    path = Template(entry["path"]).substitute(names).removeprefix("/v1")
    body = entry["body"] and Template(json.dumps(entry["body"])).substitute(names)
    response = api.request(entry["method"], path, body)
    answer = json.loads(response.content)
    assert response.status_code == entry["status"], answer
    jsonschema.validate(answer, entry["response"])
    assert_not_empty(entry, answer)


def assert_not_empty(entry: dict[str, Any], answer: dict[str, Any]) -> None:
    """A list that came back empty would match any shape of its items."""
    data = answer.get("data")
    if isinstance(data, list) and "page=2" not in entry["path"]:
        assert data
    if isinstance(data, dict) and "added" in data:
        assert data["added"] + data["skipped"] > 0
