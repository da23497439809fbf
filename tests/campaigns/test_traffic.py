import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns import engine, scheduler, traffic
from campaigns.enums import CampaignStatus, EventType
from campaigns.events import Happening, record
from campaigns.models import Campaign, Message
from contacts.models import Tag, Tagging
from fluenzr.workspaces.models import Workspace
from tests.builders import (
    NOW,
    accept,
    make_campaign,
    make_email_node,
    make_enrolment,
    make_running,
    make_workflow,
)

pytestmark = pytest.mark.django_db


def test_traffic_counts_people_and_mails_by_node_in_three_queries(workspace: Workspace) -> None:
    campaign: Campaign = make_running(workspace, people=3)
    engine.advance_due(now=NOW)
    scheduler.plan(now=NOW)
    mail = Message.objects.filter(campaign=campaign).select_related("enrolment").order_by("pk")[0]
    accept(mail)
    engine.advance_due(now=NOW)
    mail.refresh_from_db()
    record([Happening(EventType.OPENED, NOW, message=mail)])
    with CaptureQueriesContext(connection) as queries:
        found = traffic.of(campaign)
    assert len(queries) == 3
    assert found["mail_1"] == {"waiting": 2, "passed": {"next": 1}, "sent": 1, "opened": 1, "replied": 0}
    assert found["start"] == {"waiting": 0, "passed": {"next": 3}, "sent": 0, "opened": 0, "replied": 0}


def test_who_left_the_start_by_a_tick_is_counted_like_who_was_put_further_at_once(workspace: Workspace) -> None:
    ask = {"id": "asked", "type": "condition", "data": {"check": "tag", "tag": "vip"}}
    document = make_workflow(ask, make_email_node())
    document["edges"][1]["branch"] = "yes"
    document["edges"].append({"from": "asked", "to": "end", "branch": "no"})
    campaign = make_campaign(workspace, document, status=CampaignStatus.ACTIVE)
    people = [make_enrolment(campaign, version=None) for _number in range(3)]
    tag = Tag.objects.create(workspace=workspace, name="vip")
    Tagging.objects.create(workspace=workspace, contact=people[0].contact, tag=tag, added_at=NOW)
    engine.begin(campaign, now=NOW)
    assert traffic.of(campaign)["start"]["waiting"] == 3
    engine.advance_due(now=NOW)
    found = traffic.of(campaign)
    assert found["start"]["passed"] == {"next": 3}
    assert found["asked"]["passed"] == {"yes": 1, "no": 2}
    assert found["mail_1"]["waiting"] == 1


def test_draft_has_no_traffic(workspace: Workspace) -> None:
    assert traffic.of(make_running(workspace, people=0)) == {}
