from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from campaigns import engine, lifecycle, scheduler
from campaigns.mail import rendering
from campaigns.models import Campaign, Enrolment, Message
from contacts.models import Contact, Group
from fluenzr import demo
from fluenzr.demo import Access
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces import keys
from fluenzr.workspaces.models import User, Workspace
from tests.builders import NOW

LATER = NOW + timedelta(days=1)


@pytest.fixture
def access(db: None) -> Access:
    return demo.prepare(known=None, is_admin=True, now=NOW)


def complete(campaign: Campaign) -> None:
    Enrolment.objects.filter(campaign=campaign).update(status="completed", next_run_at=None)
    Campaign.objects.filter(pk=campaign.pk).update(status="completed")


def test_prepare_starts_a_campaign_with_everybody_in_it(access: Access) -> None:
    campaign = Campaign.objects.get()
    assert (campaign.workspace.name, campaign.workspace.plan, campaign.status) == ("Demo", "pro", "active")
    assert campaign.max_emails_per_hour is None
    assert Enrolment.objects.filter(campaign=campaign).count() == Contact.objects.count() == demo.PEOPLE
    assert (Account.objects.get().provider, Account.objects.get().sandbox_play) == ("sandbox", "lively")


def test_prepare_lets_everybody_have_the_first_mail_at_once(access: Access) -> None:
    engine.advance_due(now=NOW)
    scheduler.plan(now=NOW)
    messages = list(Message.objects.filter(not_before__lte=NOW + timedelta(seconds=1)))
    assert len(messages) == demo.PEOPLE
    prepared = rendering.prepare(messages, now=NOW)
    assert {type(one).__name__ for one in prepared.values()} == {"Frozen"}


def test_prepare_makes_a_login_and_a_key_that_work(access: Access, client: Client) -> None:
    assert client.login(username=access.email, password=access.password)
    key = keys.authenticate(access.api_key, now=NOW)
    assert key is not None
    assert key.workspace == Workspace.objects.get()


def test_prepare_again_doubles_nothing(access: Access) -> None:
    again = demo.prepare(known=access, is_admin=True, now=LATER)
    assert again == access
    counts = [kind.objects.count() for kind in (User, Workspace, Account, Group, Campaign, Contact)]
    assert counts == [1, 1, 1, 1, 1, demo.PEOPLE]


def test_prepare_leaves_a_paused_campaign_alone(access: Access) -> None:
    lifecycle.pause(Campaign.objects.get(), by="test", now=NOW)
    demo.prepare(known=access, is_admin=True, now=LATER)
    assert Campaign.objects.get().status == "paused"


def test_prepare_starts_a_small_campaign_after_a_completed_one(access: Access) -> None:
    complete(Campaign.objects.get())
    demo.prepare(known=access, is_admin=True, now=LATER)
    assert list(Campaign.objects.order_by("created_at").values_list("name", "status")) == [
        ("Welcome", "completed"),
        ("Welcome 2", "active"),
    ]
    assert Enrolment.objects.filter(campaign__name="Welcome 2").count() == demo.PEOPLE_LATER
    assert Contact.objects.count() == demo.PEOPLE + demo.PEOPLE_LATER


def test_prepare_without_memory_opens_the_demo_anew_and_closes_the_old_door(access: Access, client: Client) -> None:
    again = demo.prepare(known=None, is_admin=True, now=LATER)
    assert client.login(username=again.email, password=again.password)
    assert not client.login(username=access.email, password=access.password)
    assert keys.authenticate(access.api_key, now=LATER) is None
    assert keys.authenticate(again.api_key, now=LATER) is not None


def test_prepare_with_the_memory_of_another_database_keeps_the_password(db: None) -> None:
    known = Access(demo.EMAIL, "remembered", "flz_sk_" + "x" * 32)
    access = demo.prepare(known=known, is_admin=False, now=NOW)
    assert access.api_key != known.api_key
    assert access.password == known.password
    assert (User.objects.get().is_staff, User.objects.get().is_superuser) == (False, False)


def test_prepare_closes_the_admin_where_debug_is_off(access: Access) -> None:
    demo.prepare(known=access, is_admin=False, now=LATER)
    assert (User.objects.get().is_staff, User.objects.get().is_superuser) == (False, False)


def test_people_are_the_same_each_time_and_no_two_alike() -> None:
    drafts = demo.people(demo.PEOPLE, seed=1)
    assert drafts == demo.people(demo.PEOPLE, seed=1)
    assert len({draft["email"] for draft in drafts}) == demo.PEOPLE


def test_command_prints_how_to_get_in_and_remembers_it(
    db: None, settings: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.DATA_DIR = tmp_path
    call_command("demo")
    first = capsys.readouterr().out
    call_command("demo")
    assert capsys.readouterr().out == first
    assert f"{settings.SITE_URL}/sandbox/" in first
    assert (tmp_path / "demo.json").stat().st_mode & 0o777 == 0o600


def test_command_does_without_a_memory_that_cannot_be_read(
    db: None, settings: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.DATA_DIR = tmp_path
    (tmp_path / "demo.json").write_text('{"email": 1')
    call_command("demo", "--json")
    assert demo.EMAIL in capsys.readouterr().out
