import json
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse

from campaigns.models import Campaign, CampaignTotal, Event, Tally
from campaigns.models.event import ALL_TIME
from fluenzr.workspaces.models import Workspace
from tests.builders import (
    NOW,
    make_campaign,
    make_contact,
    make_email_node,
    make_workflow,
    make_workspace,
)
from tests.clients import ApiClient, count_queries


def data(response: HttpResponse) -> Any:
    answer = json.loads(response.content)
    assert response.status_code == 200, answer
    return answer["data"]


def paths(response: HttpResponse) -> list[str]:
    answer = json.loads(response.content)
    assert response.status_code == 400, answer
    return list(answer["error"]["details"])


@pytest.fixture
def campaign(workspace: Workspace) -> Campaign:
    return make_campaign(workspace, started_at=NOW)


def at(campaign: Campaign, numbers: str) -> str:
    return f"/campaigns/{campaign.public_id}/{numbers}"


def happen(campaign: Campaign, type: str, minutes: int = 0, **fields: Any) -> Event:
    when = NOW + timedelta(minutes=minutes)
    return Event.objects.create(workspace=campaign.workspace, campaign=campaign, type=type, at=when, **fields)


def test_stats_print_rates_as_floats(api: ApiClient, campaign: Campaign) -> None:
    CampaignTotal.objects.update(contacts=500, sent=450, opened=178, clicked=45, replied=23, bounced=5, unsubscribed=3)
    answer = api.get(at(campaign, "stats")).content
    for part in (
        b'"openRate":40.0',
        b'"clickRate":10.1',
        b'"replyRate":5.2',
        b'"bounceRate":1.1',
        b'"unsubscribeRate":0.7',
    ):
        assert part in answer


def test_stats_make_a_fixed_number_of_queries(api: ApiClient, workspace: Workspace) -> None:
    for size in (1, 3):
        nodes = [make_email_node(f"mail_{number}") for number in range(size)]
        campaign = make_campaign(workspace, make_workflow(*nodes))
        for node in nodes:
            Tally.objects.create(workspace=workspace, campaign=campaign, node=node["id"], slot=ALL_TIME, sent=1)
        url = at(campaign, "stats")
        api.get(url)
        # The campaign, its totals, its tallies.
        assert count_queries(api, url) == 3


@pytest.mark.parametrize("numbers", ["stats", "stats/emails", "stats/timeline"])
def test_stats_are_never_paged(api: ApiClient, campaign: Campaign, numbers: str) -> None:
    assert list(json.loads(api.get(at(campaign, numbers)).content)) == ["success", "data"]
    assert paths(api.get(at(campaign, f"{numbers}?page=1"))) == ["page"]


def test_timeline_has_defaults(api: ApiClient, workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    points = data(api.get(at(campaign, "stats/timeline")))
    assert [list(point) for point in points] == [
        ["date", "sent", "opened", "replied", "clicked", "bounced", "unsubscribed"]
    ]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("interval=month", "interval"),
        ("from=soon", "from"),
        ("from=", "from"),
        ("to=2025-01-16T10:00:00", "to"),
        ("from=2025-01-02&to=2025-01-01", "to"),
        ("from=1970-01-01&to=2025-01-01", "interval"),
        ("since=2025-01-01", "since"),
    ],
)
def test_timeline_refuses_what_it_does_not_know(api: ApiClient, campaign: Campaign, query: str, name: str) -> None:
    assert paths(api.get(at(campaign, f"stats/timeline?{query}"))) == [name]


def test_activity_is_filtered_and_paged(api: ApiClient, campaign: Campaign) -> None:
    person = make_contact(campaign.workspace)
    wanted = [happen(campaign, "opened", minute, contact=person) for minute in (0, 1, 2)]
    happen(campaign, "sent", contact=person)
    happen(campaign, "opened")
    query = f"activity?type=opened,clicked&contactId={person.public_id}&from=2026-03-02&to=2026-03-02&perPage=2"
    answer = json.loads(api.get(at(campaign, query)).content)
    assert [line["id"] for line in answer["data"]] == [event.public_id for event in reversed(wanted[1:])]
    assert answer["meta"] == {"page": 1, "perPage": 2, "total": 3, "totalPages": 2}


def test_activity_reads_dates_in_the_campaigns_zone(api: ApiClient, workspace: Workspace) -> None:
    campaign = make_campaign(workspace, timezone="Pacific/Auckland")  # 13 hours ahead
    happen(campaign, "sent")  # 23:00 there
    happen(campaign, "sent", 60)
    assert len(data(api.get(at(campaign, "activity?to=2026-03-02")))) == 1


def test_activity_shows_machines_when_asked(api: ApiClient, campaign: Campaign) -> None:
    happen(campaign, "opened", is_bot=True)
    assert data(api.get(at(campaign, "activity"))) == []
    assert len(data(api.get(at(campaign, "activity?includeBots=true")))) == 1


@pytest.mark.parametrize("query", ["type=open", "contactId=con_1", "from=x", "includeBots=yes", "sort=type", "page=0"])
def test_activity_refuses_what_it_does_not_know(api: ApiClient, campaign: Campaign, query: str) -> None:
    assert paths(api.get(at(campaign, f"activity?{query}"))) == [query.partition("=")[0]]


def test_activity_refuses_a_foreign_contact(api: ApiClient, campaign: Campaign) -> None:
    foreign = make_contact(make_workspace()).public_id
    assert paths(api.get(at(campaign, f"activity?contactId={foreign}"))) == ["contactId"]


def test_activity_makes_as_many_queries_for_three_as_for_one(api: ApiClient, campaign: Campaign) -> None:
    url = at(campaign, "activity")
    happen(campaign, "sent", contact=make_contact(campaign.workspace))
    api.get(url)
    one = count_queries(api, url)
    for _ in range(2):
        happen(campaign, "sent", contact=make_contact(campaign.workspace))
    # The campaign, the events with their contacts.
    assert count_queries(api, url) == one == 2
