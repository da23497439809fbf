from typing import Any

import pytest

from campaigns.models import Campaign
from fluenzr.workspaces.models import Workspace
from tests.builders import make_campaign, make_contact, make_email_node, make_workflow
from tests.clients import ApiClient

START = "2027-03-01T09:00:00Z"  # a Monday


@pytest.fixture
def campaign(workspace: Workspace) -> Campaign:
    return make_campaign(workspace)


def simulate(api: ApiClient, campaign: Campaign, **body: Any) -> Any:
    return api.post(f"/campaigns/{campaign.public_id}/simulate", {"startAt": START} | body)


def problems(api: ApiClient, campaign: Campaign, **body: Any) -> list[str]:
    answer = simulate(api, campaign, **body)
    assert answer.status_code == 400, answer.content
    return list(answer.json()["error"]["details"])


def test_key_that_may_only_read_simulates(reader: ApiClient, campaign: Campaign) -> None:
    contact = make_contact(campaign.workspace, timezone="Asia/Tokyo")
    answer = simulate(reader, campaign, contactIds=[contact.public_id])
    (path,) = answer.json()["data"]["contacts"]
    assert (path["contactId"], path["timezone"], path["outcome"]) == (contact.public_id, "Asia/Tokyo", "completed")
    assert [(step["what"], step["localTime"]) for step in path["steps"]] == [
        ("begins", "2027-03-01T18:00:00"),
        ("sent", "2027-03-01T18:00:00"),
        ("ends", "2027-03-01T18:00:00"),
    ]
    assert answer.json()["data"]["emailsSent"] == 1


def test_first_three_are_simulated_when_nobody_is_named(api: ApiClient, campaign: Campaign) -> None:
    for _number in range(4):
        make_contact(campaign.workspace)
    assert len(simulate(api, campaign).json()["data"]["contacts"]) == 3


def test_events_are_named_by_number_or_node(api: ApiClient, campaign: Campaign) -> None:
    make_contact(campaign.workspace)
    events = [
        {"on": "opened", "nodeId": "mail_1", "after": {"minutes": 5}},
        {"on": "replied", "emailNumber": 1, "after": {"hours": 1}},
    ]
    (path,) = simulate(api, campaign, events=events).json()["data"]["contacts"]
    assert [(step["event"], step["at"]) for step in path["steps"] if step["what"] == "happens"] == [
        ("opened", "2027-03-01T09:05:00Z"),
        ("replied", "2027-03-01T10:00:00Z"),
    ]
    assert path["outcome"] == "replied"


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({"contactIds": []}, ["contactIds"]),
        ({"contactIds": ["con_x"] * 21}, ["contactIds"]),
        ({"contactIds": ["con_x"]}, ["contactIds.0"]),
        ({"startAt": "monday"}, ["startAt"]),
        ({"startAt": "1999-12-31T00:00:00Z"}, ["startAt"]),
        ({"startAt": "2100-01-01T00:00:00Z"}, ["startAt"]),
        ({"events": {}}, ["events"]),
        ({"events": [{"on": "opened"}] * 21}, ["events"]),
        ({"events": [{}, {"on": "sent"}]}, ["events.0.on", "events.1.on"]),
        ({"events": [{"on": "opened", "contactId": "con_x"}]}, ["events.0.contactId"]),
        ({"events": [{"on": "opened", "nodeId": "end"}]}, ["events.0.nodeId"]),
        ({"events": [{"on": "opened", "emailNumber": 2}]}, ["events.0.emailNumber"]),
        ({"events": [{"on": "opened", "emailNumber": 1, "nodeId": "mail_1"}]}, ["events.0.emailNumber"]),
        ({"events": [{"on": "opened", "day": 0}]}, ["events.0.day"]),
        ({"events": [{"on": "opened", "day": 2, "after": {"days": 1}}]}, ["events.0.day"]),
        ({"events": [{"on": "opened", "after": {"days": 731}}]}, ["events.0.after.days"]),
        ({"events": [{"on": "opened", "after": {"days": 730, "hours": 1}}]}, ["events.0.after"]),
        ({"events": [{"on": "opened", "url": "https://acme.example/"}]}, ["events.0.url"]),
        ({"events": [{"on": "opened", "when": 1}]}, ["events.0.when"]),
    ],
)
def test_wrong_request_says_where(api: ApiClient, campaign: Campaign, body: dict[str, Any], paths: list[str]) -> None:
    make_contact(campaign.workspace)
    assert problems(api, campaign, **body) == paths


def test_workflow_that_may_not_run_is_refused_as_by_start(api: ApiClient, workspace: Workspace) -> None:
    make_contact(workspace)
    campaign = make_campaign(workspace, make_workflow(make_email_node(subject="", body="{{nobody}}")))
    start = api.post(f"/campaigns/{campaign.public_id}/start")
    answer = simulate(api, campaign)
    assert (answer.status_code, answer.json()) == (start.status_code, start.json())
