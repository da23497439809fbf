from typing import Any

import pytest
from django.test import Client

from campaigns.models import Campaign, Event
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import NOW, make_campaign, make_contact
from tests.clients import signed_in
from tests.counting import queries_of

pytestmark = pytest.mark.django_db


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


@pytest.mark.parametrize(
    ("type", "key", "said", "tone"),
    [
        ("bounced", "bounceReason", "550 no such user", "red"),
        ("clicked", "linkUrl", "https://acme.example/price", "blue"),
    ],
)
def test_activity_says_the_one_thing_about_an_event(
    client: Client, workspace: Workspace, type: str, key: str, said: str, tone: str
) -> None:
    campaign = make_campaign(workspace)
    make_event(campaign, type, metadata={"ip": "203.0.113.7", key: said})
    (line,) = client.get(address(campaign, "activity")).context["listing"]
    assert (line.about, line.tone) == (said, tone)


def test_activity_needs_the_same_queries_for_any_number(client: Client, workspace: Workspace) -> None:
    one, three = make_campaign(workspace), make_campaign(workspace)
    for campaign in (one, three, three, three):
        make_event(campaign, "sent")
    assert queries_of(client, address(one, "activity")) == queries_of(client, address(three, "activity"))


def test_activity_of_nothing_says_so(client: Client, workspace: Workspace) -> None:
    page = client.get(address(make_campaign(workspace), "activity")).content.decode()
    assert ("Nothing has happened" in page, "<table" in page) == (True, False)


def test_strangers_find_nothing(stranger: Member, workspace: Workspace) -> None:
    client = Client()
    client.force_login(stranger.user)
    assert client.get(address(make_campaign(workspace), "activity")).status_code == 404
