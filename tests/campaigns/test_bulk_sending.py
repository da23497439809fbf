"""Relays: mails are born in the hands of their sender, and leave over several connections."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns import engine, journal, lifecycle, outbox, scheduler, stopping
from campaigns.enums import CampaignStatus, EnrolmentStatus, MessageState
from campaigns.mail import rendering
from campaigns.mail.enclosures import Enclosures
from campaigns.models import Campaign, CampaignTotal, Enrolment, Event, Message
from contacts import standing
from fluenzr.core import clock
from fluenzr.mailboxes.enums import Channel, Encryption, Provider
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces.models import Workspace
from tests.builders import make_account, make_email_node, make_running
from tests.databases import free_port
from tests.smtp_servers import sink

pytestmark = pytest.mark.django_db(transaction=True)


def make_relay(workspace: Workspace, port: int, **fields: Any) -> Account:
    server: dict[str, Any] = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_encryption": Encryption.NONE}
    return make_account(workspace, channel=Channel.EMAIL, provider=Provider.RELAY, **server | fields)


def send(campaign: Campaign, rounds: int = 3) -> int:
    """Send as the worker's tasks do, until nothing is due."""
    sent = 0
    for _round in range(rounds):
        now = clock.database_now()
        engine.advance_due(now=now)
        scheduler.plan(now=now)
        sent += outbox.send_account(campaign.lanes.get().account_id)
    return sent


def take(campaign: Campaign) -> list[scheduler.Born]:
    now = clock.database_now()
    account = campaign.lanes.get().account_id
    owner = str(journal.mine().owner)
    return scheduler.take(account, owner=owner, lease_until=now + timedelta(minutes=1), now=now, count=500)


def deliver(campaign: Campaign, born: list[scheduler.Born]) -> int:
    """Let the sender that took these mails go on."""
    account = campaign.lanes.select_related("account__workspace").get().account
    sender = outbox.Sender(account, str(journal.mine().owner))
    batch = outbox._Batch([message for message, _made in born])
    for message, made in born:
        sender._take_in(batch, message, made, clock.database_now())
    try:
        return sender._deliver(batch)
    finally:
        sender._end(None)
        sender.desk.close()


def test_everybody_gets_one_mail_and_all_of_it_is_written(workspace: Workspace) -> None:
    with sink() as told:
        campaign = make_running(workspace, account=make_relay(workspace, told.port), people=30)
        assert send(campaign) == 30
        addresses = Enrolment.objects.order_by("contact__email").values_list("contact__email", flat=True)
        assert sorted(mail.rcpt_tos[0] for mail in told.mails) == list(addresses)
        assert set(Message.objects.values_list("state", "owner", "fence")) == {("sent", "", 1)}
        assert sorted(told.contents()) == sorted(rendering.compose(list(Message.objects.all())).values())
    assert set(Enrolment.objects.values_list("status", "emails_sent")) == {("completed", 1)}
    total = CampaignTotal.objects.get()
    assert (total.sent, total.emails_sent, total.uncertain) == (30, 30, 0)
    assert Event.objects.filter(type="sent").values("message").distinct().count() == 30
    campaign.refresh_from_db()
    assert campaign.status == CampaignStatus.COMPLETED


def test_mails_of_a_relay_are_not_planned_ahead_unless_it_has_a_pace(workspace: Workspace) -> None:
    free = make_running(workspace, account=make_relay(workspace, 1)).lanes.get()
    paced = make_running(workspace, account=make_relay(workspace, 1, hourly_limit=100)).lanes.get()
    slow = make_running(workspace, account=make_relay(workspace, 1), max_emails_per_hour=100).lanes.get()
    now = clock.database_now()
    assert set(scheduler.lanes_due(now)) == {paced, slow}
    assert set(scheduler.bulk_lanes_due(now)) == {free}


def test_daily_limit_of_a_relay_holds(workspace: Workspace) -> None:
    with sink() as told:
        campaign = make_running(workspace, account=make_relay(workspace, told.port, daily_limit=7), people=20)
        assert send(campaign) == 7
        assert len(told.mails) == 7
        account = campaign.lanes.get().account
        assert (account.count_today, campaign.lanes.get().wait_reason) == (7, "account_daily")


def test_temporary_refusal_is_tried_again_with_the_same_bytes(workspace: Workspace) -> None:
    with sink() as told:
        told.at_dot = ["451 4.3.0 later"]
        campaign = make_running(workspace, account=make_relay(workspace, told.port), people=3)
        send(campaign)
        late = Message.objects.get(state=MessageState.QUEUED)
        assert (late.attempts, late.has_slot, len(told.mails)) == (1, False, 2)
        before = rendering.compose([late])[late.pk]
        Message.objects.filter(pk=late.pk).update(not_before=clock.database_now())
        send(campaign)
        assert told.contents()[-1] == before
        assert set(Message.objects.values_list("state", flat=True)) == {"sent"}


def test_unknown_address_bounces_one_person_only(workspace: Workspace) -> None:
    with sink() as told:
        campaign = make_running(workspace, account=make_relay(workspace, told.port), people=5)
        victim = Enrolment.objects.order_by("pk")[2]
        assert victim.contact is not None
        told.at_rcpt[str(victim.contact.email)] = "550 5.1.1 no such user"
        send(campaign)
        statuses = dict(Enrolment.objects.values_list("pk", "status"))
        assert statuses.pop(victim.pk) == "bounced"
        assert (list(statuses.values()), len(told.mails)) == (["completed"] * 4, 4)


def test_mail_that_cannot_be_made_stops_its_person_with_the_reason(workspace: Workspace) -> None:
    with sink() as told:
        node = make_email_node(body="Hello {{ jobTitle }}")
        campaign = make_running(workspace, node, account=make_relay(workspace, told.port), people=2)
        one = Enrolment.objects.order_by("pk")[0]
        assert one.contact is not None
        one.contact.job_title = "CTO"
        one.contact.save()
        send(campaign)
        (failed,) = Enrolment.objects.filter(status="error")
        assert ("jobTitle" in failed.reason, len(told.mails)) == (True, 1)


def test_stop_after_birth_says_nothing_to_the_server(workspace: Workspace) -> None:
    with sink() as told:
        campaign = make_running(workspace, account=make_relay(workspace, told.port), people=3)
        born = take(campaign)
        stopped = born[1][0]
        keys = [stopped.contact_id]
        stopping.stop_people(keys, status=EnrolmentStatus.UNSUBSCRIBED, reason="left", now=clock.database_now())
        deliver(campaign, born)
        assert len(told.mails) == 2
        assert stopped.recipient not in {mail.rcpt_tos[0] for mail in told.mails}
        assert Message.objects.get(state=MessageState.CANCELLED).pk == stopped.pk


def test_pause_after_birth_takes_all_back_and_resume_sends_them(workspace: Workspace) -> None:
    with sink() as told:
        campaign = make_running(workspace, account=make_relay(workspace, told.port), people=3)
        born = take(campaign)
        lifecycle.pause(campaign, by="me", now=clock.database_now())
        deliver(campaign, born)
        assert (told.mails, send(campaign)) == ([], 0)
        lifecycle.resume(campaign, by="me", now=clock.database_now())
        send(campaign)
        assert len(told.mails) == 3


def test_objection_after_birth_has_the_mail_made_anew_without_tracking(workspace: Workspace) -> None:
    with sink() as told:
        node = make_email_node(body='<p>Hello <a href="https://acme.example/x">there</a></p>')
        campaign = make_running(workspace, node, account=make_relay(workspace, told.port), people=2)
        born = take(campaign)
        objector = born[0][0].contact
        assert objector is not None
        standing.object_to_tracking(contacts=[objector], now=clock.database_now())
        deliver(campaign, born)
        assert len(told.mails) == 1
        send(campaign)
        first, second = told.contents()
        assert (b"/t/o/" in first, b"/t/o/" in second, b"/t/c/" in second) == (True, False, False)


def test_server_that_is_away_costs_nothing_but_time(workspace: Workspace) -> None:
    account = make_relay(workspace, free_port())
    campaign = make_running(workspace, account=account, people=3)
    assert send(campaign) == 0
    account.refresh_from_db()
    assert account.retry_at is not None
    assert set(Message.objects.values_list("state", "owner", "sending_at")) == {("queued", "", None)}
    with sink() as told:
        Account.objects.update(retry_at=None, smtp_port=told.port)
        send(campaign)
        assert len(told.mails) == 3


def test_lost_connections_at_the_dot_are_doubts_and_never_sent_again(workspace: Workspace) -> None:
    with sink() as told:
        told.hang_up_at_dot = True
        campaign = make_running(workspace, account=make_relay(workspace, told.port), people=2)
        send(campaign, rounds=1)
        told.hang_up_at_dot = False
        doubted = Message.objects.filter(state=MessageState.UNCERTAIN).count()
        send(campaign)
        assert 1 <= doubted <= 2
        assert len({mail.rcpt_tos[0] for mail in told.mails}) == len(told.mails) == 2


def test_sender_that_goes_down_opens_nothing_more(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    with sink() as told:
        campaign = make_running(workspace, account=make_relay(workspace, told.port), people=3)
        born = take(campaign)
        monkeypatch.setattr("fluenzr.core.jobs.stopping", lambda: True)
        deliver(campaign, born)
        assert told.mails == []
    assert set(Message.objects.values_list("state", "owner")) == {("queued", "")}


def test_only_as_many_are_born_as_fit_into_memory(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = make_running(workspace, account=make_relay(workspace, 1), people=5)
    monkeypatch.setattr(rendering, "PORTION_BYTES", 2_000_000)
    monkeypatch.setattr(Enclosures, "weight", lambda files, ids: 900_000)
    assert len(take(campaign)) == 2
    assert Message.objects.count() == 2
    assert Enrolment.objects.filter(phase="mail").count() == 3
