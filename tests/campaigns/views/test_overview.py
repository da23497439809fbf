import pytest
from django.test import Client

from campaigns import statistics
from campaigns.enums import CampaignStatus
from campaigns.models import Campaign, CampaignTotal
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import make_campaign, make_email_node, make_member, make_running, make_workflow
from tests.clients import ApiClient, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(teammate: Member) -> Client:
    return signed_in(teammate)


def address(campaign: Campaign, rest: str = "") -> str:
    return f"/campaigns/{campaign.public_id}/{rest}"


def deeds(client: Client, campaign: Campaign) -> list[str]:
    return [deed.value for deed in client.get(address(campaign)).context["deeds"]]


def test_numbers_are_those_of_the_api(client: Client, workspace: Workspace, api: ApiClient) -> None:
    campaign = make_campaign(workspace)
    CampaignTotal.objects.filter(campaign=campaign).update(contacts=9, sent=8, bounced=1, opened=3, replied=2)
    shown = client.get(address(campaign)).context["numbers"]
    assert shown == statistics.overview(campaign)
    answer = api.get(f"/campaigns/{campaign.public_id}/stats").json()["data"]
    assert answer == shown


def test_rates_are_dashes_until_something_was_sent(client: Client, workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    assert "%" not in client.get(address(campaign)).content.decode()
    CampaignTotal.objects.filter(campaign=campaign).update(contacts=2, sent=2, opened=1)
    assert "50.0\u202f%" in client.get(address(campaign)).content.decode()


def test_page_polls_only_while_the_campaign_runs(client: Client, workspace: Workspace) -> None:
    pages = [client.get(address(one)).content.decode() for one in (make_running(workspace), make_campaign(workspace))]
    assert ["every 5s" in page for page in pages] == [True, False]


def test_part_holds_the_numbers_alone(client: Client, workspace: Workspace) -> None:
    part = client.get(address(make_running(workspace)), headers={"HX-Request": "true"}).content.decode()
    assert (part.strip().startswith('<div id="live"'), "<html" in part) == (True, False)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("draft", ["launch", "duplicate", "archive", "delete"]),
        ("active", ["pause", "duplicate", "cancel"]),
        ("paused", ["resume", "duplicate", "cancel"]),
        ("completed", ["duplicate", "archive"]),
        ("archived", ["duplicate"]),
    ],
)
def test_buttons_follow_the_status(client: Client, workspace: Workspace, status: str, expected: list[str]) -> None:
    assert deeds(client, make_campaign(workspace, status=status)) == expected


@pytest.mark.parametrize(
    ("act", "before", "after"),
    [
        ("start", "draft", "active"),
        ("pause", "active", "paused"),
        ("archive", "completed", "archived"),
        ("cancel", "paused", "cancelled"),
    ],
)
def test_acts_move_the_campaign(client: Client, workspace: Workspace, act: str, before: str, after: str) -> None:
    campaign = make_campaign(workspace, status=before)
    response = client.post(address(campaign, "act"), {"act": act})
    assert (response.status_code, response["Location"]) == (303, address(campaign))
    assert Campaign.objects.get().status == after


def test_cancel_says_how_many_stop(client: Client, workspace: Workspace) -> None:
    campaign = make_running(workspace, people=2, name="Q1")
    (cancel,) = [deed for deed in client.get(address(campaign)).context["deeds"] if deed.value == "cancel"]
    assert cancel.question == (
        "Cancel “Q1” for good? 2 contacts stop where they are and get no more of its emails. The numbers stay."
    )


def test_duplicate_opens_in_the_editor(client: Client, workspace: Workspace, teammate: Member) -> None:
    campaign = make_campaign(workspace, name="Q1", status="completed", max_emails_per_hour=7)
    response = client.post(address(campaign, "act"), {"act": "duplicate"})
    copy = Campaign.objects.exclude(pk=campaign.pk).get()
    assert (response.status_code, response["Location"]) == (303, address(copy, "workflow"))
    assert (copy.name, copy.status, copy.max_emails_per_hour) == ("Q1 (Copy)", CampaignStatus.DRAFT, 7)
    assert copy.created_by == teammate.user


def test_delete_of_a_draft_leads_to_the_list(client: Client, workspace: Workspace) -> None:
    response = client.post(address(make_campaign(workspace), "act"), {"act": "delete"})
    assert (response["Location"], Campaign.objects.count()) == ("/campaigns/", 0)


def test_delete_of_what_has_run_is_refused(client: Client, workspace: Workspace) -> None:
    response = client.post(address(make_campaign(workspace, status="completed"), "act"), {"act": "delete"})
    assert response.status_code == 409
    assert response.context["refused"] == ["The campaign is completed. Only a draft can be deleted."]


def test_progress_has_its_estimated_end(client: Client, workspace: Workspace) -> None:
    shown = client.get(address(make_running(workspace, people=2))).context
    assert shown["progress"].under_way == 2
    assert shown["forecast"].ends_at is not None


def test_tiles_lead_to_the_people_behind_them(client: Client, workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    urls = [tile.url for tile in client.get(address(campaign)).context["tiles"]]
    assert urls[:2] == [address(campaign, "contacts"), address(campaign, "contacts?did=sent")]
    assert {client.get(url).status_code for url in urls} == {200}


def test_start_that_is_refused_says_why(client: Client, workspace: Workspace) -> None:
    campaign = make_campaign(workspace, make_workflow())
    response = client.post(address(campaign, "act"), {"act": "start"})
    assert (response.status_code, response.context["refused"]) == (422, ["The workflow has no email"])
    assert Campaign.objects.get().status == CampaignStatus.DRAFT


def test_draft_says_what_a_start_would_refuse(client: Client, workspace: Workspace) -> None:
    response = client.get(address(make_campaign(workspace, make_workflow())))
    assert response.context["problems"] == ["The workflow has no email"]


def test_draft_names_the_step_and_the_field_of_a_problem(client: Client, workspace: Workspace) -> None:
    wait = {"id": "wait", "type": "delay", "data": {"days": 1.5}}
    response = client.get(address(make_campaign(workspace, make_workflow(make_email_node(), wait))))
    assert response.context["problems"] == ["Delay: Days: Must be a whole number."]


def test_pause_goes_back_to_the_page_that_asked_for_it(client: Client, workspace: Workspace) -> None:
    campaign = make_running(workspace)
    back = address(campaign, "workflow")
    assert client.post(address(campaign, "act"), {"act": "pause", "next": back})["Location"] == back


def test_viewers_see_and_may_not_act(workspace: Workspace) -> None:
    campaign, client = make_campaign(workspace), signed_in(make_member(workspace, Role.VIEWER))
    assert deeds(client, campaign) == []
    assert client.post(address(campaign, "act"), {"act": "start"}).status_code == 403


def test_strangers_find_nothing(stranger: Member, workspace: Workspace) -> None:
    campaign, client = make_campaign(workspace), signed_in(stranger)
    assert client.get(address(campaign)).status_code == 404
    assert client.post(address(campaign, "act"), {"act": "start"}).status_code == 404


def test_unknown_acts_are_not_found(client: Client, workspace: Workspace) -> None:
    assert client.post(address(make_campaign(workspace), "act"), {"act": "explode"}).status_code == 404
