"""Several planners and engines at once: limits hold, nobody is planned or moved twice, and nothing is wasted."""

import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection

from campaigns import engine, scheduler
from campaigns.models import CampaignAccount, DayCount, Enrolment, Message, Passage
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_account, make_running, make_workspace

pytestmark = pytest.mark.django_db(transaction=True)

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


def together(work: Callable[[random.Random], None], *, threads: int) -> None:
    """Run the work in several threads, each with its own random numbers and connection; errors fail the test."""
    errors: list[BaseException] = []

    def run(seed: int) -> None:
        try:
            work(random.Random(seed))
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    running = [threading.Thread(target=run, args=(seed,)) for seed in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert errors == []


def most_in_an_hour(times: list[datetime]) -> int:
    """How many of the times lie in the fullest hour that may slide anywhere."""
    times = sorted(times)
    return max(sum(first <= at < first + HOUR for at in times[number:]) for number, first in enumerate(times))


def test_no_sliding_hour_exceeds_a_limit_whatever_the_number_of_planners(workspace: Workspace) -> None:
    accounts = [make_account(workspace, hourly_limit=40), make_account(workspace, hourly_limit=40)]
    campaign = make_running(workspace, people=260, account=accounts[0], max_emails_per_hour=60)
    CampaignAccount.objects.create(workspace=workspace, campaign=campaign, account=accounts[1])
    hours, step = 2.5, 15

    def plan(luck: random.Random) -> None:
        for number in range(int(hours * 3600 / step)):
            # Clocks of hosts differ, and a tick comes when it comes.
            now = NOW + SECOND * (number * step + luck.uniform(-10, 10))
            scheduler.plan(now=now)
            for message in Message.objects.filter(state="queued", not_before__lte=now):
                sent = message.not_before + SECOND * luck.uniform(0, 60)
                Message.objects.filter(pk=message.pk, state="queued").update(state="sent", sent_at=sent)

    together(plan, threads=3)
    sent = list(Message.objects.filter(state="sent").values_list("account", "sent_at"))
    assert most_in_an_hour([at for _account, at in sent]) <= 60
    assert all(most_in_an_hour([at for key, at in sent if key == account.pk]) <= 40 for account in accounts)
    assert len(sent) >= 0.95 * 60 * (hours - 0.02)
    assert set(CampaignAccount.objects.values_list("wait_reason", flat=True)) <= {"campaign_hourly", "account_hourly"}


def test_accounts_day_is_used_up_exactly(workspace: Workspace) -> None:
    account = make_account(workspace, daily_limit=37)
    for _campaign in range(3):
        make_running(workspace, people=40, account=account)
    together(lambda luck: [scheduler.plan(now=NOW + SECOND * number) for number in range(8)] and None, threads=4)
    account.refresh_from_db()
    assert (Message.objects.count(), account.count_today) == (37, 37)


def test_plans_day_is_used_up_exactly_over_all_accounts() -> None:
    workspace = make_workspace(plan="free")
    for _campaign in range(4):
        make_running(workspace, people=30, account=make_account(workspace), max_emails_per_hour=1800)
    together(lambda luck: [scheduler.plan(now=NOW + SECOND * number * 25) for number in range(8)] and None, threads=4)
    assert (Message.objects.count(), DayCount.objects.get().taken) == (50, 50)


def test_everybody_moves_once_whatever_the_number_of_engines(workspace: Workspace) -> None:
    make_running(workspace, {"id": "wait", "type": "delay", "data": {"days": 1}}, people=400)
    due = NOW + timedelta(days=1)

    def move(luck: random.Random) -> None:
        for _time in range(20):
            engine.advance_due(now=due, limit=luck.randint(5, 40))

    together(move, threads=4)
    while engine.advance_due(now=due):
        pass
    assert Enrolment.objects.filter(status="completed").count() == 400
    assert dict(Passage.objects.values_list("node", "passed")) == {"start": 400, "wait": 400}
