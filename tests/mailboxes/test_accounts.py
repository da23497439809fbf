"""Accounts: connected, changed, tried, put out of use."""

from typing import Any

import pytest

from campaigns.enums import CampaignStatus
from campaigns.models import CampaignAccount
from fluenzr.core import bus
from fluenzr.core.errors import Conflict, Invalid, PlanLimit
from fluenzr.mailboxes import accounts
from fluenzr.mailboxes.drafts import Draft
from fluenzr.mailboxes.enums import AccountStatus
from fluenzr.mailboxes.facts import AccountsChanged
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces.models import AuditEntry, Workspace
from tests.builders import NOW, make_account, make_campaign, make_enrolment, make_sent, make_workspace
from tests.smtp_servers import bad_peer, sink

pytestmark = pytest.mark.django_db
SECRET = "canary-secret-0451"


def draft(port: int = 2525, **fields: Any) -> Draft:
    smtp = {"host": "127.0.0.1", "port": port, "username": "jane", "password": SECRET, "encryption": "none"}
    return {"email": "jane@acme.example", "displayName": "Jane Doe", "smtp": smtp, **fields}  # type: ignore[typeddict-item]


def connect(workspace: Workspace, **fields: Any) -> Account:
    return accounts.create(workspace=workspace, draft=draft(**fields), by="jane", now=NOW)


def change(account: Account, **fields: Any) -> Account:
    return accounts.update(account, draft=fields, by="jane", now=NOW)  # type: ignore[arg-type]


def test_create_keeps_what_was_given_and_seals_the_password(workspace: Workspace) -> None:
    account = Account.objects.get(pk=connect(workspace, dailyLimit=40, signature="Jane").pk)
    assert (account.email, account.display_name, account.smtp_host, account.smtp_port) == (
        "jane@acme.example",
        "Jane Doe",
        "127.0.0.1",
        2525,
    )
    assert (account.daily_limit, account.hourly_limit, account.signature) == (40, None, "Jane")
    assert account.status == AccountStatus.CONNECTED
    assert account.secrets() == {"smtp": SECRET}
    assert SECRET not in account.sealed_secrets


@pytest.mark.parametrize(
    ("email", "host", "limit"),
    [
        ("a@gmail.com", "smtp.gmail.com", 500),
        ("a@acme.com", "smtp.gmail.com", 2000),
        ("a@hotmail.com", "smtp-mail.outlook.com", 300),
        ("a@acme.com", "smtp.office365.com", 10_000),
        ("a@acme.com", "mail.acme.com", None),
    ],
)
def test_create_takes_the_limit_of_the_provider(workspace: Workspace, email: str, host: str, limit: int | None) -> None:
    smtp = {"host": host, "password": "x"}
    assert connect(workspace, email=email, smtp=smtp).daily_limit == limit
    assert connect(workspace, email=f"b{email}", smtp=smtp, dailyLimit=None).daily_limit is None


def test_create_knows_the_servers_of_common_providers(workspace: Workspace) -> None:
    account = connect(workspace, email="a@gmail.com", smtp={"password": "x"})
    assert (account.smtp_host, account.smtp_port, account.smtp_username) == ("smtp.gmail.com", 587, "a@gmail.com")


def test_create_leaves_a_relay_its_own_server_and_no_limit(workspace: Workspace) -> None:
    account = connect(workspace, email="a@gmail.com", provider="relay", smtp={"host": "smtp.gmail.com"})
    assert (account.provider, account.channel, account.daily_limit) == ("relay", "email", None)


def test_create_keeps_the_login_of_a_relay_from_the_mailbox_that_is_read(workspace: Workspace) -> None:
    imap = {"host": "127.0.0.1", "password": "another"}
    account = connect(workspace, provider="relay", imap=imap)
    assert (account.smtp_username, account.imap_username) == ("jane", "jane@acme.example")
    assert account.secrets() == {"smtp": SECRET, "imap": "another"}


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"provider": "relay", "imap": {"host": "127.0.0.1"}}, "imap.password"),
        ({"email": "a@gmail.com", "provider": "relay", "smtp": {}}, "smtp.host"),
        ({"email": "no"}, "email"),
        ({"provider": "pigeon"}, "provider"),
        ({"smtp": {}}, "smtp.host"),
        ({"smtp": {"host": "a b"}}, "smtp.host"),
        ({"smtp": {"host": "x.example", "port": 0}}, "smtp.port"),
        ({"smtp": {"host": "x.example", "encryption": "rot13"}}, "smtp.encryption"),
        ({"smtp": {"host": "x.example", "username": "a\nb"}}, "smtp.username"),
        ({"imap": {"host": "x.example", "port": 70_000}}, "imap.port"),
        ({"displayName": "a\r\nBcc: x@y.z"}, "displayName"),
        ({"displayName": "x" * 201}, "displayName"),
        ({"dailyLimit": 0}, "dailyLimit"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"sandboxPlay": "lively"}, "sandboxPlay"),
    ],
)
def test_create_refuses_by_path_and_makes_nothing(workspace: Workspace, fields: dict[str, Any], path: str) -> None:
    with pytest.raises(Invalid) as caught:
        connect(workspace, **fields)
    assert list(caught.value.details) == [path]
    assert not Account.objects.exists()


@pytest.mark.parametrize("kind", ["smtp", "imap"])
def test_create_refuses_private_hosts(workspace: Workspace, kind: str, settings: Any) -> None:
    settings.ALLOW_PRIVATE_HOSTS = False
    doors = {"smtp": {"host": "8.8.8.8"}} | {kind: {"host": "169.254.169.254"}}
    with pytest.raises(Invalid) as caught:
        connect(workspace, **doors)
    assert list(caught.value.details) == [f"{kind}.host"]


def test_create_refuses_a_second_of_the_same_address(workspace: Workspace) -> None:
    connect(workspace)
    with pytest.raises(Conflict):
        connect(workspace)


def test_create_keeps_to_the_plan() -> None:
    workspace = make_workspace(plan="free")
    connect(workspace)
    with pytest.raises(PlanLimit) as caught:
        connect(workspace, email="b@acme.example")
    assert "Free" in str(caught.value)
    assert "1" in str(caught.value)


def test_update_changes_only_what_is_given(workspace: Workspace) -> None:
    account = connect(workspace, imap={"host": "127.0.0.1", "port": 143, "password": "other"})
    changed = change(account, dailyLimit=10, smtp={"port": 2626})
    assert (changed.daily_limit, changed.smtp_port, changed.smtp_host, changed.smtp_username) == (
        10,
        2626,
        "127.0.0.1",
        "jane",
    )
    assert changed.secrets() == {"smtp": SECRET, "imap": "other"}
    assert changed.display_name == "Jane Doe"


def test_update_forgets_imap(workspace: Workspace) -> None:
    account = connect(workspace, imap={"host": "127.0.0.1", "password": "other"})
    changed = change(account, imap=None)
    assert (changed.imap_host, changed.next_poll_at, changed.secrets()) == ("", None, {"smtp": SECRET})


def test_update_refused_changes_nothing(workspace: Workspace) -> None:
    account = connect(workspace)
    with pytest.raises(Invalid):
        change(account, displayName="New", dailyLimit=-1)
    assert Account.objects.get(pk=account.pk).display_name == "Jane Doe"


def test_a_new_password_gives_an_account_in_error_another_chance(workspace: Workspace) -> None:
    account = connect(workspace)
    Account.objects.update(status=AccountStatus.ERROR, status_reason="refused", login_failures=2, retry_at=NOW)
    changed = change(account, smtp={"password": "new"})
    assert (changed.status, changed.status_reason, changed.login_failures, changed.retry_at) == (
        "connected",
        "",
        0,
        None,
    )


def test_changes_are_told_and_recorded_without_secrets(workspace: Workspace) -> None:
    told: list[AccountsChanged] = []
    bus.subscribe(AccountsChanged)(told.append)
    account = connect(workspace)
    change(account, dailyLimit=7, smtp={"password": "canary-two"})
    assert AccountsChanged((account.pk,)) in told
    entries = list(AuditEntry.objects.order_by("id").values_list("action", "changes"))
    assert entries == [("account.created", {}), ("account.updated", {"daily_limit": [None, 7]})]


def test_test_signs_in_and_sends_a_mail_to_the_account(workspace: Workspace) -> None:
    with sink(password=SECRET) as server:
        account = connect(workspace, port=server.port)
        report = accounts.test(account, now=NOW)
    assert [(check.name, check.ok) for check in report.checks] == [("smtp", True), ("mail", True)]
    assert [mail.rcpt_tos for mail in server.mails] == [["jane@acme.example"]]
    assert b"Auto-Submitted: auto-generated" in server.contents()[0]


def test_test_says_that_the_password_is_refused(workspace: Workspace) -> None:
    with sink(password="another") as server:
        report = accounts.test(connect(workspace, port=server.port), now=NOW)
    assert str(report.problem).startswith("127.0.0.1 refused the user name or the password: 535")
    assert SECRET not in str(report)


def test_test_says_that_nobody_listens(workspace: Workspace) -> None:
    with bad_peer() as port:
        pass
    account = connect(workspace, port=port)
    assert accounts.test(account, now=NOW).problem == f"127.0.0.1:{port} refused the connection. Check host and port."


def test_test_says_that_the_mailbox_cannot_be_read(workspace: Workspace) -> None:
    with sink(password=SECRET) as server, bad_peer() as port:
        account = connect(workspace, port=server.port, imap={"host": "127.0.0.1", "port": port, "encryption": "none"})
    with sink(password=SECRET) as server:
        account.smtp_port = server.port
        report = accounts.test(account, now=NOW)
    assert [(check.name, check.ok) for check in report.checks] == [("smtp", True), ("mail", True), ("imap", False)]


def test_test_of_a_sandbox_needs_no_server(workspace: Workspace) -> None:
    assert accounts.test(make_account(workspace), now=NOW).ok


def test_reconnect_uses_the_account_again_when_it_works(workspace: Workspace) -> None:
    with sink(password=SECRET) as server:
        account = connect(workspace, port=server.port)
        Account.objects.update(status=AccountStatus.ERROR, status_reason="x", login_failures=3, retry_at=NOW)
        account.refresh_from_db()
        assert accounts.reconnect(account, by="jane", now=NOW).ok
    assert (account.status, account.status_reason, account.login_failures, account.retry_at) == (
        "connected",
        "",
        0,
        None,
    )


def test_reconnect_leaves_it_in_error_when_it_does_not(workspace: Workspace) -> None:
    with bad_peer() as port:
        pass
    account = connect(workspace, port=port)
    Account.objects.update(status=AccountStatus.ERROR)
    account.refresh_from_db()
    assert not accounts.reconnect(account, by="jane", now=NOW).ok
    assert account.status == AccountStatus.ERROR
    assert "refused the connection" in account.status_reason


def test_disable_is_undone_by_reconnect(workspace: Workspace) -> None:
    account = make_account(workspace)
    accounts.disable(account, by="jane", now=NOW)
    assert Account.objects.get(pk=account.pk).status == AccountStatus.DISABLED
    with pytest.raises(Conflict):
        accounts.disable(account, by="jane", now=NOW)
    accounts.reconnect(account, by="jane", now=NOW)
    assert account.status == AccountStatus.CONNECTED


def test_delete_drops_an_account_that_never_sent(workspace: Workspace) -> None:
    accounts.delete(connect(workspace), by="jane", now=NOW)
    assert not Account.objects.exists()


def test_delete_is_refused_while_a_campaign_runs(workspace: Workspace) -> None:
    account = make_account(workspace)
    make_campaign(workspace, account=account, status=CampaignStatus.ACTIVE, name="Spring")
    with pytest.raises(Conflict) as caught:
        accounts.delete(account, by="jane", now=NOW)
    assert str(caught.value) == "The campaign “Spring” sends from this account; pause it first"


def test_delete_hides_an_account_that_sent_and_forgets_its_secrets(workspace: Workspace) -> None:
    account = connect(workspace)
    message = make_sent(make_enrolment(make_campaign(workspace, account=account)))
    accounts.delete(account, by="jane", now=NOW)
    kept = Account.objects.get(pk=message.account_id)
    assert (kept.status, kept.sealed_secrets) == (AccountStatus.DISABLED, "")
    assert not Account.objects.in_workspace(workspace).listed().exists()
    assert CampaignAccount.objects.filter(account=kept).exists()


def test_an_account_that_was_removed_comes_back_with_its_history(workspace: Workspace) -> None:
    account = connect(workspace)
    make_sent(make_enrolment(make_campaign(workspace, account=account)))
    accounts.delete(account, by="jane", now=NOW)
    again = connect(workspace)
    assert again.pk == account.pk
    assert Account.objects.get(pk=account.pk).secrets() == {"smtp": SECRET}
    assert Account.objects.in_workspace(workspace).listed().count() == 1


def test_another_server_never_gets_the_kept_password(workspace: Workspace) -> None:
    account = connect(workspace)
    with pytest.raises(Invalid) as refused:
        change(account, smtp={"host": "127.0.0.2"})
    assert list(refused.value.details) == ["smtp.password"]
    assert Account.objects.get(pk=account.pk).smtp_host == "127.0.0.1"
    changed = change(account, smtp={"host": "127.0.0.2", "password": "new"})
    assert (changed.smtp_host, changed.secrets()) == ("127.0.0.2", {"smtp": "new"})
    assert change(changed, smtp={"host": "127.0.0.2", "port": 26}).secrets() == {"smtp": "new"}
