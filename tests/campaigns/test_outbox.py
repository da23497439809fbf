from datetime import datetime, timedelta

import pytest

from campaigns import engine, journal, outbox, scheduler, stopping
from campaigns.enums import CampaignStatus, EnrolmentStatus, MessageState, Phase
from campaigns.mail import rendering
from campaigns.models import Campaign, CampaignTotal, Enrolment, Event, Message, Tally
from fluenzr.core import clock
from fluenzr.mailboxes.enums import Channel, Encryption, Provider
from fluenzr.mailboxes.models import Account, SandboxMail
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_account, make_campaign, make_email_node, make_enrolment, make_workflow
from tests.databases import free_port
from tests.smtp_servers import sink

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
        real = clock.database_now()
        Message.objects.filter(state="queued", attempts=0, not_before__gt=real).update(not_before=real)
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


# --- Against a real server ---


def make_smtp_account(workspace: Workspace, port: int, **fields: object) -> Account:
    fields = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_encryption": Encryption.NONE} | fields
    return make_account(workspace, channel=Channel.EMAIL, provider=Provider.SMTP, **fields)


def one_message(campaign: Campaign) -> Message:
    return Message.objects.get(campaign=campaign)


def test_server_accepts_and_the_bytes_are_those_that_were_frozen(workspace: Workspace) -> None:
    with sink() as told:
        campaign = make_running(workspace, account=make_smtp_account(workspace, told.port))
        run(campaign)
        message = one_message(campaign)
        assert (message.state, message.smtp_code) == (MessageState.SENT, 250)
        assert told.contents() == [rendering.compose([message])[message.pk]]


def test_temporary_refusal_waits_its_time_and_sends_the_same_bytes(workspace: Workspace) -> None:
    with sink() as told:
        told.at_dot = ["451 4.3.0 later"]
        campaign = make_running(workspace, account=make_smtp_account(workspace, told.port))
        run(campaign)
        message = one_message(campaign)
        wait = message.not_before - clock.database_now()
        assert (message.state, message.attempts) == (MessageState.QUEUED, 1)
        assert timedelta(minutes=4.9) < wait < timedelta(minutes=6.1)
        Message.objects.update(not_before=clock.database_now())
        before = rendering.compose([message])[message.pk]
        run(campaign)
        assert told.contents() == [before]
        assert one_message(campaign).state == MessageState.SENT


def test_temporary_refusals_are_given_up_after_three_days(workspace: Workspace) -> None:
    with sink() as told:
        told.at_dot = ["451 4.3.0 later"] * 2
        campaign = make_running(workspace, account=make_smtp_account(workspace, told.port))
        run(campaign)
        Message.objects.update(created_at=NOW, not_before=clock.database_now())
        run(campaign)
        message = one_message(campaign)
        assert (message.state, message.bounce_kind) == (MessageState.FAILED, "soft")
        assert Enrolment.objects.get().status == "bounced"


def test_unknown_address_bounces_the_contact_only(workspace: Workspace) -> None:
    with sink() as told:
        campaign = make_running(workspace, account=make_smtp_account(workspace, told.port), people=2)
        victim = Enrolment.objects.order_by("id")[0].contact
        assert victim is not None
        told.at_rcpt[str(victim.email)] = "550 5.1.1 no such user"
        run(campaign)
        statuses = dict(Enrolment.objects.values_list("contact__email", "status"))
        assert statuses.pop(victim.email) == "bounced"
        assert list(statuses.values()) == ["completed"]
        assert campaign.lanes.get().account.status == "connected"


def test_refused_sender_stops_the_account_and_keeps_the_mail(workspace: Workspace) -> None:
    with sink() as told:
        told.at_mail = "550 5.7.1 sender not allowed: daily sending quota exceeded"
        campaign = make_running(workspace, account=make_smtp_account(workspace, told.port))
        run(campaign)
        account = campaign.lanes.get().account
        assert (account.status, one_message(campaign).state) == ("error", MessageState.QUEUED)
        assert "quota" in account.status_reason


def test_wrong_password_is_tried_three_times_and_no_more(workspace: Workspace) -> None:
    with sink(password="right", auth_require_tls=False) as told:
        account = make_smtp_account(workspace, told.port, smtp_username="me")
        account.seal_secrets({"smtp": "wrong"})
        account.save()
        campaign = make_running(workspace, account=account)
        for _attempt in range(5):
            run(campaign)
            Account.objects.filter(retry_at__isnull=False).update(retry_at=clock.database_now())
        account.refresh_from_db()
        assert (account.status, len(told.logins)) == ("error", 3)
        assert one_message(campaign).state == MessageState.QUEUED


def test_server_that_is_away_costs_nothing_but_time(workspace: Workspace) -> None:
    campaign = make_running(workspace, account=make_smtp_account(workspace, free_port()))
    run(campaign)
    account = campaign.lanes.get().account
    assert (account.status, one_message(campaign).state) == ("connected", MessageState.QUEUED)
    assert account.retry_at is not None


def test_connection_lost_at_the_dot_is_doubt_and_never_sent_again(workspace: Workspace) -> None:
    with sink() as told:
        told.hang_up_at_dot = True
        campaign = make_running(workspace, account=make_smtp_account(workspace, told.port))
        run(campaign)
        told.hang_up_at_dot = False
        run(campaign)
        assert (one_message(campaign).state, len(told.mails)) == (MessageState.UNCERTAIN, 1)
        later = clock.database_now() + timedelta(hours=25)
        run(campaign, now=later)
        assert (Enrolment.objects.get().status, len(told.mails)) == ("completed", 1)


def test_stop_between_claim_and_open_says_nothing_to_the_server(workspace: Workspace) -> None:
    with sink() as told:
        campaign = make_running(workspace, account=make_smtp_account(workspace, told.port))
        account = campaign.lanes.get().account
        scheduler.plan(now=clock.database_now())
        owner = str(journal.mine().owner)
        sender = outbox.Sender(account, owner)
        messages = outbox.claim(account, owner=owner, count=1, now=clock.database_now() + timedelta(minutes=1))
        stopping.stop_people(
            [messages[0].contact_id], status=EnrolmentStatus.UNSUBSCRIBED, reason="left", now=clock.database_now()
        )
        sender._deliver(sender._made(messages, clock.database_now()))
        assert (one_message(campaign).state, told.mails) == (MessageState.CANCELLED, [])


def test_sender_that_goes_down_does_not_dial_for_each_mail_that_is_left(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sink() as told:
        campaign = make_running(workspace, people=4, account=make_smtp_account(workspace, told.port))
        scheduler.plan(now=clock.database_now())
        Message.objects.update(not_before=clock.database_now())
        monkeypatch.setattr("fluenzr.core.jobs.stopping", lambda: bool(told.mails))
        outbox.send_account(campaign.lanes.get().account_id)
        assert (len(told.mails), told.connections) == (1, 1)
    assert sorted(Message.objects.values_list("state", flat=True)) == ["queued"] * 3 + ["sent"]


def test_mail_that_cannot_be_made_stops_its_person_with_the_reason(workspace: Workspace) -> None:
    node = make_email_node(body="Hello {{ jobTitle }}")
    with sink() as told:
        campaign = make_running(workspace, node, account=make_smtp_account(workspace, told.port))
        run(campaign)
        enrolment = Enrolment.objects.get()
        assert (enrolment.status, told.mails) == ("error", [])
        assert "jobTitle" in enrolment.reason


def test_account_has_one_sender_at_a_time(workspace: Workspace) -> None:
    account = make_account(workspace)
    assert outbox.take_account(account.pk, owner="a") is not None
    assert outbox.take_account(account.pk, owner="b") is None
    outbox.release_account(account.pk, owner="b")
    assert outbox.take_account(account.pk, owner="b") is None
    outbox.release_account(account.pk, owner="a")
    assert outbox.take_account(account.pk, owner="b") is not None


def test_mail_put_off_past_the_sending_hours_waits_for_them(workspace: Workspace) -> None:
    with sink() as told:
        told.at_dot = ["451 4.3.0 later"]
        campaign = make_running(workspace, account=make_smtp_account(workspace, told.port))
        run(campaign)
        Campaign.objects.update(send_days=[])
        Message.objects.update(not_before=clock.database_now(), has_slot=True)
        run(campaign)
        message = one_message(campaign)
        assert (message.state, message.has_slot, told.mails) == (MessageState.QUEUED, False, [])
        Campaign.objects.update(send_days=list(clock.DAY_NAMES))
        campaign.lanes.update(next_slot_at=None)
        run(campaign)
        assert one_message(campaign).state == MessageState.SENT


def test_second_try_takes_its_turn_in_the_limit_an_hour(workspace: Workspace) -> None:
    make_running(workspace, people=2, max_emails_per_hour=60)
    now = clock.database_now()
    first, second = [scheduler.plan(now=now + timedelta(seconds=wait)) for wait in (0, 62)]
    assert (first, second) == (1, 1)
    late = Message.objects.order_by("not_before")[0]
    Message.objects.filter(pk=late.pk).update(has_slot=False, not_before=now, attempts=1)
    assert scheduler.plan(now=now + timedelta(seconds=62)) == 0
    assert scheduler.plan(now=now + timedelta(seconds=124)) == 1
    late.refresh_from_db()
    assert late.has_slot is True
    assert late.not_before - Message.objects.order_by("not_before")[0].not_before > timedelta(seconds=60)
