from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns import engine, graph, outcomes, scheduler, settling
from campaigns.enums import EventType
from campaigns.events import Happening
from campaigns.models import Campaign, CampaignAccount, Enrolment, Event, Message, Passage, WorkflowVersion
from campaigns.settling import Held
from contacts import tagging
from contacts.models import Contact, Tag, Tagging
from fluenzr.mailboxes.transports.base import Outcome, Receipt
from fluenzr.workspaces.models import Workspace
from tests.builders import (
    NOW,
    accept,
    make_campaign,
    make_contact,
    make_email_node,
    make_enrolment,
    make_field,
    make_group,
    make_running,
    make_workflow,
)

pytestmark = pytest.mark.django_db

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WAIT = {"id": "wait", "type": "delay", "data": {"days": 3}}


def deciding(*before: dict[str, Any], **data: Any) -> dict[str, Any]:
    """The steps, then a condition: yes to `mail_yes`, no to `mail_no`, both to the end."""
    ask = {"id": "ask", "type": "condition", "data": data}
    workflow = make_workflow(*before, ask)
    workflow["nodes"] += [make_email_node("mail_yes"), make_email_node("mail_no")]
    workflow["edges"] = [edge for edge in workflow["edges"] if edge["from"] != "ask"] + [
        {"from": "ask", "to": "mail_yes", "branch": "yes"},
        {"from": "ask", "to": "mail_no", "branch": "no"},
        {"from": "mail_yes", "to": "end"},
        {"from": "mail_no", "to": "end"},
    ]
    return workflow


def running(workspace: Workspace, workflow: dict[str, Any], *people: Contact) -> Campaign:
    campaign = make_running(workspace, people=0)
    campaign.version = WorkflowVersion.objects.create(workspace=workspace, campaign=campaign, number=2, graph=workflow)
    campaign.save()
    for contact in people or (make_contact(workspace),):
        make_enrolment(campaign, contact, version=None)
    engine.begin(campaign, now=NOW)
    return campaign


def send(now: Any = NOW) -> Message:
    """Plan, and have the one message accepted."""
    scheduler.plan(now=now)
    message = Message.objects.get(state="queued")
    accept(message, now)
    return message


def nodes() -> dict[Any, str]:
    return dict(Enrolment.objects.values_list("contact", "node"))


def test_people_begin_at_the_first_mail(workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    make_enrolment(campaign, version=None)
    CampaignAccount.objects.update(next_slot_at=NOW + DAY, wait_reason="account_daily")
    assert engine.begin(campaign, now=NOW) == 1
    enrolment = Enrolment.objects.get()
    assert (enrolment.node, enrolment.phase, enrolment.next_run_at) == ("mail_1", "mail", NOW)
    assert (enrolment.version, enrolment.status, enrolment.entered_at) == (campaign.version, "pending", NOW)
    assert CampaignAccount.objects.values_list("next_slot_at", "wait_reason").get() == (None, "")
    assert engine.begin(campaign, now=NOW) == 0


def test_people_begin_at_the_start_where_the_way_depends_on_them(workspace: Workspace) -> None:
    vip, other = make_contact(workspace), make_contact(workspace)
    tag = Tag.objects.create(workspace=workspace, name="vip")
    Tagging.objects.create(workspace=workspace, tag=tag, contact=vip, added_at=NOW)
    running(workspace, deciding(check="tag", tag="vip"), vip, other)
    assert set(nodes().values()) == {"start"}
    assert engine.advance_due(now=NOW) == 2
    assert nodes() == {vip.pk: "mail_yes", other.pk: "mail_no"}
    passed = Passage.objects.order_by("node", "port").values_list("node", "port", "passed")
    assert list(passed) == [("ask", "no", 1), ("ask", "yes", 1), ("start", "next", 2)]


def test_tag_that_got_another_name_decides_as_before(workspace: Workspace) -> None:
    vip, other = make_contact(workspace), make_contact(workspace)
    tagging.add(workspace=workspace, names={vip.pk: ["vip"]}, now=NOW)
    running(workspace, deciding(check="tag", tag="vip"), vip, other)
    tagging.rename(Tag.objects.get(), name="VIP 2026", by="test", now=NOW)
    engine.advance_due(now=NOW)
    assert nodes() == {vip.pk: "mail_yes", other.pk: "mail_no"}


def test_group_and_field_decide(workspace: Workspace) -> None:
    make_field(workspace, "size", "number", default=44)
    inside, outside = make_contact(workspace, custom={"size": 40}), make_contact(workspace)
    group = make_group(workspace, members=(inside,))
    by_group = running(workspace, deciding(check="group", groupId=group.public_id), inside, outside)
    by_field = running(
        workspace, deciding(check="field", field="size", operator="greater", value="43"), inside, outside
    )
    engine.advance_due(now=NOW)
    ways = {campaign: dict(campaign.enrolments.values_list("contact", "node")) for campaign in (by_group, by_field)}
    assert ways[by_group] == {inside.pk: "mail_yes", outside.pk: "mail_no"}
    assert ways[by_field] == {inside.pk: "mail_no", outside.pk: "mail_yes"}  # a blank field has its default


def test_three_days_are_72_hours_from_the_accepted_mail_whatever_the_queue(workspace: Workspace) -> None:
    make_running(workspace, make_email_node(), WAIT, make_email_node("mail_2"))
    accepted = NOW + timedelta(hours=5, seconds=7)
    scheduler.plan(now=NOW)
    accept(Message.objects.get(), accepted)
    enrolment = Enrolment.objects.get()
    assert (enrolment.node, enrolment.next_run_at) == ("wait", accepted + timedelta(hours=72))
    assert engine.advance_due(now=accepted + timedelta(hours=72, seconds=-1)) == 0
    assert engine.advance_due(now=accepted + timedelta(hours=72)) == 1
    assert Enrolment.objects.get().phase == "mail"


def test_person_is_in_progress_from_the_first_accepted_mail(workspace: Workspace) -> None:
    make_running(workspace, make_email_node(), WAIT)
    scheduler.plan(now=NOW)
    assert Enrolment.objects.get().status == "pending"
    accept(Message.objects.get())
    assert Enrolment.objects.get().status == "in_progress"


def test_last_person_to_end_completes_the_campaign(workspace: Workspace) -> None:
    campaign = make_running(workspace, people=2)
    scheduler.plan(now=NOW)
    one, two = Message.objects.all()
    accept(one)
    assert Campaign.objects.get().status == "active"
    accept(two, NOW + MINUTE)
    campaign.refresh_from_db()
    assert (campaign.status, campaign.completed_at) == ("completed", NOW + MINUTE)
    ended = Enrolment.objects.values_list("status", "phase", "next_run_at", "node").distinct()
    assert list(ended) == [("completed", "", None, "end")]
    assert Event.objects.filter(type="completed", metadata={}).values("enrolment", "contact").distinct().count() == 2
    assert Event.objects.filter(type="completed").count() == 2


@pytest.mark.parametrize("status", ["paused", "draft", "cancelled"])
def test_nobody_moves_in_a_campaign_that_does_not_run(workspace: Workspace, status: str) -> None:
    make_running(workspace, WAIT)
    Campaign.objects.update(status=status)
    assert not engine.steps_due(NOW + 9 * DAY)
    assert engine.advance_due(now=NOW + 9 * DAY) == 0


def test_opened_in_time_is_yes_at_once_and_not_opened_is_no_when_time_is_over(workspace: Workspace) -> None:
    workflow = deciding(make_email_node(), check="opened", withinDays=2)
    one, two = make_contact(workspace), make_contact(workspace)
    running(workspace, workflow, one, two)
    scheduler.plan(now=NOW)
    for message in Message.objects.all():
        accept(message)
    engine.advance_due(now=NOW)
    assert set(Enrolment.objects.values_list("node", "next_run_at")) == {("ask", NOW + 2 * DAY)}
    happening = Happening(EventType.OPENED, NOW + HOUR, message=Message.objects.get(contact=one))
    engine.events.record([happening])
    assert engine.advance_due(now=NOW + HOUR) == 1
    assert nodes() == {one.pk: "mail_yes", two.pk: "ask"}
    assert engine.advance_due(now=NOW + 2 * DAY) == 1
    assert nodes() == {one.pk: "mail_yes", two.pk: "mail_no"}
    assert Enrolment.objects.get(contact=two).entered_at == NOW + 2 * DAY


@pytest.mark.parametrize(("edges", "node"), [([], "mail_no"), (["unknown"], "mail_yes")])
def test_person_who_objected_to_tracking_takes_the_unknown_way(
    workspace: Workspace, edges: list[str], node: str
) -> None:
    workflow = deciding(make_email_node(), check="opened", withinDays=2)
    workflow["edges"] += [{"from": "ask", "to": "mail_yes", "branch": branch} for branch in edges]
    running(workspace, workflow, make_contact(workspace, objected_at=NOW))
    send()
    engine.advance_due(now=NOW)
    assert Enrolment.objects.get().node == node


def test_click_on_one_url_decides(workspace: Workspace) -> None:
    url = "https://acme.example/price"
    running(workspace, deciding(make_email_node(), check="clicked", url=url, withinDays=1))
    message = send()
    engine.advance_due(now=NOW)
    for number, linked in enumerate(("https://acme.example/", url)):
        at = NOW + (number + 1) * HOUR
        happening = Happening(EventType.CLICKED, at, message=message, metadata={"linkUrl": linked}, link=number)
        engine.events.record([happening])
        engine.advance_due(now=at)
        assert Enrolment.objects.get().node == ("ask", "mail_yes")[number]


def test_doubted_mail_holds_its_journey_until_doubt_is_over(workspace: Workspace, settings: Any) -> None:
    settings.FLUENZR_DOUBT_SECONDS = 3600
    make_running(workspace, make_email_node(), WAIT)
    message = claimed()
    settling.doubt(message, fence=message.fence, reason="gone", now=NOW)
    assert engine.advance_due(now=NOW + HOUR - MINUTE) == 0
    assert engine.advance_due(now=NOW + HOUR) == 1
    assert (Enrolment.objects.get().node, Enrolment.objects.get().next_run_at) == ("wait", NOW + 3 * DAY)


def claimed() -> Message:
    """The one planned mail, on the wire."""
    scheduler.plan(now=NOW)
    Message.objects.filter(state="queued").update(state="sending", sending_at=NOW)
    return Message.objects.get(state="sending")


def test_late_answer_does_not_move_somebody_who_went_on(workspace: Workspace, settings: Any) -> None:
    settings.FLUENZR_DOUBT_SECONDS = 60
    make_running(workspace, make_email_node(), make_email_node("mail_2"))
    first = claimed()
    settling.doubt(first, fence=first.fence, reason="gone", now=NOW)
    engine.advance_due(now=NOW + HOUR)
    scheduler.plan(now=NOW + HOUR)
    before = Enrolment.objects.values("node", "phase", "next_run_at").get()
    assert before == {"node": "mail_2", "phase": "", "next_run_at": None}
    settling.settle(Held(first, first.fence), Receipt(first.pk, Outcome.ACCEPTED, 250), now=NOW + HOUR)
    assert Enrolment.objects.values("node", "phase", "next_run_at").get() == before
    engine.advance_due(now=NOW + 2 * HOUR)
    scheduler.plan(now=NOW + 2 * HOUR)
    assert list(Message.objects.order_by("node").values_list("node", "state")) == [
        ("mail_1", "sent"),
        ("mail_2", "queued"),
    ]


def test_reply_ends_the_journey_before_the_next_step(workspace: Workspace) -> None:
    make_running(workspace, make_email_node(), WAIT, make_email_node("mail_2"))
    message = send()
    engine.advance_due(now=NOW)
    outcomes.replied(message, at=NOW + HOUR, now=NOW + HOUR, metadata={})
    assert engine.advance_due(now=NOW + 9 * DAY) == 0
    assert Enrolment.objects.values_list("status", "phase", "next_run_at").get() == ("replied", "", None)


def test_broken_journey_holds_up_nobody_elses(workspace: Workspace) -> None:
    make_running(workspace, WAIT, people=5)
    broken = Enrolment.objects.order_by("pk")[2]
    Enrolment.objects.filter(pk=broken.pk).update(node="gone")
    due = NOW + 3 * DAY
    assert engine.advance_due(now=due) == 5
    assert Enrolment.objects.filter(status="completed").count() == 4
    broken.refresh_from_db()
    assert (broken.status, broken.phase, broken.next_run_at) == ("pending", "step", due + engine.BROKEN_FOR)


def test_version_with_an_unknown_node_type_holds_up_nobody_elses(workspace: Workspace) -> None:
    good, bad = make_running(workspace, WAIT), make_running(workspace, WAIT)
    bad.version.graph = make_workflow({**WAIT, "type": "teleport"})
    bad.version.save()
    graph.of_version.cache_clear()
    engine.advance_due(now=NOW + 3 * DAY)
    assert good.enrolments.get().status == "completed"
    assert bad.enrolments.get().next_run_at == NOW + 3 * DAY + engine.BROKEN_FOR


def test_move_in_flight_takes_along_whose_node_is_still_there(workspace: Workspace) -> None:
    campaign = make_running(workspace, make_email_node(), WAIT, people=2)
    stays = Enrolment.objects.first()
    Enrolment.objects.filter(pk=stays.pk).update(node="gone", phase="step", next_run_at=NOW + DAY)
    old = campaign.version
    campaign.version = WorkflowVersion.objects.create(
        workspace=workspace, campaign=campaign, number=2, graph=make_workflow(WAIT, make_email_node())
    )
    campaign.save()
    assert engine.move_in_flight(campaign, now=NOW + HOUR) == 1
    assert set(Enrolment.objects.values_list("node", "version")) == {("gone", old.pk), ("mail_1", campaign.version.pk)}


def test_mail_that_became_another_node_is_looked_at_again(workspace: Workspace) -> None:
    campaign = make_running(workspace)
    campaign.version = WorkflowVersion.objects.create(
        workspace=workspace, campaign=campaign, number=2, graph=make_workflow({**WAIT, "id": "mail_1"})
    )
    campaign.save()
    engine.move_in_flight(campaign, now=NOW + HOUR)
    assert Enrolment.objects.values_list("phase", "next_run_at").get() == ("step", NOW + HOUR)
    engine.advance_due(now=NOW + HOUR)
    assert Enrolment.objects.values_list("phase", "next_run_at").get() == ("step", NOW + 3 * DAY)
    assert scheduler.plan(now=NOW + HOUR) == 0


def test_moving_takes_the_same_number_of_queries_for_few_and_many(workspace: Workspace) -> None:
    contacts = [make_contact(workspace) for _number in range(40)]
    counts = []
    for people in (contacts[:2], contacts[2:]):
        running(workspace, deciding(check="field", field="company", operator="is_empty"), *people)
        graph.of_version(Enrolment.objects.latest("pk").version_id)
        with CaptureQueriesContext(connection) as queries:
            assert engine.advance_due(now=NOW) == len(people)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_earliest_due_go_first(workspace: Workspace) -> None:
    make_running(workspace, WAIT, people=3)
    first = Enrolment.objects.order_by("-pk")[0]
    Enrolment.objects.filter(pk=first.pk).update(next_run_at=NOW - DAY)
    engine.advance_due(now=NOW, limit=1)
    assert Enrolment.objects.get(pk=first.pk).node == "wait"
    assert Enrolment.objects.filter(node="start").count() == 2


def test_campaign_with_a_backlog_does_not_hold_up_another(workspace: Workspace) -> None:
    big, small = make_running(workspace, WAIT, people=30), make_running(workspace, WAIT)
    Enrolment.objects.filter(campaign=big).update(next_run_at=NOW - DAY)
    assert engine.advance_due(now=NOW, limit=10) == 6
    assert small.enrolments.get().node == "wait"
