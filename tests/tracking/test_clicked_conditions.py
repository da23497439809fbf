"""From a click on an address of a sent mail to the way that its reader takes."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns import engine, facts, scheduler
from campaigns.mail import rendering
from campaigns.models import Campaign, Enrolment, Message
from fluenzr.core import clock
from fluenzr.workspaces.models import Workspace
from tests import builders
from tests.builders import NOW
from tracking import folding

pytestmark = pytest.mark.django_db

BODY = "Price: https://acme.example/price or https://acme.example/for/{{ company }} of {{ city | default: 'Paris' }}"
PRICE, OWN = 1, 2
HOUR = timedelta(hours=1)


def asking(url: str) -> dict[str, Any]:
    """A mail with two links, then a day to click the one that is asked for."""
    ask = {"id": "ask", "type": "condition", "data": {"check": "clicked", "url": url, "withinDays": 1}}
    workflow = builders.make_workflow(builders.make_email_node(body=BODY), ask)
    workflow["nodes"].append(builders.make_email_node("mail_yes"))
    edges = [edge for edge in workflow["edges"] if edge["from"] != "ask"]
    workflow["edges"] = [
        *edges,
        {"from": "ask", "to": "mail_yes", "branch": "yes"},
        {"from": "ask", "to": "end", "branch": "no"},
        {"from": "mail_yes", "to": "end"},
    ]
    return workflow


def mailed(workspace: Workspace, url: str, people: int = 1) -> Campaign:
    """A campaign whose first mail everybody got at NOW."""
    around_the_clock = {"send_days": list(clock.DAY_NAMES), "send_hours_start": 0, "send_hours_end": 24}
    campaign = builders.make_campaign(
        workspace, asking(url), status="active", max_emails_per_hour=None, **around_the_clock
    )
    rendering.publish_links(campaign.version)
    for _number in range(people):
        builders.make_enrolment(campaign, builders.make_contact(workspace, company="Globex"), version=None)
    engine.begin(campaign, now=NOW)
    scheduler.plan(now=NOW)
    for message in Message.objects.filter(state="queued"):
        # As a sender keeps them with the mail.
        message.links = {str(OWN): "https://acme.example/for/Globex"}
        message.save(update_fields=["links"])
        builders.accept(message)
    engine.advance_due(now=NOW)
    return campaign


def click(link: int, at: Any = NOW + HOUR) -> None:
    for message in Message.objects.filter(node="mail_1"):
        builders.make_hit(message, "click", at, link=link)
    folding.fold(now=at + HOUR)


@pytest.mark.parametrize(
    ("url", "link", "node"),
    [
        ("https://acme.example/price", PRICE, "mail_yes"),
        ("https://acme.example/price", OWN, "ask"),
        ("https://acme.example/for/{{ company }}", OWN, "mail_yes"),
        ("https://acme.example/for/Globex", OWN, "mail_yes"),
        ("https://acme.example/for/Globex", PRICE, "ask"),
    ],
)
def test_click_decides_by_the_link_that_was_clicked(workspace: Workspace, url: str, link: int, node: str) -> None:
    mailed(workspace, url)
    assert Enrolment.objects.get().node == "ask"

    click(link)
    engine.advance_due(now=NOW + 2 * HOUR)
    assert Enrolment.objects.get().node == node


def test_first_click_of_a_link_counts(workspace: Workspace) -> None:
    mailed(workspace, "https://acme.example/price")
    click(PRICE, NOW + HOUR)
    click(PRICE, NOW + 5 * HOUR)

    enrolment = Enrolment.objects.get()
    [mail] = facts.of([enrolment])[enrolment.pk].mails
    assert dict(mail.clicks) == {"https://acme.example/price": NOW + HOUR}


@pytest.mark.parametrize("people", [1, 3])
def test_facts_take_as_many_queries_for_many(workspace: Workspace, people: int, django_assert_num_queries: Any) -> None:
    mailed(workspace, "https://acme.example/price", people)
    click(PRICE)
    click(OWN, NOW + 3 * HOUR)
    rows = list(Enrolment.objects.select_related("contact", "workspace"))
    # Tags and the names that they had, groups, mails, clicks, links, own fields.
    with django_assert_num_queries(7):
        facts.of(rows)
