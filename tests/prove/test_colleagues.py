"""Colleagues who reply at once, in campaigns that hold one conversation per company: each counts, and none waits."""

from collections.abc import Callable

import pytest

from campaigns import outcomes
from campaigns.enums import RUNNING
from campaigns.models import Campaign, CampaignTotal, Enrolment, Message
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_campaign, make_contact, make_enrolment, make_message, make_sent
from tests.prove.test_parallel_adds import together

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 6


def campaign_of(workspace: Workspace, number: int) -> tuple[Campaign, list[Message]]:
    """A campaign that wrote to six colleagues, whose next mails wait."""
    campaign = make_campaign(workspace, status="active", one_per_company=True)
    sent = []
    for name in range(PEOPLE):
        email = f"p{name}@company{number}.example"
        contact = workspace.contacts.filter(email=email).first() or make_contact(workspace, email)
        row = make_enrolment(campaign, contact, status="in_progress", first_sent_at=NOW)
        sent.append(make_sent(row))
        make_message(row, "mail_2")
    return campaign, sent


def reply(message: Message) -> None:
    outcomes.replied(Message.objects.get(pk=message.pk), at=NOW, now=NOW, metadata={})


def test_replies_of_colleagues_at_once_all_count(workspace: Workspace, rounds: Callable[[int], int]) -> None:
    for number in range(rounds(30)):
        one, first = campaign_of(workspace, number)
        two, second = campaign_of(workspace, number)
        answered = [*first[::2], *second[1::2]]
        together([lambda message=message: reply(message) for message in answered])  # type: ignore[misc]
        for campaign in (one, two):
            rows = Enrolment.objects.filter(campaign=campaign)
            assert not rows.filter(status__in=RUNNING).exists()
            assert rows.filter(replied_at__isnull=False, status="replied").count() == PEOPLE // 2
            assert CampaignTotal.objects.get(campaign=campaign).replied == PEOPLE // 2
            assert not Message.objects.filter(campaign=campaign, state="queued").exists()
            campaign.refresh_from_db()
            assert campaign.status == "completed"
