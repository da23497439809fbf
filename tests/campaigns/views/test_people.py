from typing import Any

import pytest
from django.test import Client

from campaigns.enums import EnrolmentStatus
from campaigns.models import Campaign, Enrolment
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import NOW, make_campaign, make_contact, make_enrolment, make_member, make_running
from tests.clients import signed_in
from tests.counting import queries_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(teammate: Member) -> Client:
    return signed_in(teammate)


def address(campaign: Campaign, rest: str = "") -> str:
    return f"/campaigns/{campaign.public_id}/contacts{rest}"


def shown(response: Any) -> list[str]:
    return [line.enrolment.contact.email for line in response.context["listing"]]


def test_people_stand_at_a_step_and_wait_for_a_reason(client: Client, workspace: Workspace) -> None:
    campaign = make_running(workspace)
    (line,) = client.get(address(campaign)).context["listing"]
    assert (line.step, str(line.reason)) == ("Email 1: Subject of mail_1", "Goes out at the next moment.")
    assert line.next_at is not None


def test_people_of_a_draft_wait_for_its_start(client: Client, workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    make_enrolment(campaign)
    (line,) = client.get(address(campaign)).context["listing"]
    assert (line.next_at, str(line.reason)) == (None, "The campaign has not started yet.")


def test_people_are_filtered_by_status_and_address(client: Client, workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    for email, status in (("ann@a.example", "replied"), ("bob@a.example", "completed"), ("zoe@b.example", "replied")):
        make_enrolment(campaign, make_contact(workspace, email), status=status)
    assert shown(client.get(address(campaign, "?status=replied"))) == ["ann@a.example", "zoe@b.example"]
    assert shown(client.get(address(campaign, "?q=a.example&sort=-added"))) == ["bob@a.example", "ann@a.example"]


def test_people_need_the_same_queries_for_any_number(client: Client, workspace: Workspace) -> None:
    one, three = make_running(workspace, people=1), make_running(workspace, people=3)
    assert queries_of(client, address(one)) == queries_of(client, address(three))


def test_people_behind_a_number_are_found_even_if_removed(client: Client, workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    for email, fields in {
        "read@a.example": {"first_opened_at": NOW},
        "left@a.example": {"first_opened_at": NOW, "status": "removed"},
        "cold@a.example": {},
        "unsent@a.example": {"first_opened_at": NOW, "first_sent_at": None},
    }.items():
        make_enrolment(campaign, make_contact(workspace, email), **({"first_sent_at": NOW} | fields))
    assert shown(client.get(address(campaign, "?did=opened"))) == ["read@a.example", "left@a.example"]
    assert len(shown(client.get(address(campaign, "?did=sent")))) == 3


def test_people_are_filtered_by_where_they_wait(client: Client, workspace: Workspace) -> None:
    campaign = make_running(workspace)
    make_enrolment(campaign, node="mail_1", status="completed")
    assert len(shown(client.get(address(campaign, "?node=mail_1")))) == 1
    assert shown(client.get(address(campaign, "?node=end"))) == []


def test_people_are_found_by_name(client: Client, workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    make_enrolment(campaign, make_contact(workspace, "ann@a.example", first_name="Ann"))
    make_enrolment(campaign, make_contact(workspace, "x@a.example", last_name="Annister"))
    make_enrolment(campaign)
    assert shown(client.get(address(campaign, "?q=ann"))) == ["ann@a.example", "x@a.example"]


def test_chosen_people_are_removed(client: Client, workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    gone, stays = make_enrolment(campaign), make_enrolment(campaign)
    assert gone.contact is not None
    client.post(address(campaign, "/remove"), {"act": "remove", "chosen": gone.contact.public_id})
    assert [row.pk for row in Enrolment.objects.exclude(status=EnrolmentStatus.REMOVED)] == [stays.pk]


def test_viewers_see_and_may_not_change(workspace: Workspace) -> None:
    campaign, client = make_campaign(workspace), signed_in(make_member(workspace, Role.VIEWER))
    assert client.get(address(campaign)).context["may_edit"] is False
    assert client.post(address(campaign, "/remove")).status_code == 403


def test_strangers_find_nothing(stranger: Member, workspace: Workspace) -> None:
    campaign, client = make_campaign(workspace), signed_in(stranger)
    assert client.get(address(campaign)).status_code == 404
    assert client.post(address(campaign, "/remove")).status_code == 404
