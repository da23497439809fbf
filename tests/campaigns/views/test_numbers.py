from typing import Any

import pytest
from django.test import Client

from campaigns import statistics
from campaigns.models import Campaign, Event
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import NOW, accept, make_campaign, make_contact, make_enrolment, make_message
from tests.clients import ApiClient
from tests.counting import queries_of

pytestmark = pytest.mark.django_db


def signed_in(member: Member) -> Client:
    client = Client()
    client.force_login(member.user)
    return client


@pytest.fixture
def client(teammate: Member) -> Client:
    return signed_in(teammate)


def address(campaign: Campaign, rest: str) -> str:
    return f"/campaigns/{campaign.public_id}/{rest}"


def make_event(campaign: Campaign, kind: str, email: str = "", **fields: Any) -> Event:
    contact = make_contact(campaign.workspace, email)
    fields = {"at": NOW} | fields
    return Event.objects.create(workspace=campaign.workspace, campaign=campaign, contact=contact, type=kind, **fields)


def types(client: Client, campaign: Campaign, query: str = "") -> list[str]:
    return [line.event.type for line in client.get(address(campaign, f"activity{query}")).context["listing"]]


def test_activity_is_filtered_by_type_and_address(client: Client, workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    make_event(campaign, "sent", "ann@a.example", metadata={"subject": "Hello"})
    make_event(campaign, "opened", "bob@b.example")
    make_event(campaign, "clicked", "bob2@b.example", is_bot=True)
    assert types(client, campaign, "?type=sent") == ["sent"]
    assert types(client, campaign, "?q=b.example") == ["opened"]
    assert sorted(types(client, campaign, "?bots=on&q=b.example")) == ["clicked", "opened"]


def test_activity_says_the_one_thing_about_an_event(client: Client, workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    make_event(campaign, "bounced", metadata={"ip": "203.0.113.7", "bounceReason": "550 no such user"})
    (line,) = client.get(address(campaign, "activity")).context["listing"]
    assert (line.about, line.tone) == ("550 no such user", "red")


def test_activity_needs_the_same_queries_for_any_number(client: Client, workspace: Workspace) -> None:
    one, three = make_campaign(workspace), make_campaign(workspace)
    for campaign in (one, three, three, three):
        make_event(campaign, "sent")
    assert queries_of(client, address(one, "activity")) == queries_of(client, address(three, "activity"))


def test_activity_of_nothing_says_so(client: Client, workspace: Workspace) -> None:
    page = client.get(address(make_campaign(workspace), "activity")).content.decode()
    assert ("Nothing has happened" in page, "<table" in page) == (True, False)


def test_statistics_are_those_of_the_api(client: Client, workspace: Workspace, api: ApiClient) -> None:
    campaign = make_campaign(workspace, status="active", started_at=NOW)
    accept(make_message(make_enrolment(campaign)))
    shown = client.get(address(campaign, "statistics")).context
    assert shown["numbers"] == statistics.overview(campaign)
    assert shown["emails"] == api.get(f"/campaigns/{campaign.public_id}/stats/emails").json()["data"]
    assert [line["sent"] for line in shown["emails"]] == [1]
    assert sum(bucket["sent"] for bucket in shown["buckets"]) == 1


def test_statistics_of_a_draft_have_no_days(client: Client, workspace: Workspace) -> None:
    shown = client.get(address(make_campaign(workspace), "statistics")).context
    assert (shown["buckets"], shown["chart"]) == ([], None)


def test_statistics_of_years_are_by_week(client: Client, workspace: Workspace) -> None:
    campaign = make_campaign(workspace, status="active", started_at=NOW.replace(year=2020))
    assert client.get(address(campaign, "statistics")).context["is_weekly"] is True


def test_strangers_find_nothing(stranger: Member, workspace: Workspace) -> None:
    campaign, client = make_campaign(workspace), signed_in(stranger)
    assert [client.get(address(campaign, rest)).status_code for rest in ("activity", "statistics")] == [404, 404]


def test_pages_need_a_member(workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    assert [Client().get(address(campaign, rest)).status_code for rest in ("activity", "statistics")] == [302, 302]
