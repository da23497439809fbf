"""What becomes of the messages of a sender that died, by what its journal says."""

import fcntl
import os
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from campaigns import events, journal, outbox, recovery
from campaigns.enums import MessageState
from campaigns.journal import Owner
from campaigns.models import Campaign, CampaignTotal, Claim, Message
from fluenzr.mailboxes.transports.base import Outcome, Receipt
from fluenzr.mailboxes.verdicts import Verdict
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_campaign, make_claim, make_enrolment, make_message

EXPIRED = NOW - timedelta(seconds=1)


@pytest.fixture
def campaign(workspace: Workspace) -> Campaign:
    return make_campaign(workspace, status="active")


@pytest.fixture
def dead() -> Owner:
    """A process of this machine that is gone; its journal is there and nobody holds its lock."""
    owner = Owner(journal.node_id(), journal.boot_id(), f"1-{os.urandom(6).hex()}")
    journal.folder().mkdir(parents=True, exist_ok=True)
    (journal.folder() / owner.file).touch()
    return owner


def write(owner: Owner, message: Message, receipt: Receipt | None = None) -> None:
    lines: list[str] = []
    writer = object.__new__(journal.Journal)
    writer._append = lines.append  # type: ignore[method-assign]
    if receipt is None:
        writer.begun(message.pk, message.fence)
    else:
        writer.answered(receipt, message.fence)
    with (journal.folder() / owner.file).open("a") as file:
        file.writelines(f"{line}\n" for line in lines)


def make_open(
    campaign: Campaign, owner: Owner, state: str = "sending", lease_until: datetime = EXPIRED, **fields: Any
) -> Message:
    enrolment = make_enrolment(campaign, status="in_progress", node="mail_1")
    fields = {"fence": 1, "owner": str(owner), "sending_at": NOW} | fields
    message = make_message(enrolment, state=state, **fields)
    make_claim(message, lease_until)
    return message


def after(message: Message) -> tuple[str, int]:
    recovery.recover(now=NOW)
    message.refresh_from_db()
    return message.state, message.fence


def test_claimed_goes_back_and_its_holder_is_fenced_out(campaign: Campaign, dead: Owner) -> None:
    assert after(make_open(campaign, dead, "claimed")) == (MessageState.QUEUED, 2)


def test_live_lease_is_left_alone(campaign: Campaign, dead: Owner) -> None:
    message = make_open(campaign, dead, lease_until=NOW + timedelta(seconds=1))
    assert after(message) == (MessageState.SENDING, 1)


def test_opened_but_not_begun_goes_back(campaign: Campaign, dead: Owner) -> None:
    assert after(make_open(campaign, dead)) == (MessageState.QUEUED, 2)


def test_begun_without_answer_is_uncertain_and_counts_as_sent(campaign: Campaign, dead: Owner) -> None:
    message = make_open(campaign, dead)
    write(dead, message)
    assert after(message) == (MessageState.UNCERTAIN, 1)
    total = CampaignTotal.objects.get(campaign=campaign)
    assert (total.sent, total.uncertain) == (1, 1)


@pytest.mark.parametrize(
    ("receipt", "state"),
    [
        (Receipt(UUID(int=1), Outcome.ACCEPTED, 250, "ok"), MessageState.SENT),
        (Receipt(UUID(int=1), Outcome.DEFERRED, 451, "later"), MessageState.QUEUED),
        (Receipt(UUID(int=1), Outcome.REFUSED, 550, "no such user", Verdict.HARD), MessageState.FAILED),
    ],
)
def test_answer_in_the_journal_is_settled(campaign: Campaign, dead: Owner, receipt: Receipt, state: str) -> None:
    message = make_open(campaign, dead)
    write(dead, message)
    write(dead, message, Receipt(message.pk, receipt.outcome, receipt.code, receipt.text, receipt.verdict))
    assert after(message)[0] == state


def test_line_of_an_earlier_fence_says_nothing(campaign: Campaign, dead: Owner) -> None:
    message = make_open(campaign, dead)
    write(dead, message)
    Message.objects.update(fence=2)
    assert after(message) == (MessageState.QUEUED, 3)


def test_line_that_was_cut_off_was_never_acted_on(campaign: Campaign, dead: Owner) -> None:
    message = make_open(campaign, dead)
    (journal.folder() / dead.file).write_bytes(b'{"what": "begun", "mess')
    assert after(message) == (MessageState.QUEUED, 2)


def test_sleeping_sender_keeps_its_message(campaign: Campaign, dead: Owner) -> None:
    message = make_open(campaign, dead)
    with (journal.folder() / dead.file).open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert after(message) == (MessageState.SENDING, 1)


def test_restart_may_have_eaten_the_line(campaign: Campaign, dead: Owner) -> None:
    message = make_open(campaign, Owner(dead.node, "another boot", dead.file))
    assert after(message) == (MessageState.UNCERTAIN, 1)


def test_other_machine_gets_time_to_tell(campaign: Campaign, dead: Owner) -> None:
    message = make_open(campaign, Owner("another machine", dead.boot, dead.file))
    assert after(message) == (MessageState.SENDING, 1)
    Claim.objects.update(lease_until=NOW - timedelta(minutes=6))
    assert after(message) == (MessageState.UNCERTAIN, 1)


def test_late_acceptance_wins_over_doubt(campaign: Campaign, dead: Owner) -> None:
    message = make_open(campaign, dead, "uncertain")
    events.record([events.Happening(events.EventType.UNCERTAIN, NOW, message=message)])
    held = outbox.Held(message, 1)
    assert outbox.settling.settle(held, Receipt(message.pk, Outcome.ACCEPTED, 250, "ok"), now=NOW) is True
    message.refresh_from_db()
    total = CampaignTotal.objects.get(campaign=campaign)
    assert (message.state, total.sent, total.emails_sent, total.uncertain) == (MessageState.SENT, 1, 1, 0)


def test_journals_of_the_dead_are_dropped_when_nothing_needs_them(campaign: Campaign, dead: Owner) -> None:
    message = make_open(campaign, dead, lease_until=NOW + timedelta(seconds=1))
    recovery.recover(now=NOW)
    assert (journal.folder() / dead.file).exists()
    Message.objects.filter(pk=message.pk).update(state=MessageState.SENT, owner="")
    recovery.recover(now=NOW + timedelta(seconds=2))
    assert not (journal.folder() / dead.file).exists()
