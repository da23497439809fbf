"""What the queue calls: who asks for the next sender."""

import pytest
from django_q.models import OrmQ

from campaigns import engine, outbox, tasks
from campaigns.models import Message
from fluenzr.core import clock
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces.models import Workspace
from tests.builders import make_enrolment, make_message, make_running

pytestmark = pytest.mark.django_db(transaction=True)


def make_due(workspace: Workspace, mails: int = 1) -> Account:
    """An account with so many mails that may leave now."""
    campaign = make_running(workspace, people=0)
    for _number in range(mails):
        make_message(make_enrolment(campaign), not_before=clock.database_now())
    return campaign.lanes.get().account


def senders_asked_for() -> list[str]:
    return [row.task["args"][2] for row in OrmQ.objects.filter(key="send").order_by("pk")]


def test_a_sender_whose_time_is_up_asks_for_the_next(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    account = make_due(workspace, mails=2)
    make_due(workspace)
    monkeypatch.setattr(outbox, "CLAIM_FOR_SECONDS", 0)
    monkeypatch.setattr("fluenzr.core.jobs.is_crowded", lambda cluster: True)
    tasks.send_account(str(account.pk))

    assert senders_asked_for() == [str(account.pk)]
    assert set(Message.objects.values_list("state", flat=True)) == {"queued"}


def test_a_sender_that_sent_all_asks_for_nobody(workspace: Workspace) -> None:
    account = make_due(workspace)
    tasks.send_account(str(account.pk))

    assert senders_asked_for() == []
    assert Message.objects.get().state == "sent"


def test_a_sender_that_goes_down_asks_for_nobody(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    account = make_due(workspace)
    monkeypatch.setattr("fluenzr.core.jobs.stopping", lambda: True)
    tasks.send_account(str(account.pk))

    assert senders_asked_for() == []
    assert Message.objects.get().state == "queued"


def test_a_planner_leaves_crumbs_to_the_next_second(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = iter([500, 3, 4])
    monkeypatch.setattr(engine, "advance_due", lambda *, now: next(moved))
    tasks.plan()

    assert list(moved) == [4]
