from collections.abc import Callable
from typing import Any

import pytest

from campaigns import statistics
from campaigns.models import Campaign, CampaignTotal, Tally, WorkflowVersion
from campaigns.models.event import ALL_TIME
from fluenzr.workspaces.models import Workspace
from tests.builders import make_campaign, make_email_node, make_workflow

SEED = {
    "contacts": 500,
    "sent": 450,
    "opened": 178,
    "clicked": 45,
    "replied": 23,
    "bounced": 5,
    "unsubscribed": 3,
}


def count(campaign: Campaign, node: str, **counts: int) -> None:
    Tally.objects.create(workspace=campaign.workspace, campaign=campaign, node=node, slot=ALL_TIME, **counts)


@pytest.fixture
def campaign(workspace: Workspace) -> Campaign:
    first = make_email_node("node_2", subject="{{firstName}}, quick question")
    second = make_email_node("node_4", subject="Following up on my message")
    return make_campaign(workspace, make_workflow(first, second))


@pytest.mark.parametrize(
    ("part", "base", "percent"),
    [(178, 445, 40.0), (45, 445, 10.1), (23, 445, 5.2), (5, 450, 1.1), (3, 445, 0.7), (1, 8, 12.5), (89, 2000, 4.5)],
)
def test_rate_has_one_decimal_rounded_half_up(part: int, base: int, percent: float) -> None:
    assert statistics.rate(part, base) == percent


def test_rate_over_nothing_is_a_float_zero() -> None:
    assert repr(statistics.rate(0, 0)) == "0.0"


def test_rate_is_capped_at_a_hundred() -> None:
    assert statistics.rate(3, 2) == 100.0


def test_overview_agrees_with_the_worked_example_of_the_seed(campaign: Campaign) -> None:
    CampaignTotal.objects.filter(campaign=campaign).update(emails_sent=850, uncertain=1, **SEED)
    count(campaign, "node_2", sent=500, opened=178, bounced=5)
    count(campaign, "node_4", sent=350, opened=98)
    assert list(statistics.overview(campaign).items()) == [
        ("totalContacts", 500),
        ("sent", 450),
        ("delivered", 445),
        ("opened", 178),
        ("openRate", 40.0),
        ("clicked", 45),
        ("clickRate", 10.1),
        ("replied", 23),
        ("replyRate", 5.2),
        ("bounced", 5),
        ("bounceRate", 1.1),
        ("unsubscribed", 3),
        ("unsubscribeRate", 0.7),
        ("emailsSent", 850),
        ("uncertain", 1),
        ("openRateTracked", 32.7),  # 276 of 845
    ]


def test_overview_of_an_untouched_campaign_is_all_zero(campaign: Campaign) -> None:
    CampaignTotal.objects.all().delete()
    assert set(statistics.overview(campaign).values()) == {0}


def test_overview_leaves_untracked_mails_out_of_the_tracked_rate(workspace: Workspace) -> None:
    silent = make_email_node("silent", trackOpens=False)
    campaign = make_campaign(workspace, make_workflow(make_email_node("seen"), silent))
    count(campaign, "seen", sent=10, opened=5)
    count(campaign, "silent", sent=10)
    assert statistics.overview(campaign)["openRateTracked"] == 50.0


def test_people_has_the_eight_counts_of_the_campaign_object() -> None:
    assert statistics.people(CampaignTotal(**SEED)) == {
        "totalContacts": 500,
        "sent": 450,
        "delivered": 445,
        "opened": 178,
        "clicked": 45,
        "replied": 23,
        "bounced": 5,
        "unsubscribed": 3,
    }


def test_emails_agrees_with_the_worked_example_of_the_seed(campaign: Campaign) -> None:
    count(campaign, "node_2", sent=500, opened=178, clicked=45, replied=15)
    count(campaign, "node_4", sent=350, opened=98, clicked=12, replied=8)
    assert statistics.emails(campaign) == [
        {
            "nodeId": "node_2",
            "emailNumber": 1,
            "subject": "{{firstName}}, quick question",
            "sent": 500,
            "opened": 178,
            "openRate": 35.6,
            "clicked": 45,
            "clickRate": 9.0,
            "replied": 15,
            "replyRate": 3.0,
        },
        {
            "nodeId": "node_4",
            "emailNumber": 2,
            "subject": "Following up on my message",
            "sent": 350,
            "opened": 98,
            "openRate": 28.0,
            "clicked": 12,
            "clickRate": 3.4,
            "replied": 8,
            "replyRate": 2.3,
        },
    ]


def test_emails_lists_what_never_sent_and_adds_up_variants(campaign: Campaign) -> None:
    count(campaign, "node_2", variant="A", sent=2)
    count(campaign, "node_2", variant="B", sent=3)
    assert [(line["nodeId"], line["sent"]) for line in statistics.emails(campaign)] == [("node_2", 5), ("node_4", 0)]


def test_emails_puts_removed_nodes_that_had_sent_last(campaign: Campaign) -> None:
    count(campaign, "node_2", sent=7)
    graph = make_workflow(make_email_node("new"), make_email_node("node_4"))
    campaign.version = WorkflowVersion.objects.create(
        workspace=campaign.workspace, campaign=campaign, number=2, graph=graph
    )
    lines = [(line["emailNumber"], line["nodeId"], line["subject"]) for line in statistics.emails(campaign)]
    assert lines == [
        (1, "new", "Subject of new"),
        (2, "node_4", "Subject of node_4"),
        (3, "node_2", "{{firstName}}, quick question"),
    ]


def test_overview_and_emails_make_as_many_queries_for_many_nodes(
    workspace: Workspace, django_assert_num_queries: Callable[[int], Any]
) -> None:
    for size in (1, 3):
        nodes = [make_email_node(f"mail_{number}") for number in range(size)]
        campaign = make_campaign(workspace, make_workflow(*nodes))
        for node in nodes:
            count(campaign, node["id"], sent=4, opened=2)
        with django_assert_num_queries(3):  # the version once a process, the total, the tallies
            statistics.overview(campaign)
        with django_assert_num_queries(1):
            statistics.emails(campaign)
