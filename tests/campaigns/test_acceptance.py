"""Many mails that were accepted are written down as each by itself would be."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns import scheduler, settling, stopping
from campaigns.enums import EnrolmentStatus, MessageState, Phase
from campaigns.models import Campaign, CampaignTotal, Enrolment, Event, Message, Passage, Tally
from campaigns.settling import Held, Settlement
from fluenzr.mailboxes.transports.base import Outcome, Receipt
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_email_node, make_running, make_workspace

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
WAIT = {"id": "wait", "type": "delay", "data": {"days": 3}}
ASK = {"id": "ask", "type": "condition", "data": {"check": "opened", "withinDays": 3}}


def make_sending(workspace: Workspace, *steps: dict[str, Any], people: int = 3, **fields: Any) -> Campaign:
    """A campaign whose mails are all on the wire."""
    campaign = make_running(workspace, *steps, people=people, **fields)
    scheduler.plan(now=NOW)
    Message.objects.filter(campaign=campaign).update(state=MessageState.SENDING, fence=1, sending_at=NOW, owner="me")
    return campaign


def answers(campaign: Campaign, **fields: Any) -> list[Settlement]:
    messages = Message.objects.filter(campaign=campaign).order_by("-pk")
    fields = {"outcome": Outcome.ACCEPTED, "code": 250, "text": "2.0.0 queued"} | fields
    return [Settlement(Held(one, 1), Receipt(one.pk, **fields)) for one in messages]


def written(campaign: Campaign) -> dict[str, Any]:
    """All that is known of a campaign, without keys."""
    people = campaign.enrolments.order_by("pk")
    own = ("status", "reason", "node", "phase", "next_run_at", "entered_at", "steps", "emails_sent", "first_sent_at")
    counted = CampaignTotal.objects.filter(campaign=campaign)
    campaign.refresh_from_db()
    return {
        "people": list(people.values_list(*own, "last_sent_at", "finished_at")),
        "mails": list(
            Message.objects.filter(campaign=campaign)
            .order_by("pk")
            .values_list("state", "sent_at", "settled_at", "owner", "smtp_code", "smtp_text")
        ),
        "totals": counted.values("sent", "emails_sent", "uncertain").get(),
        "tallies": sorted(Tally.objects.filter(campaign=campaign).values_list("node", "slot", "sent")),
        "passages": sorted(Passage.objects.filter(campaign=campaign).values_list("node", "port", "passed")),
        "events": sorted(Event.objects.filter(campaign=campaign).values_list("type", "node", "at")),
        "campaign": (campaign.status, campaign.completed_at),
    }


@pytest.mark.parametrize(
    "steps",
    [(), (make_email_node(), WAIT, make_email_node("mail_2")), (make_email_node(), ASK, make_email_node("mail_2"))],
    ids=["end", "delay", "condition"],
)
def test_many_at_once_are_as_one_by_one(workspace: Workspace, steps: tuple[dict[str, Any], ...]) -> None:
    together, alone = make_sending(workspace, *steps), make_sending(make_workspace(), *steps)
    settling.settle_all(answers(together), now=NOW + MINUTE)
    for one in answers(alone):
        assert settling.settle(one.held, one.receipt, now=NOW + MINUTE)
    found = written(together)
    assert found == written(alone)
    assert [row[:2] for row in found["mails"]] == [("sent", NOW + MINUTE)] * 3
    assert found["totals"] == {"sent": 3, "emails_sent": 3, "uncertain": 0}


def test_people_go_on_at_once_where_that_is_the_same_for_all(workspace: Workspace) -> None:
    settling.settle_all(answers(make_sending(workspace)), now=NOW)
    assert set(Enrolment.objects.values_list("status", "node", "phase")) == {("completed", "end", "")}
    assert Event.objects.filter(type="completed").values("contact").distinct().count() == 3
    assert Campaign.objects.get().status == "completed"


@pytest.mark.parametrize("steps", [(make_email_node(), ASK), (make_email_node(), make_email_node("mail_2"))])
def test_what_depends_on_the_person_is_left_to_the_tick(
    workspace: Workspace, steps: tuple[dict[str, Any], ...]
) -> None:
    settling.settle_all(answers(make_sending(workspace, *steps)), now=NOW)
    assert set(Enrolment.objects.values_list("node", "phase", "next_run_at")) == {("mail_1", Phase.STEP, NOW)}


def test_nobody_goes_on_in_a_campaign_that_paused(workspace: Workspace) -> None:
    campaign = make_sending(workspace)
    Campaign.objects.update(status="paused")
    settling.settle_all(answers(campaign), now=NOW)
    assert set(Enrolment.objects.values_list("status", "node", "phase")) == {("in_progress", "mail_1", Phase.STEP)}


def test_mail_to_who_was_stopped_meanwhile_counts_and_moves_nobody(workspace: Workspace) -> None:
    campaign = make_sending(workspace, people=1)
    keys = Enrolment.objects.values_list("pk", flat=True)
    stopping.stop(keys, status=EnrolmentStatus.UNSUBSCRIBED, reason="left", now=NOW)
    settling.settle_all(answers(campaign), now=NOW + MINUTE)
    person = Enrolment.objects.get()
    assert (person.status, person.node, person.emails_sent) == ("unsubscribed", "mail_1", 1)
    assert person.first_sent_at == NOW + MINUTE
    assert Campaign.objects.get().status == "completed"


def test_row_that_another_sender_took_over_is_left_alone(workspace: Workspace) -> None:
    campaign = make_sending(workspace)
    lost = Message.objects.order_by("pk")[0]
    settlements = answers(campaign)
    Message.objects.filter(pk=lost.pk).update(fence=2)
    settling.settle_all(settlements, now=NOW)
    states = dict(Message.objects.values_list("pk", "state"))
    assert (states.pop(lost.pk), set(states.values())) == ("sending", {"sent"})
    assert CampaignTotal.objects.get().emails_sent == 2


def test_settled_twice_is_settled_once(workspace: Workspace) -> None:
    campaign = make_sending(workspace)
    for _time in range(2):
        settling.settle_all(answers(campaign), now=NOW)
    assert CampaignTotal.objects.get().emails_sent == 3
    assert Event.objects.filter(type="sent").count() == 3


def test_each_answer_gets_what_it_asks_for(workspace: Workspace) -> None:
    campaign = make_sending(workspace, people=4)
    accepted, deferred, refused, unknown = answers(campaign)
    settling.settle_all(
        [
            accepted,
            Settlement(deferred.held, Receipt(deferred.held.key, Outcome.DEFERRED, 451, "later")),
            Settlement(refused.held, Receipt(refused.held.key, Outcome.REFUSED, 550, "5.1.1 no such user")),
            Settlement(unknown.held, Receipt(unknown.held.key, Outcome.UNKNOWN)),
        ],
        now=NOW,
    )
    states = dict(Message.objects.values_list("pk", "state"))
    found = [states[one.held.key] for one in (accepted, deferred, refused, unknown)]
    assert found == ["sent", "queued", "failed", "uncertain"]


def test_mail_that_was_in_doubt_is_not_counted_twice(workspace: Workspace) -> None:
    campaign = make_sending(workspace, people=2)
    doubted, plain = answers(campaign)
    settling.doubt(doubted.held.message, fence=1, reason="gone", now=NOW)
    settling.settle_all([doubted, plain], now=NOW + MINUTE)
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}
    total = CampaignTotal.objects.get()
    assert (total.emails_sent, total.sent, total.uncertain) == (2, 2, 0)


def test_mails_that_were_not_opened_wait_again_at_once(workspace: Workspace) -> None:
    campaign = make_sending(workspace, people=4)
    claimed, opened, tried, stopped = Message.objects.order_by("pk")
    Message.objects.filter(pk=claimed.pk).update(state=MessageState.CLAIMED)
    Message.objects.filter(pk=tried.pk).update(attempts=1)
    Message.objects.filter(pk=stopped.pk).update(state=MessageState.CANCELLED)
    settling.settle_all(answers(campaign, outcome=Outcome.UNOPENED), now=NOW + MINUTE)
    found = dict(Message.objects.values_list("pk", "state"))
    assert [found[one.pk] for one in (claimed, opened, tried, stopped)] == ["queued"] * 3 + ["cancelled"]
    waiting = Message.objects.filter(state=MessageState.QUEUED)
    assert set(waiting.values_list("owner", "not_before")) == {("", NOW + MINUTE)}
    assert list(waiting.filter(sending_at=None).order_by("pk")) == [claimed, opened]
