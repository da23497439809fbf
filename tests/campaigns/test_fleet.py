"""Mailboxes that one process sends from at once: none waits for another's server, and what they open is shared."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns import fleet
from campaigns.enums import MessageState
from campaigns.models import Message
from campaigns.settling import Held
from fluenzr.core import clock
from fluenzr.mailboxes.enums import Channel, Encryption, Provider
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces.models import Workspace
from tests.builders import make_account, make_enrolment, make_message, make_running
from tests.databases import free_port
from tests.smtp_servers import Peer, Sink, bad_peer, sink

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _server_database() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer: mailboxes are sent from one by one")


def make_mailbox(workspace: Workspace, port: int, mails: int = 1) -> Account:
    """A mailbox with so many mails that may leave now."""
    server = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_encryption": Encryption.NONE}
    account = make_account(workspace, channel=Channel.EMAIL, provider=Provider.SMTP, **server)
    campaign = make_running(workspace, account=account, people=0)
    for _number in range(mails):
        make_message(make_enrolment(campaign), not_before=clock.database_now())
    return account


def states(account: Account) -> list[str]:
    return list(Message.objects.filter(account=account).values_list("state", flat=True))


def are_free() -> bool:
    return set(Account.objects.values_list("sender", "sender_until")) == {("", None)}


def test_all_of_them_send_all_they_have(workspace: Workspace) -> None:
    with sink() as told:
        mailboxes = [make_mailbox(workspace, told.port, mails=3) for _number in range(3)]
        assert fleet.send([one.pk for one in mailboxes]) == 9
        assert len(told.mails) == 9
    assert set(Message.objects.values_list("state", "owner", "fence")) == {("sent", "", 1)}
    assert are_free()


class Counting(Sink):
    """A server that tells when it has so many mails."""

    def expect(self, mails: int) -> threading.Event:
        self.wanted, self.has_all = mails, threading.Event()
        return self.has_all

    async def handle_DATA(self, *arguments: object) -> str:  # type: ignore[override]  # noqa: N802
        answer = await super().handle_DATA(*arguments)  # type: ignore[arg-type]
        if len(self.mails) >= self.wanted:
            self.has_all.set()
        return answer


def test_mailbox_whose_server_does_not_answer_holds_no_other(workspace: Workspace) -> None:
    with sink(kind=Counting) as told:
        assert isinstance(told, Counting)
        others_are_done = told.expect(4)

        def play(peer: Peer) -> None:
            peer.greet()
            peer.until_data()
            peer.body()
            assert others_are_done.wait(9)
            peer.say("250 at last")
            peer.expect("QUIT", "221 bye")

        with bad_peer(play) as slow:
            mailboxes = [make_mailbox(workspace, slow), make_mailbox(workspace, told.port, mails=4)]
            assert fleet.send([one.pk for one in mailboxes]) == 5
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}


def test_mailbox_without_a_server_rests_alone(workspace: Workspace) -> None:
    with sink() as told:
        away, here = make_mailbox(workspace, free_port()), make_mailbox(workspace, told.port, mails=2)
        assert fleet.send([away.pk, here.pk]) == 2
    away.refresh_from_db()
    here.refresh_from_db()
    assert (states(away), states(here)) == (["queued"], ["sent", "sent"])
    assert away.retry_at is not None
    assert here.retry_at is None


def test_mailbox_with_another_sender_is_left_to_it(workspace: Workspace) -> None:
    with sink() as told:
        mailbox = make_mailbox(workspace, told.port)
        until = clock.database_now() + timedelta(minutes=1)
        Account.objects.update(sender="another", sender_until=until)
        assert fleet.send([mailbox.pk]) == 0
    assert states(mailbox) == ["queued"]
    assert list(Account.objects.values_list("sender", "sender_until")) == [("another", until)]


def test_mailboxes_that_wait_are_taken_up(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet, "_LOOK_SECONDS", 0.0)
    with sink() as told:
        first, second = (make_mailbox(workspace, told.port, mails=5) for _number in range(2))
        assert fleet.send([first.pk]) == 10
    assert set(states(second)) == {"sent"}


@pytest.fixture
def desk() -> Iterator[fleet._SharedDesk]:
    desk = fleet._SharedDesk(owner="me")
    yield desk
    desk.close()


def claimed(workspace: Workspace) -> list[Held]:
    """A mail of each of two mailboxes, held by me."""
    for _number in range(2):
        make_mailbox(workspace, 1)
    Message.objects.update(state=MessageState.CLAIMED, owner="me", fence=1)
    return [Held(message, 1) for message in Message.objects.all()]


def ask(desk: fleet._SharedDesk, mails: list[Held]) -> tuple[list[threading.Thread], list[set[object]]]:
    """Ask for each of the mails from a thread of its own."""
    answers: list[set[object]] = []
    now = clock.database_now()
    threads = [threading.Thread(target=lambda one=one: answers.append(set(desk.open([one], now=now)))) for one in mails]
    for thread in threads:
        thread.start()
    return threads, answers


def test_one_commit_opens_for_all_that_wait(workspace: Workspace, desk: fleet._SharedDesk) -> None:
    mails = claimed(workspace)
    openings = [fleet._Opening([one], clock.database_now()) for one in mails]
    Message.objects.filter(pk=mails[0].key).update(state=MessageState.CANCELLED)
    with CaptureQueriesContext(connection) as queries:
        desk._open(openings)
    assert len(queries) == 1
    assert [opening.answer.get() for opening in openings] == [set(), {mails[1].key}]
    assert states(mails[1].message.account) == [MessageState.SENDING]


def test_desk_that_refuses_opens_nothing_and_keeps_nobody_waiting(
    workspace: Workspace, desk: fleet._SharedDesk
) -> None:
    threads, answers = ask(desk, claimed(workspace))
    desk.refuse()
    for thread in threads:
        thread.join(5)
    assert answers == [set(), set()]
    assert set(Message.objects.values_list("state", flat=True)) == {"claimed"}
