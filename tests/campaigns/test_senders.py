"""Who is asked for as a sender, and when."""

from datetime import timedelta

import pytest
import pytest_django
from django.db import connection
from django_q.models import OrmQ

from campaigns import lifecycle, senders
from campaigns.models import Campaign
from fluenzr.core import clock
from fluenzr.mailboxes.enums import Channel, Provider
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces.models import Workspace
from tests.builders import make_account, make_campaign, make_enrolment, make_running

pytestmark = pytest.mark.django_db


def make_relay(workspace: Workspace) -> Account:
    return make_account(workspace, channel=Channel.EMAIL, provider=Provider.RELAY, smtp_host="mail.acme.example")


def make_draft(workspace: Workspace, account: Account) -> Campaign:
    days = list(clock.DAY_NAMES)
    hours = {"send_days": days, "send_hours_start": 0, "send_hours_end": 24, "max_emails_per_hour": None}
    campaign = make_campaign(workspace, account=account, **hours)
    make_enrolment(campaign, version=None)
    return campaign


def asked() -> list[str]:
    """What lies in the queues, by the name of the job."""
    return sorted(row.task["args"][0] for row in OrmQ.objects.all())


def test_campaign_that_starts_wakes_the_sender_of_its_relay(workspace: Workspace) -> None:
    account = make_relay(workspace)
    lifecycle.start(make_draft(workspace, account), by="me", now=clock.database_now())
    assert asked() == ["plan", f"send:{account.pk}"]


def test_mails_of_a_mailbox_are_planned_first(workspace: Workspace) -> None:
    lifecycle.start(make_draft(workspace, make_account(workspace)), by="me", now=clock.database_now())
    assert asked() == ["plan"]


def test_mailboxes_share_tasks_and_relays_have_their_own(
    workspace: Workspace, settings: pytest_django.Settings
) -> None:
    settings.Q_CLUSTER = {"ALT_CLUSTERS": {"send": {"workers": 2}}}
    relay = make_relay(workspace)
    server = {"channel": Channel.EMAIL, "provider": Provider.SMTP, "smtp_host": "mail.acme.example"}
    mailboxes = [make_account(workspace, **server) for _number in range(3)]
    senders.ask(Account.objects.order_by("pk"))
    senders.ask(Account.objects.order_by("pk"))
    tasks = [row.task["args"] for row in OrmQ.objects.order_by("pk")]
    assert (f"send:{relay.pk}", "campaigns.tasks.send_account", str(relay.pk)) in tasks
    shared = [sorted(args[2:]) for args in tasks if args[1] == "campaigns.tasks.send_mailboxes"]
    keys = [str(one.pk) for one in mailboxes]
    assert shared == ([keys[:2], keys[2:]] if connection.vendor == "postgresql" else [])
    assert len(tasks) == (3 if connection.vendor == "postgresql" else 4)


def test_relay_that_has_a_sender_or_rests_wants_none(workspace: Workspace) -> None:
    now = clock.database_now()
    account = make_running(workspace, account=make_relay(workspace)).lanes.get().account
    assert list(senders.wanted(now)) == [account]
    for busy in ({"sender_until": now + timedelta(seconds=9)}, {"retry_at": now + timedelta(seconds=9)}):
        Account.objects.update(**{"sender_until": None, "retry_at": None} | busy)
        assert not senders.wanted(now).exists()


def test_paused_campaign_wants_no_sender(workspace: Workspace) -> None:
    campaign = make_running(workspace, account=make_relay(workspace))
    lifecycle.pause(campaign, by="me", now=clock.database_now())
    assert not senders.wanted(clock.database_now()).exists()
