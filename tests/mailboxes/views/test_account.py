"""One e-mail account: how it stands, what it is, and what is done to it."""

import pytest
from django.test import Client

from fluenzr.mailboxes.enums import AccountStatus
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import make_account, make_member, make_running
from tests.clients import signed_in
from tests.mailboxes.views.test_listed import SECRET, typed
from tests.smtp_servers import sink

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(teammate: Member) -> Client:
    return signed_in(teammate)


def connected(client: Client, port: int = 2525) -> Account:
    client.post("/accounts/new", typed(smtp_port=port))
    account: Account = Account.objects.get()
    return account


def test_edit_keeps_the_password_that_was_not_typed(client: Client, workspace: Workspace) -> None:
    account = connected(client)
    url = f"/accounts/{account.public_id}/edit"
    assert 'value="2525"' in client.get(url).content.decode()
    assert client.post(url, typed(smtp_password="", display_name="Jane", smtp_port=26)).status_code == 303
    account.refresh_from_db()
    assert (account.display_name, account.smtp_port, account.secrets()) == ("Jane", 26, {"smtp": SECRET})
    client.post(url, typed(smtp_password="another"))
    account.refresh_from_db()
    assert account.secrets() == {"smtp": "another"}


def test_edit_of_a_sandbox_has_no_servers(client: Client, workspace: Workspace) -> None:
    account = make_account(workspace, "me@acme.example", daily_limit=9)
    url = f"/accounts/{account.public_id}/edit"
    assert "smtp_host" not in client.get(url).content.decode()
    client.post(url, {"email": "me@acme.example", "lively": "on"})
    account.refresh_from_db()
    assert (account.sandbox_play, account.daily_limit) == ("lively", None)


def test_test_says_what_works_in_plain_words(client: Client, workspace: Workspace) -> None:
    with sink(password=SECRET) as server:
        account = connected(client, server.port)
        page = client.post(f"/accounts/{account.public_id}/test").content.decode()
    words = ("The server for sending accepts the login.", "A mail to the account itself was accepted.")
    assert [word for word in words if word not in page] == []
    assert SECRET not in page


def test_reconnect_says_what_fails_and_keeps_the_account_out(client: Client, workspace: Workspace) -> None:
    with sink(password="another") as server:
        account = connected(client, server.port)
        Account.objects.update(status=AccountStatus.ERROR)
        page = client.post(f"/accounts/{account.public_id}/reconnect").content.decode()
    account.refresh_from_db()
    assert ("refused the user name or the password" in page, account.status) == (True, AccountStatus.ERROR)


def test_account_is_disabled_reconnected_and_deleted(client: Client, workspace: Workspace) -> None:
    account = make_account(workspace)
    url = f"/accounts/{account.public_id}"
    assert client.post(f"{url}/disable")["Location"] == f"{url}/"
    account.refresh_from_db()
    assert account.status == AccountStatus.DISABLED
    page = client.post(f"{url}/reconnect").content.decode()
    account.refresh_from_db()
    assert ("Connected" in page, account.status) == (True, AccountStatus.CONNECTED)
    assert client.post(f"{url}/delete")["Location"] == "/accounts/"
    assert Account.objects.count() == 0


def test_delete_is_refused_while_a_campaign_sends_from_it(client: Client, workspace: Workspace) -> None:
    account = make_account(workspace)
    make_running(workspace, account=account)
    assert client.post(f"/accounts/{account.public_id}/delete").status_code == 409
    assert Account.objects.count() == 1


@pytest.mark.parametrize("rest", ["", "edit", "test", "reconnect", "disable", "delete"])
def test_a_stranger_gets_404_and_a_viewer_403(workspace: Workspace, stranger: Member, rest: str) -> None:
    url = f"/accounts/{make_account(workspace).public_id}/{rest}"
    ask = "get" if not rest else "post"
    assert getattr(signed_in(stranger), ask)(url).status_code == 404
    assert getattr(signed_in(make_member(workspace, Role.VIEWER)), ask)(url).status_code == (403 if rest else 200)
    assert Account.objects.filter(status=AccountStatus.CONNECTED).count() == 1
