from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns import engine, scheduler, tasks
from campaigns.models import Campaign, CampaignAccount, DayCount, Enrolment, Message
from contacts import suppression
from contacts.models import Contact
from fluenzr.core import clock
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces.models import Workspace
from tests.builders import (
    NOW,
    accept,
    make_account,
    make_contact,
    make_email_node,
    make_enrolment,
    make_message,
    make_running,
    make_workspace,
)

pytestmark = pytest.mark.django_db

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WAIT = {"id": "wait", "type": "delay", "data": {"minutes": 1}}


def send_all(now: datetime) -> int:
    """Plan at that time and have everything accepted when its slot comes; return how many."""
    engine.advance_due(now=now)
    scheduler.plan(now=now)
    waiting = list(Message.objects.filter(state="queued"))
    for message in waiting:
        accept(message, max(now, message.not_before))
    return len(waiting)


def lane_of(campaign: Campaign) -> CampaignAccount:
    return CampaignAccount.objects.get(campaign=campaign)


def test_message_is_born_with_its_slot_and_takes_its_persons_turn(workspace: Workspace) -> None:
    campaign = make_running(workspace, account=make_account(workspace, "me@acme.example"))
    assert scheduler.plan(now=NOW) == 1
    message, enrolment = Message.objects.get(), Enrolment.objects.get()
    assert (message.state, message.not_before, message.node) == ("queued", NOW, "mail_1")
    assert (message.enrolment, message.version) == (enrolment, campaign.version)
    assert message.message_id == f"{message.public_id.removeprefix('msg_')}@acme.example"
    assert message.local_minute == 11 * 60  # Monday, 11 o'clock in Paris
    assert (enrolment.phase, enrolment.next_run_at, enrolment.account) == ("", None, message.account)
    assert scheduler.plan(now=NOW) == 0


def test_campaigns_limit_an_hour_spaces_the_slots(workspace: Workspace) -> None:
    campaign = make_running(workspace, people=3, max_emails_per_hour=30)
    assert scheduler.plan(now=NOW) == 1
    lane = lane_of(campaign)
    assert (lane.next_slot_at, lane.wait_reason) == (NOW + timedelta(seconds=122.4), "campaign_hourly")
    Message.objects.update(state="sent")
    assert scheduler.plan(now=NOW + 91 * SECOND) == 0
    assert scheduler.plan(now=NOW + 93 * SECOND) == 1
    assert Message.objects.latest("not_before").not_before == NOW + timedelta(seconds=122.4)


def test_limit_an_hour_holds_in_every_sliding_hour_and_is_nearly_used(workspace: Workspace) -> None:
    campaign = make_running(workspace, people=60, max_emails_per_hour=30)
    for number in range(0, 5400, 40):
        now = NOW + number * SECOND
        scheduler.plan(now=now)
        Message.objects.filter(not_before__lte=now).update(state="sent")
    times = sorted(Message.objects.filter(campaign=campaign).values_list("not_before", flat=True))
    assert min(later - earlier for earlier, later in zip(times, times[30:], strict=False)) > HOUR
    assert len(times) >= 0.95 * 45


def test_account_is_shared_by_its_campaigns(workspace: Workspace) -> None:
    account = make_account(workspace, hourly_limit=60, min_gap_seconds=90)
    for _campaign in range(2):
        make_running(workspace, people=5, account=account)
    for number in range(0, 600, 10):
        scheduler.plan(now=NOW + number * SECOND)
        Message.objects.update(state="sent")
    times = sorted(Message.objects.values_list("not_before", flat=True))
    assert times == [NOW + number * 90 * SECOND for number in range(7)]
    assert Message.objects.values("campaign").distinct().count() == 2


def test_accounts_limit_a_day_ends_at_its_midnight(workspace: Workspace) -> None:
    account = make_account(workspace, daily_limit=2, timezone="Asia/Tokyo")
    campaign = make_running(workspace, people=5, account=account)
    assert send_all(NOW) == 2
    lane = lane_of(campaign)
    midnight = NOW.replace(hour=15)
    assert (lane.next_slot_at, lane.wait_reason) == (midnight, "account_daily")
    assert send_all(midnight - MINUTE) == 0
    assert send_all(midnight) == 2
    account.refresh_from_db()
    assert (account.count_date, account.count_today) == (date(2026, 3, 3), 2)


def test_free_plan_sends_fifty_a_day_in_the_whole_workspace() -> None:
    workspace = make_workspace(plan="free", timezone="Europe/Paris")
    for _campaign in range(2):
        make_running(workspace, people=40)
    assert send_all(NOW) == 50
    assert DayCount.objects.get().taken == 50
    midnight = NOW.replace(hour=23)
    assert send_all(midnight - MINUTE) == 0
    assert scheduler.lanes_due(midnight - MINUTE).count() == 0
    assert set(CampaignAccount.objects.values_list("wait_reason", flat=True)) == {"", "plan_daily"}
    assert send_all(midnight) == 30
    assert list(DayCount.objects.order_by("day").values_list("taken", flat=True)) == [50, 30]


def test_nothing_is_planned_outside_the_window(workspace: Workspace) -> None:
    fields = {"send_days": list(clock.DAY_NAMES[:5]), "send_hours_start": 9, "send_hours_end": 18}
    campaign = make_running(workspace, people=2, **fields)
    friday_evening = datetime(2026, 3, 6, 17, 0, tzinfo=NOW.tzinfo)
    assert scheduler.plan(now=friday_evening) == 0
    monday = datetime(2026, 3, 9, 8, 0, tzinfo=NOW.tzinfo)
    assert lane_of(campaign).next_slot_at == monday
    assert scheduler.plan(now=monday - MINUTE) == 0
    assert scheduler.plan(now=monday - 10 * SECOND) == 2
    assert set(Message.objects.values_list("not_before", flat=True)) == {monday}


def test_follow_ups_go_first(workspace: Workspace) -> None:
    campaign = make_running(workspace, make_email_node(), WAIT, make_email_node("mail_2"), max_emails_per_hour=60)
    assert send_all(NOW) == 1
    for _number in range(3):
        make_enrolment(campaign, version=None, added_at=NOW - DAY)
    engine.begin(campaign, now=NOW - DAY)
    engine.advance_due(now=NOW + 5 * MINUTE)
    assert scheduler.plan(now=NOW + 5 * MINUTE) == 1
    assert Message.objects.get(state="queued").node == "mail_2"


def test_person_stays_with_its_account(workspace: Workspace) -> None:
    campaign = make_running(workspace, make_email_node(), WAIT, make_email_node("mail_2"))
    send_all(NOW)
    first = lane_of(campaign).account
    CampaignAccount.objects.create(
        workspace=workspace, campaign=campaign, account=make_account(workspace), last_used_at=None
    )
    for number in range(1, 20):
        send_all(NOW + number * MINUTE)
    assert list(Message.objects.order_by("node").values_list("node", "account")) == [
        ("mail_1", first.pk),
        ("mail_2", first.pk),
    ]


def test_idlest_account_takes_new_people(workspace: Workspace) -> None:
    campaign = make_running(workspace, people=2, max_emails_per_hour=60)
    second = make_account(workspace)
    CampaignAccount.objects.create(workspace=workspace, campaign=campaign, account=second)
    CampaignAccount.objects.exclude(account=second).update(last_used_at=NOW - HOUR)
    scheduler.plan(now=NOW)
    assert Message.objects.get().account == second


@pytest.mark.parametrize("status", ["draft", "paused", "completed", "archived", "cancelled"])
def test_only_active_campaigns_are_planned(workspace: Workspace, status: str) -> None:
    campaign = make_running(workspace)
    Campaign.objects.update(status=status)
    assert not scheduler.lanes_due(NOW).exists()
    assert scheduler.plan_lane(lane_of(campaign).pk, now=NOW) == 0


def test_account_in_error_sends_nothing(workspace: Workspace) -> None:
    campaign = make_running(workspace)
    Account.objects.update(status="error")
    assert scheduler.plan(now=NOW) == 0
    assert scheduler.plan_lane(lane_of(campaign).pk, now=NOW) == 0
    assert lane_of(campaign).wait_reason == "account_error"


def test_account_that_could_not_connect_waits(workspace: Workspace) -> None:
    campaign = make_running(workspace)
    Account.objects.update(retry_at=NOW + HOUR)
    assert scheduler.plan(now=NOW) == 0
    assert (lane_of(campaign).next_slot_at, lane_of(campaign).wait_reason) == (NOW + HOUR, "account_retry")


def test_mails_that_did_not_leave_hold_back_new_ones(workspace: Workspace) -> None:
    campaign = make_running(workspace, people=3, max_emails_per_hour=60)
    scheduler.plan(now=NOW)
    scheduler.plan(now=NOW + MINUTE)
    later = NOW + 5 * MINUTE
    assert scheduler.plan(now=later) == 0
    assert lane_of(campaign).wait_reason == "account_behind"
    Message.objects.update(state="sent")
    assert scheduler.plan(now=later + 29 * SECOND) == 1


def test_mail_that_a_server_put_off_holds_back_nothing(workspace: Workspace) -> None:
    make_running(workspace, people=2, max_emails_per_hour=60)
    scheduler.plan(now=NOW)
    Message.objects.update(attempts=1, has_slot=False, not_before=NOW + 10 * MINUTE)
    assert scheduler.plan(now=NOW + 5 * MINUTE) == 1


@pytest.mark.parametrize(("status", "end"), [("unsubscribed", "unsubscribed"), ("bounced", "bounced")])
def test_unreachable_person_is_stopped_and_not_mailed(workspace: Workspace, status: str, end: str) -> None:
    make_running(workspace)
    Contact.objects.update(status=status)
    assert scheduler.plan(now=NOW) == 0
    enrolment = Enrolment.objects.get()
    assert (enrolment.status, enrolment.phase, enrolment.next_run_at, enrolment.finished_at) == (end, "", None, NOW)


def test_suppressed_address_and_domain_are_not_mailed(workspace: Workspace) -> None:
    campaign = make_running(workspace, people=0)
    for email in ("one@bad.example", "two@sub.worse.example", "three@good.example"):
        make_enrolment(campaign, make_contact(workspace, email), version=None)
    engine.begin(campaign, now=NOW)
    suppression.write(workspace=workspace, targets=["one@bad.example"], kind="address", reason="by_hand", source="")
    suppression.write(workspace=workspace, targets=["worse.example"], kind="domain", reason="by_hand", source="")
    assert scheduler.plan(now=NOW) == 1
    assert Message.objects.get().recipient == "three@good.example"
    assert Enrolment.objects.filter(status="unsubscribed").count() == 2


def test_person_without_an_address_or_contact_is_an_error(workspace: Workspace) -> None:
    make_running(workspace, people=2)
    Contact.objects.filter(pk=Contact.objects.first().pk).update(email=None, email_key=None)
    Enrolment.objects.filter(contact__email__isnull=False).update(contact=None)
    assert scheduler.plan(now=NOW) == 0
    assert set(Enrolment.objects.values_list("status", flat=True)) == {"error"}


def test_many_unreachable_people_use_up_no_slot_and_no_time(workspace: Workspace) -> None:
    campaign = make_running(workspace, people=120, max_emails_per_hour=30)
    Contact.objects.update(status="unsubscribed")
    last = make_enrolment(campaign, version=None)
    engine.begin(campaign, now=NOW + SECOND)
    assert scheduler.plan(now=NOW + SECOND) == 1
    assert Message.objects.get().enrolment == last


def test_person_on_hold_waits_and_others_go(workspace: Workspace) -> None:
    make_running(workspace, people=2)
    held = Contact.objects.first()
    Contact.objects.filter(pk=held.pk).update(hold_until=NOW + DAY)
    assert scheduler.plan(now=NOW) == 1
    assert Enrolment.objects.get(contact=held).next_run_at == NOW + DAY
    assert scheduler.plan(now=NOW + DAY - HOUR) == 0
    Message.objects.update(state="sent")
    assert scheduler.plan(now=NOW + DAY) == 1


def test_mail_is_never_made_twice(workspace: Workspace) -> None:
    campaign = make_running(workspace, people=2)
    scheduler.plan(now=NOW)
    one, two = Message.objects.order_by("pk")
    accept(one, NOW)
    Enrolment.objects.update(node="mail_1", phase="mail", next_run_at=NOW)  # a position that no code should make
    scheduler.plan_lane(lane_of(campaign).pk, now=NOW)
    assert set(Message.objects.values_list("pk", flat=True)) == {one.pk, two.pk}
    assert set(Enrolment.objects.values_list("phase", flat=True)) == {"step"}


def test_mail_that_was_taken_back_unopened_is_made_anew(workspace: Workspace) -> None:
    campaign = make_running(workspace)
    scheduler.plan(now=NOW)
    first = Message.objects.get()
    Message.objects.update(state="cancelled")
    Enrolment.objects.update(phase="mail", next_run_at=NOW)
    assert scheduler.plan_lane(lane_of(campaign).pk, now=NOW) == 1
    assert Message.objects.get().pk != first.pk


def test_broken_lane_holds_up_no_other(workspace: Workspace) -> None:
    broken, sound = make_running(workspace), make_running(workspace)
    Campaign.objects.filter(pk=broken.pk).update(timezone="Mars/Olympus")
    CampaignAccount.objects.filter(campaign=sound).update(last_used_at=NOW)
    assert scheduler.plan(now=NOW) == 1
    assert Message.objects.get().campaign == sound
    assert lane_of(broken).next_slot_at == NOW + scheduler.BLOCKED_FOR
    assert scheduler.plan(now=NOW + MINUTE) == 0


def test_tick_behind_a_used_up_limit_writes_nothing(workspace: Workspace) -> None:
    make_running(workspace, people=30, account=make_account(workspace, daily_limit=1))
    send_all(NOW)
    engine.advance_due(now=NOW)
    with CaptureQueriesContext(connection) as queries:
        assert not tasks.plan_due(NOW + HOUR)
        assert scheduler.plan(now=NOW + HOUR) == 0
    assert [query["sql"] for query in queries if not query["sql"].startswith("SELECT")] == []


def test_planning_takes_the_same_number_of_queries_for_few_and_many(workspace: Workspace) -> None:
    counts = []
    for people in (2, 20):
        make_running(workspace, people=people)
        with CaptureQueriesContext(connection) as queries:
            assert scheduler.plan(now=NOW) == people
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_lane_of_another_workspace_has_its_turn(workspace: Workspace, other_workspace: Workspace) -> None:
    make_running(workspace, people=300)
    make_running(other_workspace)
    assert scheduler.plan(now=NOW) == 201  # one batch of the big one, and the other's mail
    assert Message.objects.filter(workspace=other_workspace).count() == 1


def test_message_of_another_node_counts_for_nothing(workspace: Workspace) -> None:
    campaign = make_running(workspace)
    make_message(Enrolment.objects.get(), "mail_9", state="sent")
    assert scheduler.plan_lane(lane_of(campaign).pk, now=NOW) == 1
