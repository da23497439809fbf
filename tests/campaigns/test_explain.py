from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns import engine, scheduler
from campaigns.explain import RULES, Explanation, explain, explain_all
from campaigns.models import Campaign, CampaignAccount, Enrolment, Message
from contacts.models import Contact
from fluenzr.mailboxes.enums import AccountStatus
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, accept, make_account, make_running, make_workspace

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WAIT = {"id": "wait", "type": "delay", "data": {"days": 3}}
OFFICE = {"send_days": ["monday", "tuesday"], "send_hours_start": 9, "send_hours_end": 18}


def said(now: Any = NOW) -> Explanation:
    """What is said about the one person who still waits."""
    rows = Enrolment.objects.select_related("campaign", "contact", "workspace")
    return explain(rows.exclude(phase="").get(), now=now)


def test_nothing_holds_whoever_is_next(workspace: Workspace) -> None:
    make_running(workspace)
    assert said() == Explanation(NOW, "", RULES[""])


def test_used_up_day_is_named_with_the_next_slot(workspace: Workspace) -> None:
    make_running(workspace, people=2, account=make_account(workspace, daily_limit=1), **OFFICE)
    assert scheduler.plan(now=NOW) == 1
    assert said() == Explanation(NOW.replace(day=3, hour=8), "account_daily", RULES["account_daily"])


def test_used_up_plan_is_named() -> None:
    make_running(make_workspace(plan="free"), people=51)
    assert scheduler.plan(now=NOW) == 50
    assert said() == Explanation(NOW.replace(day=3, hour=0), "plan_daily", RULES["plan_daily"])


def test_limit_an_hour_is_named(workspace: Workspace) -> None:
    make_running(workspace, people=2, max_emails_per_hour=30)
    scheduler.plan(now=NOW)
    assert said() == Explanation(NOW + timedelta(seconds=122.4), "campaign_hourly", RULES["campaign_hourly"])


def test_closed_window_is_named(workspace: Workspace) -> None:
    make_running(workspace, **OFFICE)
    assert said(NOW.replace(hour=20)) == Explanation(NOW.replace(day=3, hour=8), "window", RULES["window"])


def test_hold_of_the_person_is_named(workspace: Workspace) -> None:
    make_running(workspace)
    Contact.objects.update(hold_until=NOW + DAY)
    assert (said().rule, said().next_action_at) == ("hold", NOW + DAY)
    scheduler.plan(now=NOW)
    Contact.objects.update(hold_until=None)
    assert (said().rule, said().next_action_at) == ("", NOW + DAY)


@pytest.mark.parametrize("status", [status for status in AccountStatus if status != AccountStatus.CONNECTED])
def test_account_that_may_not_send_is_named(workspace: Workspace, status: str) -> None:
    make_running(workspace)
    Account.objects.update(status=status)
    assert said() == Explanation(None, f"account_{status}", RULES[f"account_{status}"])


def test_account_that_is_gone_from_the_campaign_is_named(workspace: Workspace) -> None:
    make_running(workspace)
    CampaignAccount.objects.all().delete()
    assert said().rule == "no_account"


def test_best_of_several_accounts_is_told(workspace: Workspace) -> None:
    campaign = make_running(workspace, account=make_account(workspace, retry_at=NOW + DAY))
    CampaignAccount.objects.create(workspace=workspace, campaign=campaign, account=make_account(workspace))
    assert said() == Explanation(NOW, "", RULES[""])


def test_delay_is_told_with_its_end(workspace: Workspace) -> None:
    make_running(workspace, WAIT)
    engine.advance_due(now=NOW)
    assert said() == Explanation(NOW + 3 * DAY, "wait", "Waiting for the delay to end.")


def test_mail_on_its_way_and_a_finished_journey_are_told(workspace: Workspace) -> None:
    make_running(workspace)
    scheduler.plan(now=NOW)
    row = Enrolment.objects.select_related("campaign", "contact", "workspace").get()
    assert explain(row, now=NOW).rule == "sending"
    Message.objects.update(attempts=1, smtp_text="451 busy", not_before=NOW + HOUR)
    put_off = explain(row, now=NOW)
    assert (put_off.rule, put_off.next_action_at) == ("deferred", NOW + HOUR)
    accept(Message.objects.get())
    engine.advance_due(now=NOW)
    row.refresh_from_db()
    assert explain(row, now=NOW) == Explanation(None, "finished", "Completed")


@pytest.mark.parametrize("status", ["draft", "paused", "archived", "cancelled"])
def test_campaign_that_does_not_run_is_named(workspace: Workspace, status: str) -> None:
    make_running(workspace)
    Campaign.objects.update(status=status)
    assert (said().rule, said().next_action_at) == (f"campaign_{status}", None)


def test_explaining_writes_nothing_and_takes_the_same_queries_for_few_and_many(workspace: Workspace) -> None:
    counts = []
    for people in (2, 40):
        campaign = make_running(workspace, people=people)
        rows = list(campaign.enrolments.select_related("campaign", "contact", "workspace"))
        with CaptureQueriesContext(connection) as queries:
            assert len(explain_all(rows, now=NOW)) == people
        counts.append(len(queries))
        assert [query["sql"] for query in queries if not query["sql"].startswith("SELECT")] == []
    assert counts[0] == counts[1]


def test_every_rule_has_its_words() -> None:
    rules = {f"account_{status}" for status in AccountStatus if status != AccountStatus.CONNECTED}
    rules |= {"", "window", "window_never_opens", "account_retry", "account_daily", "plan_daily"}
    rules |= {"campaign_hourly", "account_hourly"}
    assert set(RULES) == rules
