import pytest

from campaigns import outbox, retries, scheduler, settling
from campaigns.enums import MessageState
from campaigns.models import Campaign, CampaignTotal, Enrolment, Message
from fluenzr.core import clock
from fluenzr.core.errors import Conflict
from fluenzr.mailboxes.models import SandboxMail
from fluenzr.mailboxes.transports.base import Outcome, Receipt
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_campaign, make_enrolment, make_message


@pytest.fixture
def campaign(workspace: Workspace) -> Campaign:
    open_always = {"send_days": list(clock.DAY_NAMES), "send_hours_start": 0, "send_hours_end": 24}
    return make_campaign(workspace, status="active", max_emails_per_hour=None, **open_always)


def test_retried_journey_gets_its_mail_anew(campaign: Campaign) -> None:
    enrolment = make_enrolment(campaign, status="error", node="mail_1", entered_at=NOW, reason="refused")
    failed = make_message(enrolment, state="failed", sending_at=NOW)
    Campaign.objects.update(status="completed")
    retries.retry(enrolment, by="staff", now=NOW)
    campaign.refresh_from_db()
    assert campaign.status == "active"
    assert scheduler.plan(now=clock.database_now()) == 1
    assert Message.objects.exclude(pk=failed.pk).get().state == MessageState.QUEUED
    enrolment.refresh_from_db()
    assert (enrolment.status, enrolment.reason) == ("pending", "")


@pytest.mark.parametrize("status", ["pending", "completed", "replied", "removed"])
def test_only_errors_are_retried(campaign: Campaign, status: str) -> None:
    enrolment = make_enrolment(campaign, status=status, node="mail_1")
    with pytest.raises(Conflict):
        retries.retry(enrolment, by="staff", now=NOW)


def test_uncertain_mail_is_sent_again_and_counted_once(campaign: Campaign) -> None:
    enrolment = make_enrolment(campaign, status="in_progress", node="mail_1", entered_at=NOW)
    message = make_message(enrolment, state="sending", sending_at=NOW, fence=1)
    settling.settle(settling.Held(message, 1), Receipt(message.pk, Outcome.UNKNOWN), now=NOW)
    retries.send_again(message, by="staff", now=NOW)
    total = CampaignTotal.objects.get(campaign=campaign)
    assert (total.sent, total.uncertain, Enrolment.objects.get().next_run_at) == (1, 0, None)
    outbox.send_account(message.account_id)
    message.refresh_from_db()
    total.refresh_from_db()
    assert (message.state, total.sent, total.emails_sent, total.uncertain) == (MessageState.SENT, 1, 1, 0)
    assert [mail.message_id for mail in SandboxMail.objects.all()] == [message.message_id]


def test_certain_mail_is_not_sent_again(campaign: Campaign) -> None:
    message = make_message(make_enrolment(campaign), state="sent", sent_at=NOW)
    with pytest.raises(Conflict):
        retries.send_again(message, by="staff", now=NOW)
