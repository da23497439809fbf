from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from campaigns import statistics
from campaigns.models import Campaign, CampaignTotal
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import NOW, accept, make_campaign, make_enrolment, make_message
from tests.clients import ApiClient, signed_in

pytestmark = pytest.mark.django_db
PAGES = ("statistics", "statistics/people.csv", "statistics/emails.csv", "statistics/timeline.csv")


@pytest.fixture
def client(teammate: Member) -> Client:
    return signed_in(teammate)


def address(campaign: Campaign, rest: str) -> str:
    return f"/campaigns/{campaign.public_id}/{rest}"


def test_statistics_are_those_of_the_api(client: Client, workspace: Workspace, api: ApiClient) -> None:
    campaign = make_campaign(workspace, status="active", started_at=NOW)
    accept(make_message(make_enrolment(campaign)))
    shown = client.get(address(campaign, "statistics")).context
    assert shown["numbers"] == statistics.overview(campaign)
    assert shown["emails"] == api.get(f"/campaigns/{campaign.public_id}/stats/emails").json()["data"]
    assert [line["sent"] for line in shown["emails"]] == [1]
    timeline = api.get(f"/campaigns/{campaign.public_id}/stats/timeline?interval=day").json()["data"]
    keys = ("date", "sent", "opened", "replied")
    assert [[line[key] for key in keys] for line in timeline] == [
        [bucket[key] for key in keys] for bucket in shown["buckets"]
    ]
    assert sum(bucket["sent"] for bucket in shown["buckets"]) == 1


def test_funnel_counts_people_from_all_to_those_who_answered(client: Client, workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    numbers = {"contacts": 10, "sent": 8, "bounced": 2, "opened": 4, "clicked": 2, "replied": 1}
    CampaignTotal.objects.filter(campaign=campaign).update(**numbers)
    funnel = client.get(address(campaign, "statistics")).context["funnel"]
    assert [stage.tile.value for stage in funnel] == [10, 8, 6, 4, 2, 1]
    assert [stage.share for stage in funnel] == [100, 80, 60, 40, 20, 10]


def test_charts_show_what_the_tables_say(client: Client, workspace: Workspace) -> None:
    campaign = make_campaign(workspace, status="active", started_at=timezone.now())
    accept(make_message(make_enrolment(campaign)), at=timezone.now())
    shown = client.get(address(campaign, "statistics")).context
    assert list(shown["email_chart"].rows) == [("1. Subject of mail_1", [1, 0, 0, 0])]
    ((_day, values),) = shown["timeline"].rows
    assert values == [1, 0, 0, 0, 0, 0]


def test_period_narrows_the_timeline(client: Client, workspace: Workspace) -> None:
    campaign = make_campaign(workspace, status="active", started_at=NOW)
    shown = client.get(address(campaign, "statistics?since=2026-03-02&until=2026-03-04")).context
    assert [bucket["date"] for bucket in shown["buckets"]] == ["2026-03-02", "2026-03-03", "2026-03-04"]


@pytest.mark.parametrize(
    ("query", "field"),
    [("since=2026-03-04&until=2026-03-02", "until"), ("interval=hour", "interval"), ("since=soon", "since")],
)
def test_period_that_cannot_be_shown_says_why(client: Client, workspace: Workspace, query: str, field: str) -> None:
    campaign = make_campaign(workspace, status="active", started_at=NOW.replace(year=2024))
    response = client.get(address(campaign, f"statistics?{query}"))
    assert (response.status_code, list(response.context["form"].errors)) == (422, [field])


def lines(response: Any) -> list[str]:
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    return response.content.decode("utf-8-sig").splitlines()


def test_files_hold_what_the_charts_show(client: Client, workspace: Workspace) -> None:
    campaign = make_campaign(workspace, name="Q1", status="active", started_at=NOW)
    accept(make_message(make_enrolment(campaign)))
    people = client.get(address(campaign, "statistics/people.csv"))
    assert people["Content-Disposition"] == 'attachment; filename="q1-people.csv"'
    assert lines(people)[:5] == [",People,Rate (%)", "People,0,", "Sent,1,", "Delivered,1,", "Opened,0,0.0"]
    assert lines(client.get(address(campaign, "statistics/emails.csv"))) == [
        "Email,Subject,Sent,Opened,Clicked,Replied,Open rate (%),Click rate (%),Reply rate (%)",
        "1,Subject of mail_1,1,0,0,0,0.0,0.0,0.0",
    ]
    timeline = client.get(address(campaign, "statistics/timeline.csv?since=2026-03-02&until=2026-03-02"))
    assert lines(timeline) == ["Date,Sent,Opened,Clicked,Replied,Bounced,Unsubscribed", "2026-03-02,1,0,0,0,0,0"]


def test_statistics_of_a_draft_have_no_days(client: Client, workspace: Workspace) -> None:
    shown = client.get(address(make_campaign(workspace), "statistics")).context
    assert (shown["buckets"], shown["timeline"]) == ([], None)


def test_statistics_of_years_are_by_week(client: Client, workspace: Workspace) -> None:
    campaign = make_campaign(workspace, status="active", started_at=NOW.replace(year=2020))
    assert client.get(address(campaign, "statistics")).context["interval"] == "week"


def test_strangers_find_nothing(stranger: Member, workspace: Workspace) -> None:
    campaign, client = make_campaign(workspace), signed_in(stranger)
    assert [client.get(address(campaign, rest)).status_code for rest in PAGES] == [404] * len(PAGES)


def test_pages_need_a_member(workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    assert [Client().get(address(campaign, rest)).status_code for rest in PAGES] == [302] * len(PAGES)
