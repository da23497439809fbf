from datetime import timedelta

import pytest

from campaigns import outbox, trials
from campaigns.enums import MessageState, Purpose
from campaigns.models import Campaign, CampaignTotal, DayCount, Message, Tally
from contacts import suppression
from fluenzr.core import clock
from fluenzr.core.errors import Conflict, Invalid, RateLimited
from fluenzr.mailboxes.models import Account, SandboxMail
from fluenzr.workspaces.models import AuditEntry, Member, Workspace
from tests.builders import (
    NOW,
    make_account,
    make_campaign,
    make_contact,
    make_email_node,
    make_enrolment,
    make_workflow,
    make_workspace,
)

pytestmark = pytest.mark.django_db

LETTER = make_email_node(subject="Hello {{firstName}}", body="From {{company}} with care")


def make_draft(workspace: Workspace, *mails: dict[str, object], account: Account | None = None) -> Campaign:
    campaign = make_campaign(workspace, make_workflow(*(mails or (LETTER,))), account, send_days=[])
    make_enrolment(campaign, make_contact(workspace, "ada@example.com", first_name="Ada", company="Acme"))
    return campaign


def test_mail_arrives_as_the_contact_would_get_it(workspace: Workspace, owner: Member) -> None:
    now = clock.database_now()
    campaign = make_draft(workspace)
    trial = trials.send(campaign, nodes=["mail_1"], recipient=owner.user.email, by="ada", now=now)
    assert (trial.recipient, trial.contact.first_name, trial.missing) == (owner.user.email, "Ada", [])
    message = Message.objects.get()
    assert (message.purpose, message.campaign, message.enrolment, message.contact) == (Purpose.TEST, None, None, None)
    assert outbox.send_account(message.account_id) == 1
    mail = SandboxMail.objects.get()
    assert (mail.recipient, mail.subject) == (owner.user.email, "Hello Ada")
    message.refresh_from_db()
    assert message.state == MessageState.SENT
    assert AuditEntry.objects.get(action=trials.ACTION).changes == {"to": owner.user.email, "mails": 1}


def test_nothing_is_counted_for_the_campaign(workspace: Workspace) -> None:
    campaign = make_draft(workspace)
    message = trials.send(campaign, nodes=["mail_1"], by="ada", now=clock.database_now()).messages[0]
    outbox.send_account(message.account_id)
    assert (CampaignTotal.objects.get().emails_sent, Tally.objects.count()) == (0, 0)
    assert campaign.enrolments.get().first_sent_at is None


def test_blank_variables_are_left_out_and_named(workspace: Workspace) -> None:
    campaign, other = make_draft(workspace), make_contact(workspace, "bo@example.com")
    trial = trials.send(campaign, nodes=["mail_1"], contact=other, by="ada", now=NOW)
    assert trial.missing == ["firstName", "company"]
    assert trial.messages[0].subject == "Hello"


def test_account_itself_gets_what_is_sent_to_nobody_in_particular(workspace: Workspace) -> None:
    account = make_account(workspace, "me@acme.example")
    trial = trials.send(make_draft(workspace, account=account), nodes=["mail_1"], by="ada", now=NOW)
    assert trial.recipient == "me@acme.example"


def test_pace_and_daily_limit_of_the_account_hold_for_tests(workspace: Workspace) -> None:
    account = make_account(workspace, daily_limit=3, min_gap_seconds=60)
    campaign = make_draft(workspace, LETTER, make_email_node("mail_2"), account=account)
    both = ["mail_1", "mail_2"]
    trial = trials.send(campaign, nodes=both, by="ada", now=NOW)
    assert [message.not_before for message in trial.messages] == [NOW, NOW + timedelta(minutes=1)]
    account.refresh_from_db()
    assert account.count_today == 2
    with pytest.raises(Conflict, match="a day is used up"):
        trials.send(campaign, nodes=both, by="ada", now=NOW)
    assert Message.objects.count() == 2


def test_plan_counts_tests(other_workspace: Workspace) -> None:
    workspace = make_workspace(plan="free")
    trials.send(make_draft(workspace), nodes=["mail_1"], by="ada", now=NOW)
    assert DayCount.objects.get().taken == 1


def test_account_in_error_says_what_is_wrong(workspace: Workspace) -> None:
    account = make_account(workspace, status="error", status_reason="Wrong password.")
    with pytest.raises(Conflict, match=r"The email account is in error; reconnect it\. Wrong password\."):
        trials.send(make_draft(workspace, account=account), nodes=["mail_1"], by="ada", now=NOW)


@pytest.mark.parametrize(("address", "path"), [("nobody", "email"), ("bo@", "email")])
def test_wrong_address_is_refused(workspace: Workspace, address: str, path: str) -> None:
    with pytest.raises(Invalid) as caught:
        trials.send(make_draft(workspace), nodes=["mail_1"], recipient=address, by="ada", now=NOW)
    assert list(caught.value.details) == [path]


def test_suppressed_address_gets_tests_only_when_it_is_a_members(workspace: Workspace, owner: Member) -> None:
    campaign = make_draft(workspace)
    suppression.suppress(workspace=workspace, targets=["gone@example.com", owner.user.email], now=NOW)
    with pytest.raises(Invalid, match="suppressed"):
        trials.send(campaign, nodes=["mail_1"], recipient="gone@example.com", by="ada", now=NOW)
    assert trials.send(campaign, nodes=["mail_1"], recipient=owner.user.email, by="ada", now=NOW).messages


def test_unknown_and_unfinished_mails_are_refused(workspace: Workspace) -> None:
    campaign = make_draft(workspace, make_email_node(body=""))
    for nodes in ([], ["nothing"], ["mail_1"]):
        with pytest.raises(Invalid):
            trials.send(campaign, nodes=nodes, by="ada", now=NOW)
    assert not Message.objects.exists()


def test_a_workspace_sends_so_many_an_hour(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "MOST_AN_HOUR", 2)
    campaign = make_draft(workspace)
    for _number in range(2):
        trials.send(campaign, nodes=["mail_1"], by="ada", now=NOW)
    with pytest.raises(RateLimited) as caught:
        trials.send(campaign, nodes=["mail_1"], by="ada", now=NOW + timedelta(minutes=20))
    assert caught.value.retry_after == 40 * 60
    assert trials.send(campaign, nodes=["mail_1"], by="ada", now=NOW + timedelta(minutes=61)).messages
