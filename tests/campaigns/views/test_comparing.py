from typing import Any

import pytest
from django.test import Client

from campaigns.models import Campaign, CampaignTotal
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import make_campaign
from tests.clients import ApiClient, signed_in
from tests.counting import queries_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(teammate: Member) -> Client:
    return signed_in(teammate)


def counted(workspace: Workspace, **counts: int) -> Campaign:
    campaign = make_campaign(workspace)
    CampaignTotal.objects.filter(campaign=campaign).update(**counts)
    return campaign


def address(*campaigns: Campaign) -> str:
    return "/campaigns/compare?" + "&".join(f"id={campaign.public_id}" for campaign in campaigns)


def cells(response: Any, key: str) -> list[Any]:
    (row,) = [row for row in response.context["rows"] if row.figure.key == key]
    return [(cell.count, cell.rate, cell.is_best) for cell in row.cells]


def test_numbers_are_those_of_the_api_side_by_side(client: Client, workspace: Workspace, api: ApiClient) -> None:
    campaigns = [counted(workspace, contacts=9, sent=8, opened=4), counted(workspace, contacts=5, sent=5, opened=1)]
    answers = [api.get(f"/campaigns/{one.public_id}/stats").json()["data"] for one in campaigns]
    found = cells(client.get(address(*campaigns)), "opened")
    assert found == [(one["opened"], one["openRate"], number == 0) for number, one in enumerate(answers)]


def test_best_is_the_highest_rate_or_the_lowest_of_what_nobody_wants(client: Client, workspace: Workspace) -> None:
    campaigns = [counted(workspace, sent=10, replied=2, bounced=2), counted(workspace, sent=10, replied=1, bounced=1)]
    response = client.get(address(*campaigns))
    assert [best for _count, _rate, best in cells(response, "replied")] == [True, False]
    assert [best for _count, _rate, best in cells(response, "bounced")] == [False, True]
    assert "best" in response.content.decode()


def test_there_is_no_best_of_equals_or_of_what_sent_nothing(client: Client, workspace: Workspace) -> None:
    response = client.get(address(counted(workspace, sent=10, opened=5), counted(workspace, sent=2, opened=1)))
    assert cells(response, "opened") == [(5, 50.0, False), (1, 50.0, False)]
    response = client.get(address(counted(workspace, sent=10, bounced=5), counted(workspace)))
    assert cells(response, "bounced") == [(5, 50.0, False), (0, None, False)]


def test_file_holds_the_table(client: Client, workspace: Workspace) -> None:
    campaigns = [counted(workspace, contacts=4, sent=4, opened=1), counted(workspace)]
    lines = client.get(f"{address(*campaigns)}&as=csv").content.decode("utf-8-sig").splitlines()
    assert lines[1:6] == ["People,4,0", "Sent,4,0", "Delivered,4,0", "Opened,1,0", "Open rate (%),25.0,"]


def test_queries_are_the_same_for_two_and_five(client: Client, workspace: Workspace) -> None:
    campaigns = [make_campaign(workspace) for _number in range(5)]
    assert queries_of(client, address(*campaigns[:2])) == queries_of(client, address(*campaigns))


@pytest.mark.parametrize("number", [0, 1, 6])
def test_too_few_and_too_many_lead_back(client: Client, workspace: Workspace, number: int) -> None:
    response = client.get(address(*(make_campaign(workspace) for _number in range(number))))
    assert (response.status_code, response["Location"]) == (303, "/campaigns/")


def test_campaigns_of_others_are_not_found(client: Client, workspace: Workspace, stranger: Member) -> None:
    assert client.get(address(make_campaign(workspace), make_campaign(stranger.workspace))).status_code == 404
