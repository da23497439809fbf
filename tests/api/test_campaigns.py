import json
from typing import Any

import pytest
from django.http import HttpResponse

from campaigns.models import Campaign, WorkflowVersion
from fluenzr.workspaces.models import Workspace
from tests.builders import (
    NOW,
    make_account,
    make_campaign,
    make_contact,
    make_email_node,
    make_enrolment,
    make_workflow,
    make_workspace,
)
from tests.clients import ApiClient, count_queries

KEYS = [
    "id",
    "name",
    "description",
    "status",
    "emailAccountId",
    "settings",
    "stats",
    "createdAt",
    "startedAt",
    "updatedAt",
]


def data(response: HttpResponse, status: int = 200) -> Any:
    answer = json.loads(response.content)
    assert response.status_code == status, answer
    return answer["data"]


def error(response: HttpResponse, status: int) -> dict[str, Any]:
    answer = json.loads(response.content)
    assert response.status_code == status, answer
    found: dict[str, Any] = answer["error"]
    return found


def path(campaign: Campaign, action: str = "") -> str:
    return f"/campaigns/{campaign.public_id}" + (f"/{action}" if action else "")


# --- list ---


def test_list_has_the_seeds_keys_and_no_workflow(api: ApiClient, workspace: Workspace) -> None:
    make_campaign(workspace)
    assert [list(item) for item in data(api.get("/campaigns"))] == [KEYS]


def test_list_shows_what_the_other_face_cancelled_as_archived(api: ApiClient, workspace: Workspace) -> None:
    make_campaign(workspace, name="A", status="archived")
    make_campaign(workspace, name="B", status="cancelled")
    make_campaign(workspace, name="C")
    found = data(api.get("/campaigns?status=archived&sort=name"))
    assert [(item["name"], item["status"]) for item in found] == [("A", "archived"), ("B", "archived")]


def test_list_filters_by_several_statuses_and_sorts(api: ApiClient, workspace: Workspace) -> None:
    for name, status in (("B", "active"), ("A", "paused"), ("C", "draft")):
        make_campaign(workspace, name=name, status=status)
    found = data(api.get("/campaigns?status=active,paused&sort=name&order=desc"))
    assert [item["name"] for item in found] == ["B", "A"]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("status=cancelled", "status"),
        ("status=actif", "status"),
        ("sort=plan", "sort"),
        ("order=up", "order"),
        ("page=0", "page"),
        ("perPage=101", "perPage"),
        ("color=red", "color"),
    ],
)
def test_list_refuses_what_it_does_not_know(api: ApiClient, query: str, name: str) -> None:
    assert list(error(api.get(f"/campaigns?{query}"), 400)["details"]) == [name]


def test_list_makes_as_many_queries_for_three_as_for_one(api: ApiClient, workspace: Workspace) -> None:
    for size in (1, 3):
        while Campaign.objects.count() < size:
            make_campaign(workspace)
        # The campaigns with their totals, the lanes; what is on one page need not be counted.
        assert count_queries(api, "/campaigns") == 2


# --- create ---


def test_create_takes_defaults_for_all_but_name_and_account(api: ApiClient, workspace: Workspace) -> None:
    account = make_account(workspace)
    campaign = data(api.post("/campaigns", {"name": " Q1 ", "emailAccountId": account.public_id}), 201)
    assert list(campaign) == [*KEYS, "groupIds", "excludeGroupIds", "workflow"]
    assert (campaign["name"], campaign["description"], campaign["status"]) == ("Q1", None, "draft")
    assert campaign["settings"]["maxEmailsPerHour"] == 30
    assert campaign["settings"]["oneConversationPerCompany"] is False
    assert [node["type"] for node in campaign["workflow"]["nodes"]] == ["start", "end"]


def test_create_names_everything_that_is_missing(api: ApiClient) -> None:
    found = error(api.post("/campaigns", {}), 400)
    assert found["message"] == "Name is required"
    assert found["details"] == {"name": ["Name is required"], "emailAccountId": ["Email account ID is required"]}


def test_create_refuses_a_foreign_account_like_an_unknown_one(api: ApiClient) -> None:
    foreign = make_account(make_workspace()).public_id
    found = [
        error(api.post("/campaigns", {"name": "Q1", "emailAccountId": account}), 400)["details"]
        for account in (foreign, "acc_nothing")
    ]
    assert found[0] == found[1]
    assert list(found[0]) == ["emailAccountId"]


@pytest.mark.parametrize(
    ("more", "paths"),
    [
        ({"plan": "pro"}, ["plan"]),
        ({"name": 3}, ["name"]),
        ({"description": []}, ["description"]),
        ({"settings": "fast"}, ["settings"]),
        ({"settings": {"sendHoursStart": "9", "speed": 1}}, ["settings.sendHoursStart", "settings.speed"]),
        ({"status": "active"}, ["status"]),
        ({"workflow": {"nodes": [{"id": "a", "type": "start"}], "edges": []}}, ["workflow.nodes.a"]),
        (
            {"workflow": make_workflow(make_email_node("mail_1", subject="{{nonsense}}", body="{% if %}"))},
            ["workflow.nodes.mail_1.data.subject", "workflow.nodes.mail_1.data.body"],
        ),
    ],
)
def test_create_refuses_by_the_path_and_changes_nothing(
    api: ApiClient, workspace: Workspace, more: dict[str, Any], paths: list[str]
) -> None:
    body = {"name": "Q1", "emailAccountId": make_account(workspace).public_id} | more
    assert list(error(api.post("/campaigns", body), 400)["details"]) == paths
    assert (Campaign.objects.count(), WorkflowVersion.objects.count()) == (0, 0)


def test_create_needs_a_key_that_may_write(reader: ApiClient, workspace: Workspace) -> None:
    body = {"name": "Q1", "emailAccountId": make_account(workspace).public_id}
    assert error(reader.post("/campaigns", body), 403)["code"] == "FORBIDDEN"


# --- get and update ---


def test_get_can_be_put_back_unchanged(api: ApiClient, workspace: Workspace) -> None:
    campaign = make_campaign(workspace, status="paused", started_at=NOW, description="D")
    before = data(api.get(path(campaign)))
    after = data(api.put(path(campaign), before))
    del before["updatedAt"], after["updatedAt"]
    assert after == before
    assert WorkflowVersion.objects.count() == 1


def test_put_merges_settings_and_replaces_the_workflow(api: ApiClient, workspace: Workspace) -> None:
    campaign = make_campaign(workspace, send_hours_start=8, description="D")
    workflow = make_workflow(make_email_node("other"))
    body = {"settings": {"maxEmailsPerHour": None}, "workflow": workflow, "description": None}
    found = data(api.put(path(campaign), body))
    assert (found["settings"]["sendHoursStart"], found["settings"]["maxEmailsPerHour"]) == (8, None)
    assert (found["workflow"], found["description"], found["name"]) == (workflow, None, campaign.name)


def test_put_changes_the_account(api: ApiClient, workspace: Workspace) -> None:
    campaign, account = make_campaign(workspace), make_account(workspace)
    found = data(api.put(path(campaign), {"emailAccountId": account.public_id}))
    assert found["emailAccountId"] == account.public_id


@pytest.mark.parametrize(
    ("status", "call"), [("active", "start"), ("paused", "pause"), ("archived", "archive"), ("finished", "read-only")]
)
def test_put_of_another_status_names_the_call(api: ApiClient, workspace: Workspace, status: str, call: str) -> None:
    campaign = make_campaign(workspace)
    sentence = error(api.put(path(campaign), {"status": status}), 400)["details"]["status"][0]
    assert call in sentence
    campaign.refresh_from_db()
    assert campaign.status == "draft"


def test_put_refuses_null_for_what_is_required(api: ApiClient, workspace: Workspace) -> None:
    found = error(api.put(path(make_campaign(workspace)), {"name": None, "emailAccountId": None}), 400)
    assert list(found["details"]) == ["name", "emailAccountId"]


def test_put_of_an_active_campaign_is_a_conflict_that_names_the_state(api: ApiClient, workspace: Workspace) -> None:
    found = error(api.put(path(make_campaign(workspace, status="active")), {"name": "x"}), 409)
    assert "active" in found["message"]
    assert "details" not in found


# --- calls ---


def test_delete_is_for_drafts(api: ApiClient, workspace: Workspace) -> None:
    draft, active = make_campaign(workspace), make_campaign(workspace, status="active")
    assert data(api.delete(path(draft))) == {"id": draft.public_id, "deleted": True}
    assert error(api.delete(path(active)), 409)["code"] == "CONFLICT"
    assert error(api.get(path(draft)), 404)["code"] == "NOT_FOUND"


def test_clone_takes_a_name(api: ApiClient, workspace: Workspace) -> None:
    campaign = make_campaign(workspace, name="Q1", status="active", started_at=NOW)
    copy = data(api.post(path(campaign, "clone")), 201)
    assert (copy["name"], copy["status"], copy["startedAt"]) == ("Q1 (Copy)", "draft", None)
    assert data(api.post(path(campaign, "clone"), {"name": "Q2"}), 201)["name"] == "Q2"


def test_calls_walk_through_the_life_of_a_campaign(api: ApiClient, workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    found = [data(api.post(path(campaign, call)))["status"] for call in ("start", "pause", "resume")]
    assert found == ["active", "paused", "active"]
    assert "active" in error(api.post(path(campaign, "start")), 409)["message"]
    assert error(api.post(path(campaign, "archive")), 409)["code"] == "CONFLICT"


def test_calls_refuse_an_unknown_field(api: ApiClient, workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    assert list(error(api.post(path(campaign, "start"), {"now": True}), 400)["details"]) == ["now"]
    campaign.refresh_from_db()
    assert campaign.status == "draft"


def test_start_lists_all_that_keeps_it_from_running(api: ApiClient, workspace: Workspace) -> None:
    campaign = make_campaign(workspace, make_workflow())
    assert list(error(api.post(path(campaign, "start")), 400)["details"]) == ["workflow"]


def test_resume_can_move_people_in_flight(api: ApiClient, workspace: Workspace) -> None:
    campaign = make_campaign(workspace, status="paused")
    person = make_enrolment(campaign, node="mail_1")
    api.put(path(campaign), {"workflow": make_workflow(make_email_node(), make_email_node("mail_2"))})
    data(api.post(path(campaign, "resume"), {"inFlight": "move"}))
    campaign.refresh_from_db()
    person.refresh_from_db()
    assert person.version_id == campaign.version_id
    assert list(error(api.post(path(campaign, "resume"), {"inFlight": "jump"}), 400)["details"]) == ["inFlight"]


# --- validate and preview ---


def test_validate_lists_problems_and_changes_nothing(reader: ApiClient, workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    assert data(reader.post(path(campaign, "validate"))) == {"valid": True, "problems": {}}
    found = data(reader.post(path(campaign, "validate"), {"workflow": make_workflow()}))
    assert found == {"valid": False, "problems": {"workflow": ["The workflow has no email"]}}
    assert WorkflowVersion.objects.count() == 1


def test_preview_shows_every_mail_to_the_first_person(reader: ApiClient, workspace: Workspace) -> None:
    campaign = make_campaign(workspace, make_workflow(make_email_node("one"), make_email_node("two")))
    person = make_contact(workspace, "jane@example.com")
    make_enrolment(campaign, person)
    make_contact(workspace)
    found = data(reader.post(path(campaign, "preview")))
    assert (found["contactId"], found["contactEmail"]) == (person.public_id, "jane@example.com")
    assert [(mail["nodeId"], mail["emailNumber"], mail["subject"]) for mail in found["emails"]] == [
        ("one", 1, "Subject of one"),
        ("two", 2, "Subject of two"),
    ]


def test_preview_of_one_mail_of_another_workflow_for_a_contact(reader: ApiClient, workspace: Workspace) -> None:
    campaign, person = make_campaign(workspace), make_contact(workspace)
    workflow = make_workflow(make_email_node("one"), make_email_node("two"))
    body = {"contactId": person.public_id, "nodeId": "two", "workflow": workflow}
    found = data(reader.post(path(campaign, "preview"), body))
    assert [(mail["nodeId"], mail["emailNumber"]) for mail in found["emails"]] == [("two", 2)]


def test_preview_refuses_an_unknown_mail_and_nobody(reader: ApiClient, workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    assert list(error(reader.post(path(campaign, "preview")), 400)["details"]) == ["contactId"]
    foreign = make_contact(make_workspace()).public_id
    assert list(error(reader.post(path(campaign, "preview"), {"contactId": foreign}), 400)["details"]) == ["contactId"]
    make_contact(workspace)
    assert list(error(reader.post(path(campaign, "preview"), {"nodeId": "end"}), 400)["details"]) == ["nodeId"]


# --- strangers ---

ROUTES = [
    ("GET", ""),
    ("PUT", ""),
    ("DELETE", ""),
    *(("POST", action) for action in ("start", "pause", "resume", "archive", "clone", "validate", "preview", "test")),
    ("GET", "contacts"),
    ("POST", "contacts"),
    ("DELETE", "contacts"),
    *(("GET", action) for action in ("preflight", "stats", "stats/emails", "stats/timeline", "activity")),
]


@pytest.mark.parametrize(("method", "action"), ROUTES)
def test_a_stranger_gets_the_answer_of_an_unknown_id(
    stranger_api: ApiClient, workspace: Workspace, method: str, action: str
) -> None:
    campaign = make_campaign(workspace)
    unknown = f"/campaigns/cmp_nothing{'/' if action else ''}{action}"
    theirs = stranger_api.request(method, path(campaign, action))
    assert theirs.status_code == 404
    assert theirs.content == stranger_api.request(method, unknown).content
    assert Campaign.objects.get().status == "draft"
