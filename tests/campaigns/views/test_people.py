from typing import Any

import pytest
from django.test import Client

from campaigns.enums import EnrolmentStatus
from campaigns.models import Campaign, Enrolment
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import make_campaign, make_contact, make_enrolment, make_group, make_member, make_running
from tests.counting import queries_of

pytestmark = pytest.mark.django_db


def signed_in(member: Member) -> Client:
    client = Client()
    client.force_login(member.user)
    return client


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
    assert (line.next_at, str(line.reason)) == (None, "The campaign is draft.")


def test_people_are_filtered_by_status_and_address(client: Client, workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    for email, status in (("ann@a.example", "replied"), ("bob@a.example", "completed"), ("zoe@b.example", "replied")):
        make_enrolment(campaign, make_contact(workspace, email), status=status)
    assert shown(client.get(address(campaign, "?status=replied"))) == ["ann@a.example", "zoe@b.example"]
    assert shown(client.get(address(campaign, "?q=a.example&sort=-added"))) == ["bob@a.example", "ann@a.example"]


def test_people_need_the_same_queries_for_any_number(client: Client, workspace: Workspace) -> None:
    one, three = make_running(workspace, people=1), make_running(workspace, people=3)
    assert queries_of(client, address(one)) == queries_of(client, address(three))


def test_groups_are_added(client: Client, workspace: Workspace) -> None:
    campaign, contact = make_campaign(workspace), make_contact(workspace)
    group = make_group(workspace, members=(contact,))
    response = client.post(address(campaign, "/add"), {"groups": [group.public_id]})
    assert (response.status_code, response["Location"]) == (303, address(campaign))
    assert Enrolment.objects.get().contact == contact


def test_addresses_are_added_in_any_spelling(client: Client, workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    for email in ("ann@a.example", "bob@a.example"):
        make_contact(workspace, email)
    client.post(address(campaign, "/add"), {"addresses": "Ann@A.example,\n bob@a.example"})
    assert Enrolment.objects.filter(campaign=campaign).count() == 2


def test_address_of_nobody_is_named_and_adds_nobody(client: Client, workspace: Workspace, stranger: Member) -> None:
    campaign = make_campaign(workspace)
    make_contact(workspace, "ann@a.example")
    make_contact(stranger.workspace, "theirs@b.example")
    response = client.post(address(campaign, "/add"), {"addresses": "ann@a.example theirs@b.example"})
    assert response.status_code == 422
    assert response.context["form"].errors == {"addresses": ["No contact has this address: theirs@b.example"]}
    assert Enrolment.objects.count() == 0


def test_adding_needs_exactly_one_way(client: Client, workspace: Workspace) -> None:
    response = client.post(address(make_campaign(workspace), "/add"), {"addresses": " "})
    assert response.status_code == 422
    assert response.context["form"].non_field_errors() == ["Choose groups, or write addresses."]


def test_adding_to_an_archived_campaign_is_refused(client: Client, workspace: Workspace) -> None:
    campaign, contact = make_campaign(workspace, status="archived"), make_contact(workspace, "ann@a.example")
    response = client.post(address(campaign, "/add"), {"addresses": contact.email})
    assert (response.status_code, Enrolment.objects.count()) == (422, 0)


def test_chosen_people_are_removed(client: Client, workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    gone, stays = make_enrolment(campaign), make_enrolment(campaign)
    assert gone.contact is not None
    client.post(address(campaign, "/remove"), {"act": "remove", "chosen": gone.contact.public_id})
    assert [row.pk for row in Enrolment.objects.exclude(status=EnrolmentStatus.REMOVED)] == [stays.pk]


def test_viewers_see_and_may_not_change(workspace: Workspace) -> None:
    campaign, client = make_campaign(workspace), signed_in(make_member(workspace, Role.VIEWER))
    assert client.get(address(campaign)).context["may_edit"] is False
    assert [client.post(address(campaign, rest)).status_code for rest in ("/add", "/remove")] == [403, 403]


def test_strangers_find_nothing(stranger: Member, workspace: Workspace) -> None:
    campaign, client = make_campaign(workspace), signed_in(stranger)
    assert [client.get(address(campaign, rest)).status_code for rest in ("", "/add")] == [404, 404]
    assert client.post(address(campaign, "/remove")).status_code == 404
