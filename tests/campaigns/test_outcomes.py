"""Replies, bounces, unsubscribes and late evidence: who stops, what is counted, and that twice is once."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns import events, outcomes
from campaigns.enums import EnrolmentStatus, EventType, MessageState, Phase
from campaigns.events import Happening
from campaigns.models import Campaign, CampaignTotal, Enrolment, Event, Message
from contacts.models import Contact, Suppression
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, accept, make_campaign, make_contact, make_enrolment, make_message

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def campaign(workspace: Workspace) -> Campaign:
    return make_campaign(workspace, status="active")


def make_sent(campaign: Campaign, contact: Contact | None = None, **fields: Any) -> Message:
    """A mail that was accepted, counted, and whose person waits at the next step."""
    enrolment = make_enrolment(campaign, contact, status="in_progress", node="mail_1", phase=Phase.STEP, entered_at=NOW)
    message = make_message(enrolment, **fields)
    accept(message)
    Enrolment.objects.filter(pk=enrolment.pk).update(
        node="mail_1", phase=Phase.STEP, next_run_at=None, status="in_progress", finished_at=None
    )
    Campaign.objects.filter(pk=campaign.pk).update(status="active", completed_at=None)
    message.refresh_from_db()
    return message


def status_of(message: Message) -> tuple[str, str]:
    enrolment = Enrolment.objects.select_related("contact").get(pk=message.enrolment_id)
    assert enrolment.contact is not None
    return enrolment.status, enrolment.contact.status


def test_reply_stops_the_person_in_every_campaign(workspace: Workspace, campaign: Campaign) -> None:
    message = make_sent(campaign)
    other = make_campaign(workspace, status="active")
    waiting = make_message(make_enrolment(other, message.contact, status="in_progress"))
    outcomes.replied(message, at=LATER, now=LATER, metadata={})
    assert status_of(message) == ("replied", "replied")
    assert status_of(waiting) == ("replied", "replied")
    waiting.refresh_from_db()
    assert waiting.state == MessageState.CANCELLED
    assert CampaignTotal.objects.get(campaign=campaign).replied == 1
    assert CampaignTotal.objects.get(campaign=other).replied == 0


def test_second_reply_counts_nobody_twice(campaign: Campaign) -> None:
    message = make_sent(campaign)
    assert outcomes.replied(message, at=LATER, now=LATER, metadata={}) is True
    assert outcomes.replied(message, at=LATER, now=LATER, metadata={}) is False
    assert CampaignTotal.objects.get(campaign=campaign).replied == 1


def test_reply_after_the_end_changes_completed_to_replied(campaign: Campaign) -> None:
    message = make_sent(campaign)
    Enrolment.objects.update(status=EnrolmentStatus.COMPLETED)
    outcomes.replied(message, at=LATER, now=LATER, metadata={})
    assert status_of(message)[0] == "replied"


def test_auto_reply_stops_nothing(campaign: Campaign) -> None:
    message = make_sent(campaign)
    outcomes.auto_replied(message, at=LATER, now=LATER, metadata={})
    assert status_of(message) == ("in_progress", "active")
    assert CampaignTotal.objects.get(campaign=campaign).replied == 0


def test_hard_bounce_suppresses_and_leaves_delivered(campaign: Campaign) -> None:
    message = make_sent(campaign)
    assert outcomes.bounced(message, kind="hard", at=LATER, now=LATER, metadata={}) is True
    assert outcomes.bounced(message, kind="hard", at=LATER, now=LATER, metadata={}) is False
    assert status_of(message) == ("bounced", "bounced")
    assert Suppression.objects.get().reason == "bounced"
    total = CampaignTotal.objects.get(campaign=campaign)
    assert (total.sent, total.bounced) == (1, 1)


def test_soft_bounce_counts_only_the_third_time_in_a_row(workspace: Workspace) -> None:
    contact = make_contact(workspace)
    verdicts = []
    for number in range(3):
        campaign = make_campaign(workspace, status="active")
        at = NOW + timedelta(days=number)
        message = make_sent(campaign, contact, sent_at=at)
        outcomes.bounced(message, kind="soft", at=at, now=at, metadata={})
        verdicts.append(status_of(message)[1])
    assert verdicts == ["active", "active", "bounced"]


def test_refusal_at_the_door_is_a_status_but_no_bounce_of_a_mail(campaign: Campaign) -> None:
    message = make_message(make_enrolment(campaign), state=MessageState.FAILED)
    outcomes.refused(message, kind="hard", now=LATER, metadata={"bounceReason": "550 no such user"})
    assert status_of(message) == ("bounced", "bounced")
    total = CampaignTotal.objects.get(campaign=campaign)
    assert (total.sent, total.bounced) == (0, 0)
    assert Event.objects.get(type="bounced").metadata["bounceType"] == "hard"


@pytest.mark.parametrize("leave", [outcomes.unsubscribed, outcomes.complained])
def test_who_leaves_is_counted_once_and_suppressed(campaign: Campaign, leave: object) -> None:
    message = make_sent(campaign)
    assert callable(leave)
    assert [leave(message, at=LATER, now=LATER, metadata={}) for _time in range(2)] == [True, False]
    assert status_of(message) == ("unsubscribed", "unsubscribed")
    assert CampaignTotal.objects.get(campaign=campaign).unsubscribed == 1
    assert Suppression.objects.count() == 1


def test_evidence_settles_a_doubt_and_the_journey_goes_on(campaign: Campaign) -> None:
    enrolment = make_enrolment(
        campaign, status="in_progress", node="mail_1", phase=Phase.STEP, next_run_at=NOW + timedelta(days=1)
    )
    message = make_message(enrolment, state=MessageState.UNCERTAIN, sending_at=NOW)
    events.record([Happening(EventType.UNCERTAIN, NOW, message=message)])
    assert CampaignTotal.objects.get(campaign=campaign).uncertain == 1
    assert outcomes.arrived(message, now=LATER) is True
    assert outcomes.arrived(message, now=LATER) is False
    message.refresh_from_db()
    enrolment.refresh_from_db()
    assert (message.state, message.sent_at, enrolment.next_run_at) == (MessageState.SENT, NOW, LATER)
    total = CampaignTotal.objects.get(campaign=campaign)
    assert (total.sent, total.emails_sent, total.uncertain) == (1, 1, 0)
