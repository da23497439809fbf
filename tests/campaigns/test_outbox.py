from datetime import datetime, timedelta

import pytest

from campaigns import engine, outbox, scheduler
from campaigns.enums import CampaignStatus, MessageState, Phase
from campaigns.models import Campaign, CampaignTotal, Enrolment, Event, Message, Tally
from fluenzr.core import clock
from fluenzr.mailboxes.models import SandboxMail
from fluenzr.workspaces.models import Workspace
from tests.builders import make_campaign, make_email_node, make_enrolment, make_workflow

pytestmark = pytest.mark.django_db(transaction=True)


def make_running(workspace: Workspace, *steps: dict, people: int = 1, **fields: object) -> Campaign:
    """An active campaign that sends around the clock, with people at its entry."""
    fields = {
        "status": CampaignStatus.ACTIVE,
        "send_days": list(clock.DAY_NAMES),
        "send_hours_start": 0,
        "send_hours_end": 24,
        "max_emails_per_hour": None,
    } | fields
    campaign = make_campaign(workspace, make_workflow(*(steps or (make_email_node(),))), **fields)
    for _number in range(people):
        make_enrolment(campaign, version=None)
    engine.begin(campaign, now=clock.database_now())
    return campaign


def run(campaign: Campaign, now: datetime | None = None) -> None:
    """Tick until nothing moves."""
    account = campaign.lanes.get().account
    for _tick in range(20):
        at = now or clock.database_now()
        moved = engine.advance_due(now=at)
        born = scheduler.plan(now=at)
        Message.objects.filter(state="queued", not_before__gt=clock.database_now()).update(
            not_before=clock.database_now()
        )
        sent = outbox.send_account(account.pk)
        if not (moved or born or sent):
            return


def test_mail_goes_out_once_and_the_campaign_completes(workspace: Workspace) -> None:
    campaign = make_running(workspace, people=3)
    run(campaign)
    campaign.refresh_from_db()
    assert campaign.status == CampaignStatus.COMPLETED
    assert SandboxMail.objects.count() == 3
    assert sorted(Enrolment.objects.values_list("status", flat=True)) == ["completed"] * 3
    total = CampaignTotal.objects.get(campaign=campaign)
    assert (total.sent, total.emails_sent, total.uncertain) == (3, 3, 0)
    assert Tally.objects.filter(campaign=campaign, account="00000000-0000-0000-0000-000000000000").get().sent == 3
    assert Event.objects.filter(type="sent").count() == 3


def test_delay_counts_from_the_accepted_mail(workspace: Workspace) -> None:
    delay = {"id": "wait", "type": "delay", "data": {"hours": 2}}
    campaign = make_running(workspace, make_email_node("mail_1"), delay, make_email_node("mail_2"))
    run(campaign)
    enrolment = Enrolment.objects.get()
    first = Message.objects.get(node="mail_1")
    assert (enrolment.node, enrolment.phase) == ("wait", Phase.STEP)
    assert enrolment.next_run_at == first.sent_at + timedelta(hours=2)
    run(campaign, now=first.sent_at + timedelta(hours=2, seconds=1))
    assert Message.objects.get(node="mail_2").state == MessageState.SENT
    assert Enrolment.objects.get().status == "completed"
