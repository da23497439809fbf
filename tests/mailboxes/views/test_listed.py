"""The e-mail accounts of a workspace, and the way to a new one."""

from typing import Any

import pytest
from django.test import Client

from fluenzr.mailboxes.enums import AccountStatus
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import make_account, make_member
from tests.clients import signed_in
from tests.counting import queries_of

pytestmark = pytest.mark.django_db
SECRET = "canary-secret-0451"


@pytest.fixture
def client(teammate: Member) -> Client:
    return signed_in(teammate)


def typed(**fields: Any) -> dict[str, Any]:
    form = {"email": "jane@acme.example", "smtp_host": "127.0.0.1", "smtp_port": 2525, "smtp_encryption": "none"}
    return form | {"smtp_password": SECRET, "imap_encryption": "ssl", **fields}


def test_list_shows_how_accounts_stand_and_what_of_today_is_used(client: Client, workspace: Workspace) -> None:
    make_account(workspace, "ok@acme.example", daily_limit=40)
    make_account(workspace, "bad@acme.example", status=AccountStatus.ERROR, status_reason="Password refused")
    page = client.get("/accounts/").content.decode()
    words = ("ok@acme.example", "0 / 40", "Connected", "bad@acme.example", "Error", "Password refused")
    assert [word for word in words if word not in page] == []


def test_list_asks_as_many_queries_for_three_accounts_as_for_one(client: Client, workspace: Workspace) -> None:
    make_account(workspace)
    one = queries_of(client, "/accounts/")
    make_account(workspace)
    make_account(workspace)
    assert queries_of(client, "/accounts/") == one


def test_list_shows_a_stranger_nothing(workspace: Workspace, stranger: Member) -> None:
    make_account(workspace, "ok@acme.example")
    assert "ok@acme.example" not in signed_in(stranger).get("/accounts/").content.decode()


def test_preset_fills_in_the_servers_and_says_what_to_know(client: Client) -> None:
    page = client.get("/accounts/new?preset=Gmail").content.decode()
    words = ('value="smtp.gmail.com"', 'value="imap.gmail.com"', 'value="500"', "Gmail needs an app password")
    assert [word for word in words if word not in page] == []
    assert "smtp.gmail.com" not in client.get("/accounts/new?preset=Nobody").content.decode()


def test_new_connects_a_mailbox_and_never_shows_its_password(client: Client, workspace: Workspace) -> None:
    response = client.post("/accounts/new", typed(imap_host="127.0.0.1", imap_port=1143, daily_limit=40))
    account = Account.objects.get()
    assert response["Location"] == f"/accounts/{account.public_id}/"
    assert (account.workspace, account.provider, account.email) == (workspace, "smtp", "jane@acme.example")
    assert (account.smtp_port, account.imap_port, account.daily_limit) == (2525, 1143, 40)
    assert account.secrets() == {"smtp": SECRET}
    for rest in ("", "edit"):
        assert SECRET not in client.get(f"/accounts/{account.public_id}/{rest}").content.decode()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"smtp_host": ""}, "This field is required."),
        ({"smtp_host": "no host"}, "id_smtp_host_error"),
        ({"email": "taken@acme.example"}, "There is an account with this address already"),
    ],
)
def test_new_says_at_the_field_what_does_not_fit(
    client: Client, workspace: Workspace, fields: dict[str, str], sentence: str
) -> None:
    client.post("/accounts/new", typed(email="taken@acme.example"))
    response = client.post("/accounts/new", typed(display_name="Kept", **fields))
    page = response.content.decode()
    assert (response.status_code, sentence in page, 'value="Kept"' in page, SECRET in page) == (422, True, True, False)
    assert Account.objects.count() == 1


def test_new_relay_connects_one_without_limits_and_without_a_mailbox_to_read(
    client: Client, workspace: Workspace
) -> None:
    assert client.post("/accounts/new-relay?preset=Brevo", typed(email="news@gmail.com")).status_code == 303
    account = Account.objects.get()
    assert (account.provider, account.channel, account.smtp_host) == ("relay", "email", "127.0.0.1")
    assert (account.daily_limit, account.hourly_limit, account.imap_host) == (None, None, "")
    assert "relay" in client.get("/accounts/").content.decode()
    url = f"/accounts/{account.public_id}/"
    assert "sends in bulk" in client.get(url).content.decode()
    assert client.post(f"{url}edit", typed(email="news@gmail.com", smtp_password="", daily_limit=9)).status_code == 303
    account.refresh_from_db()
    assert (account.provider, account.daily_limit, account.secrets()) == ("relay", 9, {"smtp": SECRET})


def test_new_leads_to_relays_and_back(client: Client) -> None:
    assert 'href="/accounts/new-relay?next=/"' in client.get("/accounts/new?next=/").content.decode()
    page = client.get("/accounts/new-relay?preset=Brevo").content.decode()
    words = ('href="/accounts/new"', 'value="smtp-relay.brevo.com"', "Brevo gives you a user name", 'preset=Mailgun"')
    assert [word for word in words if word not in page] == []


def test_new_sandbox_makes_one_that_plays(client: Client) -> None:
    assert client.get("/accounts/new-sandbox").status_code == 200
    client.post("/accounts/new-sandbox", {"email": "me@acme.example", "lively": "on"})
    account = Account.objects.get()
    assert (account.provider, account.sandbox_play, account.daily_limit) == ("sandbox", "lively", None)


def test_a_viewer_reads_and_adds_none(workspace: Workspace) -> None:
    viewer = signed_in(make_member(workspace, Role.VIEWER))
    page = viewer.get("/accounts/")
    assert (page.status_code, "/accounts/new" in page.content.decode()) == (200, False)
    for url in ("/accounts/new", "/accounts/new-relay", "/accounts/new-sandbox"):
        assert viewer.post(url, typed()).status_code == 403
    assert Account.objects.count() == 0
