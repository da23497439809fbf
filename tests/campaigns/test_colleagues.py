"""One conversation per company: who stops when a colleague replies, what is said of it, and what is counted."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns import colleagues, engine, explain, outcomes, scheduler
from campaigns.enums import MessageState, Phase
from campaigns.models import Campaign, CampaignTotal, Enrolment, Event, Message, Tally
from campaigns.models.event import ALL_TIME
from contacts import timeline
from contacts.models import Contact
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, accept, make_contact, make_email_node, make_enrolment, make_message, make_running

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
TOMORROW = NOW + timedelta(days=1)
WAIT = {"id": "wait", "type": "delay", "data": {"hours": 12}}
SAID = "Somebody else at acme.example replied."


def start(workspace: Workspace, *emails: str, **fields: Any) -> Campaign:
    """A campaign of two mails that holds one conversation per company; the first has been sent to everybody."""
    fields = {"one_per_company": True} | fields
    campaign = make_running(workspace, make_email_node(), WAIT, make_email_node("mail_2"), people=0, **fields)
    for email in emails:
        add(campaign, email)
    scheduler.plan(now=NOW)
    for message in Message.objects.filter(campaign=campaign):
        accept(message)
    return campaign


def add(campaign: Campaign, email: str) -> Enrolment:
    contact = Contact.objects.filter(workspace=campaign.workspace, email=email).first()
    row = make_enrolment(campaign, contact or make_contact(campaign.workspace, email), version=None)
    engine.begin(campaign, now=NOW)
    return row


def reply(campaign: Campaign, email: str = "ada@acme.example", at: Any = LATER) -> None:
    message = Message.objects.filter(campaign=campaign, recipient=email).latest("created_at")
    outcomes.replied(message, at=at, now=at, metadata={})


def journey(campaign: Campaign, email: str) -> Enrolment:
    found: Enrolment = Enrolment.objects.select_related("campaign", "contact", "workspace").get(
        campaign=campaign, contact__email=email
    )
    return found


def statuses(campaign: Campaign) -> dict[str, str]:
    rows = Enrolment.objects.filter(campaign=campaign, contact__isnull=False)
    return dict(rows.values_list("contact__email", "status"))


def test_reply_ends_the_campaign_for_colleagues_alone(workspace: Workspace) -> None:
    campaign = start(workspace, "ada@acme.example", "bob@acme.example", "cyd@globex.example", "dan@acme.example.org")
    reply(campaign)
    assert statuses(campaign) == {
        "ada@acme.example": "replied",
        "bob@acme.example": "completed",
        "cyd@globex.example": "in_progress",
        "dan@acme.example.org": "in_progress",
    }
    row = journey(campaign, "bob@acme.example")
    assert (row.reason, row.phase, row.next_run_at, row.finished_at) == (SAID, Phase.IDLE, None, LATER)


def test_without_the_setting_colleagues_go_on(workspace: Workspace) -> None:
    campaign = start(workspace, "ada@acme.example", "bob@acme.example", one_per_company=False)
    reply(campaign)
    assert statuses(campaign)["bob@acme.example"] == "in_progress"


@pytest.mark.parametrize("domain", ["gmail.com", "laposte.net", "mailinator.com"])
def test_strangers_at_one_provider_are_no_colleagues(workspace: Workspace, domain: str) -> None:
    campaign = start(workspace, f"ada@{domain}", f"bob@{domain}")
    reply(campaign, f"ada@{domain}")
    assert statuses(campaign)[f"bob@{domain}"] == "in_progress"


def test_other_campaigns_and_workspaces_go_on(workspace: Workspace, other_workspace: Workspace) -> None:
    campaign = start(workspace, "ada@acme.example", "bob@acme.example")
    other = start(workspace, "bob@acme.example")
    foreign = start(other_workspace, "eve@acme.example")
    reply(campaign)
    assert statuses(other) == {"bob@acme.example": "in_progress"}
    assert statuses(foreign) == {"eve@acme.example": "in_progress"}


@pytest.mark.parametrize("happens", [outcomes.auto_replied, outcomes.unsubscribed, outcomes.complained])
def test_only_a_human_reply_ends_it_for_colleagues(workspace: Workspace, happens: Any) -> None:
    campaign = start(workspace, "ada@acme.example", "bob@acme.example")
    happens(Message.objects.get(recipient="ada@acme.example"), at=LATER, now=LATER, metadata={})
    assert statuses(campaign)["bob@acme.example"] == "in_progress"


def test_mail_that_waits_is_taken_back_and_one_on_the_wire_counts(workspace: Workspace) -> None:
    campaign = start(workspace, "ada@acme.example")
    rows = [add(campaign, f"{name}@acme.example") for name in ("bob", "cyd", "dan")]
    states = (MessageState.QUEUED, MessageState.CLAIMED, MessageState.SENDING)
    mails = [make_message(row, state=state) for row, state in zip(rows, states, strict=True)]
    reply(campaign)
    found = dict(Message.objects.filter(pk__in=[mail.pk for mail in mails]).values_list("recipient", "state"))
    assert found == {
        "bob@acme.example": MessageState.CANCELLED,
        "cyd@acme.example": MessageState.CANCELLED,
        "dan@acme.example": MessageState.SENDING,
    }


def test_who_came_to_an_end_before_stays_as_they_are(workspace: Workspace) -> None:
    campaign = start(workspace, "ada@acme.example", "bob@acme.example", "cyd@acme.example")
    for email, status in (("bob@acme.example", "completed"), ("cyd@acme.example", "bounced")):
        Enrolment.objects.filter(contact__email=email).update(status=status, finished_at=NOW)
    reply(campaign)
    assert statuses(campaign) == {
        "ada@acme.example": "replied",
        "bob@acme.example": "completed",
        "cyd@acme.example": "bounced",
    }
    assert (journey(campaign, "bob@acme.example").reason, Event.objects.filter(type="stopped").count()) == ("", 0)


def test_reply_after_the_end_still_counts_for_colleagues(workspace: Workspace) -> None:
    campaign = start(workspace, "ada@acme.example", "bob@acme.example")
    Enrolment.objects.filter(contact__email="ada@acme.example").update(status="completed")
    reply(campaign)
    assert statuses(campaign) == {"ada@acme.example": "replied", "bob@acme.example": "completed"}
    campaign.refresh_from_db()
    assert campaign.status == "completed"


def test_reply_while_paused_ends_it_too(workspace: Workspace) -> None:
    campaign = start(workspace, "ada@acme.example", "bob@acme.example")
    Campaign.objects.update(status="paused")
    reply(campaign)
    assert statuses(campaign)["bob@acme.example"] == "completed"


def test_numbers_count_one_reply_and_nothing_else(workspace: Workspace) -> None:
    campaign = start(workspace, "ada@acme.example", "bob@acme.example", "cyd@acme.example")
    reply(campaign)
    total = CampaignTotal.objects.get(campaign=campaign)
    assert (total.sent, total.replied, total.bounced, total.unsubscribed) == (3, 1, 0, 0)
    assert Tally.objects.get(campaign=campaign, slot=ALL_TIME).replied == 1
    assert Event.objects.filter(type="stopped").count() == 2
    campaign.refresh_from_db()
    assert campaign.status == "completed"


def test_colleague_who_replies_later_counts_as_a_reply(workspace: Workspace) -> None:
    campaign = start(workspace, "ada@acme.example", "bob@acme.example")
    reply(campaign)
    reply(campaign, "bob@acme.example", at=TOMORROW)
    assert statuses(campaign) == {"ada@acme.example": "replied", "bob@acme.example": "replied"}
    assert CampaignTotal.objects.get(campaign=campaign).replied == 2


def test_reason_is_told_by_the_explanation_and_the_timeline(workspace: Workspace) -> None:
    campaign = start(workspace, "ada@acme.example", "bob@acme.example")
    reply(campaign)
    row = journey(campaign, "bob@acme.example")
    assert explain.explain(row, now=LATER) == explain.Explanation(None, "finished", SAID)
    assert row.contact is not None
    told = [one for one in timeline.of(row.contact).entries if one.detail == SAID]
    assert [(str(one.word), one.text, one.at) for one in told] == [("Stopped", campaign.name, LATER)]


def test_who_is_added_after_the_reply_gets_no_mail(workspace: Workspace) -> None:
    campaign = start(workspace, "ada@acme.example")
    reply(campaign)
    Campaign.objects.update(status="active")
    add(campaign, "bob@acme.example")
    add(campaign, "cyd@globex.example")
    assert scheduler.plan(now=LATER) == 1
    row = journey(campaign, "bob@acme.example")
    assert (row.status, row.reason, row.emails_sent) == ("completed", SAID, 0)
    assert Message.objects.filter(state=MessageState.QUEUED).get().recipient == "cyd@globex.example"


def test_setting_that_comes_after_the_reply_holds_for_the_next_mail(workspace: Workspace) -> None:
    campaign = start(workspace, "ada@acme.example", "bob@acme.example", one_per_company=False)
    reply(campaign)
    Campaign.objects.update(one_per_company=True)
    engine.advance_due(now=TOMORROW)
    engine.advance_due(now=TOMORROW)
    assert scheduler.plan(now=TOMORROW) == 0
    assert statuses(campaign)["bob@acme.example"] == "completed"


def test_who_is_going_to_end_is_told_so_before(workspace: Workspace) -> None:
    campaign = start(workspace, "ada@acme.example", "bob@acme.example", "cyd@globex.example", one_per_company=False)
    reply(campaign)
    Campaign.objects.update(one_per_company=True)
    told = explain.explain(journey(campaign, "bob@acme.example"), now=LATER)
    assert (told.rule, told.reason) == ("company", SAID)
    assert explain.explain(journey(campaign, "cyd@globex.example"), now=LATER).rule != "company"


def test_many_people_are_asked_about_in_one_query(workspace: Workspace, django_assert_num_queries: Any) -> None:
    campaign = start(workspace, "ada@acme.example", *(f"p{number}@globex.example" for number in range(6)))
    reply(campaign)
    late = add(campaign, "bob@acme.example")
    rows = list(Enrolment.objects.filter(campaign=campaign).select_related("contact"))
    with django_assert_num_queries(1):
        assert colleagues.answered(campaign, rows) == {late.pk: "acme.example"}
