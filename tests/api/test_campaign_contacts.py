import json
from typing import Any

import pytest
from django.http import HttpResponse

from campaigns.enums import EnrolmentStatus, MessageState, Phase
from campaigns.models import Campaign, Enrolment
from contacts.models import Contact
from fluenzr.workspaces.models import Workspace
from tests.builders import (
    NOW,
    make_campaign,
    make_contact,
    make_enrolment,
    make_group,
    make_message,
    make_workspace,
)
from tests.clients import ApiClient, count_queries


def data(response: HttpResponse, status: int = 200) -> Any:
    answer = json.loads(response.content)
    assert response.status_code == status, answer
    return answer["data"]


def paths(response: HttpResponse) -> list[str]:
    answer = json.loads(response.content)
    assert response.status_code == 400, answer
    return list(answer["error"]["details"])


@pytest.fixture
def campaign(workspace: Workspace) -> Campaign:
    return make_campaign(workspace)


def people(campaign: Campaign, more: str = "") -> str:
    return f"/campaigns/{campaign.public_id}/contacts{more}"


def test_post_takes_one_group_or_several(api: ApiClient, campaign: Campaign) -> None:
    groups = [make_group(campaign.workspace, members=(make_contact(campaign.workspace),)) for _ in range(2)]
    found = data(api.post(people(campaign), {"groupId": groups[0].public_id}))
    assert found == {"added": 1, "skipped": 0, "errors": []}
    found = data(api.post(people(campaign), {"groupIds": [group.public_id for group in groups]}))
    assert found == {"added": 1, "skipped": 1, "errors": []}
    assert set(Enrolment.objects.values_list("batch", flat=True)) == {"api"}


def test_post_reports_unknown_ids_in_the_list(api: ApiClient, campaign: Campaign) -> None:
    person, foreign = make_contact(campaign.workspace), make_contact(make_workspace())
    found = data(api.post(people(campaign), {"contactIds": [person.public_id, foreign.public_id]}))
    message = "There is no such contact"
    assert found == {
        "added": 1,
        "skipped": 0,
        "errors": [{"id": foreign.public_id, "code": "NOT_FOUND", "message": message}],
    }


@pytest.mark.parametrize(
    ("body", "details"),
    [
        ({}, [""]),
        ({"contactIds": [], "groupIds": []}, [""]),
        ({"groupId": "grp_1", "groupIds": []}, [""]),
        ({"filters": {}}, ["filters"]),
        ({"filters": {"age": 3}}, ["filters.age"]),
        ({"filters": {"customFields": {"sektor": "x"}}}, ["filters.customFields.sektor"]),
        ({"contactIds": "con_1"}, ["contactIds"]),
        ({"contactIds": [1]}, ["contactIds.0"]),
        ({"everybody": True}, ["everybody"]),
    ],
)
def test_post_refuses_what_names_nobody_clearly(
    api: ApiClient, campaign: Campaign, body: dict[str, Any], details: list[str]
) -> None:
    make_contact(campaign.workspace)
    assert paths(api.post(people(campaign), body)) == details
    assert Enrolment.objects.count() == 0


@pytest.mark.parametrize("by_query", [True, False])
def test_delete_takes_a_body_or_the_query(api: ApiClient, campaign: Campaign, by_query: bool) -> None:
    contacts = [enrolment.contact for enrolment in (make_enrolment(campaign), make_enrolment(campaign))]
    campaign.total.contacts = 2
    campaign.total.save(update_fields=["contacts"])
    ids = [contact.public_id for contact in contacts if contact is not None] + ["con_x"]
    if by_query:
        response = api.delete(people(campaign, f"?contactIds={','.join(ids)}"))
    else:
        response = api.delete(people(campaign), {"contactIds": ids})
    found = data(response)
    assert (found["removed"], found["skipped"], [entry["id"] for entry in found["errors"]]) == (2, 0, ["con_x"])


def test_delete_wants_to_know_whom(api: ApiClient, campaign: Campaign) -> None:
    assert paths(api.delete(people(campaign))) == ["contactIds"]


def test_list_shows_each_person_with_what_comes_next(api: ApiClient, workspace: Workspace) -> None:
    campaign = make_campaign(workspace, status="paused")
    person = make_contact(workspace, "jane@example.com")
    make_enrolment(campaign, person, node="mail_1", phase=Phase.MAIL, next_run_at=NOW, emails_sent=1)
    assert [list(item.items()) for item in data(api.get(people(campaign)))] == [
        [
            ("contactId", person.public_id),
            ("contactEmail", "jane@example.com"),
            ("status", "pending"),
            ("currentNodeId", "mail_1"),
            ("nextActionAt", None),
            ("waitingReason", "The campaign is paused."),
            ("emailsSent", 1),
            ("openedAt", None),
            ("clickedAt", None),
            ("repliedAt", None),
            ("addedAt", "2026-03-02T10:00:00Z"),
            ("finishedAt", None),
        ]
    ]


def test_list_is_filtered_by_any_of_the_seven_statuses(api: ApiClient, campaign: Campaign) -> None:
    for status in EnrolmentStatus:
        make_enrolment(campaign, status=status)
    for status in ("pending", "in_progress", "completed", "replied", "bounced", "unsubscribed", "error"):
        assert [item["status"] for item in data(api.get(people(campaign, f"?status={status}")))] == [status]
    found = data(api.get(people(campaign, "?status=bounced,error")))
    assert [item["status"] for item in found] == ["bounced", "error"]
    assert paths(api.get(people(campaign, "?status=removed"))) == ["status"]


def test_list_is_paged(api: ApiClient, campaign: Campaign) -> None:
    for _ in range(3):
        make_enrolment(campaign)
    answer = json.loads(api.get(people(campaign, "?page=2&perPage=2")).content)
    assert answer["meta"] == {"page": 2, "perPage": 2, "total": 3, "totalPages": 2}
    assert len(answer["data"]) == 1


def test_list_makes_as_many_queries_for_many_as_for_few(api: ApiClient, workspace: Workspace) -> None:
    campaign = make_campaign(workspace, status="active")
    add_waiting(campaign)
    api.get(people(campaign))
    few = count_queries(api, people(campaign))
    add_waiting(campaign)
    add_waiting(campaign)
    # The campaign, the people, the lanes, the contacts of those at a step and their facts, the open mails.
    assert count_queries(api, people(campaign)) == few == 6


def add_waiting(campaign: Campaign) -> None:
    """One who waits for a slot, one at a step, one whose mail is on its way."""
    make_enrolment(campaign, node="mail_1", phase=Phase.MAIL, next_run_at=NOW)
    make_enrolment(campaign, node="mail_1", phase=Phase.STEP, next_run_at=NOW, entered_at=NOW)
    make_message(make_enrolment(campaign, node="mail_1"), state=MessageState.SENDING)


def test_get_one_explains_the_wait(api: ApiClient, workspace: Workspace) -> None:
    campaign = make_campaign(workspace, status="active", send_days=[])
    person = make_enrolment(campaign, node="mail_1", phase=Phase.MAIL, next_run_at=NOW).contact
    assert isinstance(person, Contact)
    found = data(api.get(people(campaign, f"/{person.public_id}")))
    assert (found["rule"], found["nextActionAt"]) == ("window_never_opens", None)
    assert found["reason"] == found["waitingReason"]


def test_get_one_of_who_is_not_in_is_404(api: ApiClient, campaign: Campaign) -> None:
    for contact in (make_contact(campaign.workspace), make_contact(make_workspace())):
        response = api.get(people(campaign, f"/{contact.public_id}"))
        assert json.loads(response.content)["error"]["message"] == "There is no such contact"
        assert response.status_code == 404
