"""The admin of accounts and of what they hold."""

from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from fluenzr.core import blobs
from fluenzr.mailboxes import accounts
from fluenzr.mailboxes.models import Account, RawMail, SandboxMail, SandboxReply
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_account, make_user

pytestmark = pytest.mark.django_db
SECRET = "canary-secret-7314"


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(make_user("staff@example.com", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def rows(workspace: Workspace) -> dict[type[Model], Any]:
    """One row of each model."""
    draft: Any = {"email": "a@acme.example", "smtp": {"host": "127.0.0.1", "port": 9, "password": SECRET}}
    account = accounts.create(workspace=workspace, draft=draft, by="test", now=NOW)
    shared = {"workspace": workspace, "account": account}
    mail = SandboxMail.objects.create(**shared, message_id="x", recipient="b@b.example", raw=b"x", received_at=NOW)
    reply = SandboxReply.objects.create(**shared, raw=b"x", received_at=NOW)
    raw = RawMail.objects.create(**shared, uid_validity=1, uid=1, blob=blobs.put(b"private"), fetched_at=NOW)
    return {Account: account, SandboxMail: mail, SandboxReply: reply, RawMail: raw}


def address(model: type[Model], name: str, *args: object) -> str:
    return reverse(f"admin:mailboxes_{model._meta.model_name}_{name}", args=args)


@pytest.mark.parametrize("model", [Account, SandboxMail, SandboxReply, RawMail])
def test_pages_show_rows_and_no_secret(client: Client, rows: dict[type[Model], Any], model: type[Model]) -> None:
    listed = client.get(address(model, "changelist"), {"q": "a"})
    shown = client.get(address(model, "change", rows[model].pk))
    assert (listed.status_code, shown.status_code) == (200, 200)
    for page in (listed, shown):
        assert SECRET not in page.content.decode()
        assert rows[Account].sealed_secrets not in page.content.decode()


def run(client: Client, action: str, account: Account) -> str:
    body = {"action": action, "_selected_action": [account.pk]}
    return client.post(address(Account, "changelist"), body, follow=True).content.decode()


def test_disable_and_reconnect(client: Client, workspace: Workspace) -> None:
    account = make_account(workspace)
    run(client, "disable", account)
    account.refresh_from_db()
    assert account.status == "disabled"
    run(client, "reconnect", account)
    account.refresh_from_db()
    assert account.status == "connected"


def test_reconnect_says_why_not(client: Client, rows: dict[type[Model], Any]) -> None:
    assert "refused the connection" in run(client, "reconnect", rows[Account])
