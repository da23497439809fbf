"""What is foretold is what happens: each case is foretold, then lived through with the real scheduler."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import Q
from pytest_django import DjangoAssertNumQueries

from campaigns import engine, forecast, graph, scheduler, slots, throughput
from campaigns.enums import RUNNING, Phase
from campaigns.forecast import Forecast
from campaigns.models import Campaign, CampaignAccount, Enrolment, Message
from campaigns.slots import Cap, Pace
from fluenzr.core import clock
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces.models import Workspace
from tests.builders import (
    NOW,
    accept,
    make_account,
    make_campaign,
    make_email_node,
    make_enrolment,
    make_running,
    make_workflow,
    make_workspace,
)
from tests.effort import assert_quick

pytestmark = pytest.mark.django_db

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
OFFICE: dict[str, Any] = {"send_days": list(clock.DAY_NAMES[:5]), "send_hours_start": 9, "send_hours_end": 18}


def wait(name: str, **span: Any) -> dict[str, Any]:
    return {"id": name, "type": "delay", "data": span}


def live(now: datetime, until: datetime | None = None) -> list[datetime]:
    """Let the scheduler work from one moment at which something is due to the next; return when the mails left."""
    left = []
    while True:
        engine.advance_due(now=now)
        scheduler.plan(now=now)
        for message in Message.objects.filter(state="queued", not_before__lte=now + scheduler.AHEAD):
            accept(message, max(now, message.not_before))
            left.append(max(now, message.not_before))
            now = max(now, left[-1])
        engine.advance_due(now=now)
        due = [
            *Enrolment.objects.filter(~Q(phase=Phase.MAIL), next_run_at__gt=now).values_list("next_run_at", flat=True),
            *CampaignAccount.objects.filter(next_slot_at__gt=now).values_list("next_slot_at", flat=True),
        ]
        if not Enrolment.objects.filter(status__in=RUNNING).exists() or (until and now >= until):
            return left
        now = min(due, default=now + MINUTE)


def assert_comes_true(campaign: Campaign, *, now: datetime = NOW, within: timedelta = MINUTE) -> Forecast:
    told = forecast.of(campaign, now=now)
    left = live(now)
    assert told.first_at is not None
    assert abs(told.first_at - min(left)) <= within
    ended = max(Enrolment.objects.exclude(finished_at=None).values_list("entered_at", flat=True))
    assert told.ends_at is not None
    assert abs(told.ends_at - ended) <= within, f"{told.ends_at} foretold, {ended} in truth"
    assert told.mails_least <= len(left) <= told.mails_most
    return told


def test_mails_leave_at_the_pace_of_the_campaign(workspace: Workspace) -> None:
    told = assert_comes_true(make_running(workspace, people=7, max_emails_per_hour=10))
    assert (told.contacts, told.mails_least, told.mails_most) == (7, 7, 7)
    assert told.ends_at == NOW + 6 * timedelta(seconds=367.2)


def test_office_hours_and_a_daily_limit_spread_over_days(workspace: Workspace) -> None:
    account = make_account(workspace, daily_limit=4)
    steps = (make_email_node(), wait("w", days=1), make_email_node("mail_2"))
    told = assert_comes_true(make_running(workspace, *steps, people=9, account=account, **OFFICE))
    assert (told.mails_least, told.mails_most) == (18, 18)


def test_pace_and_hours_hold_together(workspace: Workspace) -> None:
    steps = (make_email_node(), wait("w", days=2, businessDays=True), make_email_node("mail_2"), wait("v", hours=5))
    campaign = make_running(workspace, *steps, people=8, max_emails_per_hour=1, **OFFICE)
    assert_comes_true(campaign, within=5 * MINUTE)


def test_follow_ups_that_fall_due_go_before_new_people(workspace: Workspace) -> None:
    steps = (make_email_node(), wait("w", minutes=7), make_email_node("mail_2"))
    assert_comes_true(make_running(workspace, *steps, people=6, max_emails_per_hour=12))


def test_plans_limit_a_day_is_kept() -> None:
    workspace = make_workspace(plan="free", timezone="Europe/Paris")
    assert_comes_true(make_running(workspace, people=60))


def test_conditions_are_waited_for_to_their_end(workspace: Workspace) -> None:
    fork = {"id": "fork", "type": "condition", "data": {"check": "opened", "withinDays": 2}}
    nodes = [
        {"id": "start", "type": "start"},
        make_email_node(),
        fork,
        make_email_node("mail_2", sameThread=True),
        {"id": "end", "type": "end"},
    ]
    edges = [("start", "mail_1"), ("mail_1", "fork"), ("mail_2", "end")]
    drawn = {
        "nodes": nodes,
        "edges": [{"from": one, "to": two} for one, two in edges]
        + [{"from": "fork", "to": "end", "branch": "yes"}, {"from": "fork", "to": "mail_2", "branch": "no"}],
    }
    around = {"send_days": list(clock.DAY_NAMES), "send_hours_start": 0, "send_hours_end": 24}
    campaign = make_campaign(workspace, drawn, status="active", max_emails_per_hour=None, **around)
    for _number in range(3):
        make_enrolment(campaign, version=None)
    engine.begin(campaign, now=NOW)
    told = assert_comes_true(campaign)
    assert (told.mails_least, told.mails_most) == (3, 6)
    assert told.ends_at == NOW + 2 * DAY


def test_people_under_way_are_taken_from_where_they_stand(workspace: Workspace) -> None:
    steps = (make_email_node(), wait("w", days=1), make_email_node("mail_2"), wait("v", hours=3))
    campaign = make_running(workspace, *steps, people=5, max_emails_per_hour=6)
    live(NOW, until=NOW + 25 * MINUTE)
    now = NOW + 25 * MINUTE
    told = assert_comes_true(campaign, now=now, within=15 * MINUTE)
    assert told.contacts == 5
    assert told.mails_most < 10


def test_draft_is_foretold_as_if_it_started_now(workspace: Workspace) -> None:
    drawn = make_workflow(make_email_node(), wait("w", days=3), make_email_node("mail_2"))
    campaign = make_campaign(workspace, drawn, **OFFICE)
    for _number in range(2):
        make_enrolment(campaign, version=None)
    saturday = datetime(2026, 3, 7, 12, 0, tzinfo=UTC)
    told = forecast.of(campaign, now=saturday)
    assert (told.contacts, told.mails_most, told.held_by) == (2, 4, "")
    assert told.first_at == datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
    assert told.ends_at == datetime(2026, 3, 12, 8, 2, 2, 400_000, tzinfo=UTC)


def test_what_blocks_is_said_instead_of_a_time(workspace: Workspace) -> None:
    campaign = make_running(workspace)
    Account.objects.update(status="error")
    told = forecast.of(campaign, now=NOW)
    assert (told.first_at, told.ends_at) == (None, None)
    assert str(told.held_by) == "The email account is in error; reconnect it."


def test_window_that_never_opens_blocks(workspace: Workspace) -> None:
    told = forecast.of(make_running(workspace, send_days=[]), now=NOW)
    assert (told.ends_at, str(told.held_by)) == (None, "The campaign has no sending hours in the next two weeks.")


def test_unfinished_workflow_has_no_end(workspace: Workspace) -> None:
    campaign = make_campaign(workspace, make_workflow(make_email_node(body="")))
    make_enrolment(campaign, version=None)
    told = forecast.of(campaign, now=NOW)
    assert (told.contacts, told.ends_at, str(told.held_by)) == (1, None, "The workflow cannot run as it is.")


def test_campaign_without_people_ends_nowhere(workspace: Workspace) -> None:
    assert forecast.of(make_campaign(workspace), now=NOW).contacts == 0
    assert str(forecast.of(make_campaign(workspace, status="completed"), now=NOW).held_by) == "The campaign is over."


@pytest.mark.parametrize("people", [1, 3])
def test_a_fixed_number_of_queries(
    workspace: Workspace, people: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    campaign = make_running(workspace, people=people)
    campaign = Campaign.objects.select_related("workspace", "draft", "version").get(pk=campaign.pk)
    forecast.of(campaign, now=NOW)
    with django_assert_num_queries(2):
        forecast.of(campaign, now=NOW)


def test_a_hundred_thousand_people_take_no_longer_than_a_few(workspace: Workspace) -> None:
    drawn = [make_email_node(f"mail_{number}") for number in range(1, 6)]
    steps = [step for number, mail in enumerate(drawn) for step in (mail, wait(f"w{number}", minutes=30))]
    way = graph.parse(make_workflow(*steps))
    window = make_campaign(workspace, **OFFICE).window()
    lane = slots.Lane(window, Pace.an_hour(2000, None), Pace.an_hour(None, None), Cap(None, "UTC"), Cap(None, "UTC"))
    crowd = throughput.Crowd(100_000, way, "mail_1", NOW, NOW)
    assert_quick(lambda: throughput.course([crowd], lane, zone="Europe/Paris", now=NOW), seconds=1)
    told = throughput.course([crowd], lane, zone="Europe/Paris", now=NOW)
    # 500,000 mails at 2,000 an hour (2 % slower, so that each sliding hour keeps it) in 45 hours a week.
    assert told.ends_at is not None
    assert 5 < (told.ends_at - NOW) / (7 * DAY) < 6
