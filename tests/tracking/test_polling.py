from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from campaigns.models import Event, Message
from fluenzr.core.models import Kick
from fluenzr.mailboxes import inbox
from fluenzr.mailboxes.inbox import MailboxDown
from fluenzr.mailboxes.models import Account
from tests import builders
from tests.imap_servers import Mailbox, imap_server
from tests.tracking.mails import mail
from tracking import polling
from tracking.models import InboundMail

pytestmark = pytest.mark.django_db


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with imap_server() as server:
        yield server


@pytest.fixture
def account(message: Message, box: Mailbox) -> Account:
    """The account that wrote the message, with a mailbox that has been visited once."""
    account = message.account
    account.provider, account.channel = "smtp", "email"
    account.imap_host, account.imap_port, account.imap_encryption = "127.0.0.1", box.port, "none"
    account.seal_secrets({"smtp": "x", "imap": "right"})
    account.save()
    return account


def visit(account: Account) -> int:
    return polling.visit(account.pk, now=datetime.now(UTC))


def answer(message: Message, number: int = 1) -> bytes:
    return mail(f"Answer {number}", in_reply_to=f"<{message.message_id}>", message_id=f"<{number}@globex.example>")


def checkpoint(account: Account) -> tuple[int | None, int]:
    return Account.objects.values_list("uid_validity", "last_uid").get(pk=account.pk)


def test_a_visit_takes_what_is_new_once(account: Account, box: Mailbox, message: Message):
    box.put(answer(message))
    assert [visit(account), visit(account)] == [1, 0]

    box.put(answer(message, 2))
    assert (visit(account), InboundMail.objects.count(), checkpoint(account)) == (1, 2, (7, 2))


def test_a_visit_changes_nothing_in_the_mailbox(account: Account, box: Mailbox, message: Message):
    box.put(answer(message))
    visit(account)

    words = " ".join(box.commands)
    assert ("EXAMINE" in words, "BODY.PEEK[]" in words, "STORE" in words, "SELECT" in words) == (
        True,
        True,
        False,
        False,
    )


def test_mails_of_before_the_account_was_connected_are_not_read(account: Account, box: Mailbox, message: Message):
    for days in range(3, 60):
        box.put(answer(message, days), at=datetime.now(UTC) - timedelta(days=days))

    assert (visit(account), InboundMail.objects.count(), checkpoint(account)) == (0, 0, (7, 57))
    box.put(answer(message))
    assert visit(account) == 1


def test_a_dropped_connection_loses_and_doubles_nothing(account: Account, box: Mailbox, message: Message):
    for number in range(10):
        box.put(answer(message, number))
    box.drop_at = [2, 3, 3, 7, 10]
    for _visit in range(8):
        visit(account)

    names = InboundMail.objects.order_by("message_id").values_list("message_id", flat=True)
    assert list(names) == [f"{number}@globex.example" for number in range(10)]
    assert Account.objects.get(pk=account.pk).poll_error == ""


def test_new_numbers_of_old_mails_change_nothing(account: Account, box: Mailbox, message: Message):
    box.put(answer(message, 1))
    visit(account)
    box.renumber()
    box.put(answer(message, 2))
    visit(account)

    assert (InboundMail.objects.count(), checkpoint(account)) == (2, (8, 102))
    assert Event.objects.filter(type="replied").count() == 2


def test_a_full_mailbox_is_read_in_several_visits(account: Account, box: Mailbox, message: Message, monkeypatch):
    monkeypatch.setattr(inbox, "MAILS", 4)
    for number in range(10):
        box.put(answer(message, number))

    assert [visit(account) for _visit in range(4)] == [4, 4, 2, 0]


def test_a_refused_password_is_said_and_not_tried_soon_again(account: Account, box: Mailbox):
    box.password = "another"
    now = datetime.now(UTC)
    polling.visit(account.pk, now=now)

    account.refresh_from_db()
    assert account.poll_error == "auth: [AUTHENTICATIONFAILED] wrong"
    assert account.next_poll_at == now + timedelta(minutes=15)
    assert [polling.is_due(now + timedelta(minutes=14)), polling.is_due(now + timedelta(minutes=15))] == [False, True]


def test_a_server_that_is_not_there_is_said(account: Account):
    Account.objects.filter(pk=account.pk).update(imap_port=1)
    visit(account)

    assert Account.objects.get(pk=account.pk).poll_error.startswith("connect: ")


def test_a_private_host_is_not_asked(account: Account, box: Mailbox, settings):
    settings.ALLOW_PRIVATE_HOSTS = False
    visit(account)

    assert (box.commands, Account.objects.get(pk=account.pk).poll_error[:9]) == ([], "connect: ")


def test_a_silent_server_does_not_hold_a_visit(account: Account, box: Mailbox, monkeypatch):
    monkeypatch.setattr(inbox, "READ_SECONDS", 0.2)
    box.silent = True
    visit(account)

    assert Account.objects.get(pk=account.pk).poll_error == "connect: timed out"


def test_probe_says_what_is_wrong(account: Account, box: Mailbox):
    inbox.probe(account)
    box.password = "another"
    with pytest.raises(MailboxDown, match="auth"):
        inbox.probe(account)


def test_each_due_mailbox_is_asked_for_once(account: Account, settings):
    now = datetime.now(UTC)
    other = builders.make_account(account.workspace)
    builders.make_account(account.workspace, provider="smtp", channel="email")  # sends only
    builders.make_account(account.workspace, status="disabled")

    assert [polling.is_due(now), polling.ask_all(now=now), polling.is_due(now), polling.ask_all(now=now)] == [
        True,
        2,
        False,
        0,
    ]
    assert set(Kick.objects.values_list("name", flat=True)) == {f"poll:{account.pk}", f"poll:{other.pk}"}
    assert polling.is_due(now + timedelta(seconds=settings.FLUENZR_POLL_SECONDS))


def test_replies_are_read_while_an_account_cannot_send(account: Account, box: Mailbox, message: Message):
    Account.objects.filter(pk=account.pk).update(status="error")
    box.put(answer(message))

    assert (polling.ask_all(now=datetime.now(UTC)), visit(account)) == (1, 1)


def test_a_deleted_account_is_no_error():
    assert polling.visit(builders.make_workspace().pk, now=datetime.now(UTC)) == 0
