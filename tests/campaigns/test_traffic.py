import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns import engine, scheduler, traffic
from campaigns.enums import EventType
from campaigns.events import Happening, record
from campaigns.models import Campaign, Message
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, accept, make_running

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


def test_draft_has_no_traffic(workspace: Workspace) -> None:
    assert traffic.of(make_running(workspace, people=0)) == {}
