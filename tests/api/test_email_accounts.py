from typing import Any

import pytest

from fluenzr.mailboxes.models import Account
from fluenzr.workspaces.models import Workspace
from tests.builders import make_account, make_campaign, make_enrolment, make_message
from tests.clients import ApiClient
from tests.smtp_servers import sink

SMTP = {"host": "127.0.0.1", "port": 2525, "username": "me", "password": "s3cret-canary", "encryption": "none"}
IMAP = {"host": "127.0.0.1", "port": 1143, "username": "me", "password": "imap-canary", "encryption": "none"}


def data(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.content
    assert b"canary" not in answer.content
    return answer.json()["data"]


def made(api: ApiClient, **fields: Any) -> Any:
    body = {"email": "me@acme.example", "displayName": "Me", "provider": "smtp", "smtp": SMTP, "imap": IMAP, **fields}
    return data(api.post("/email-accounts", body), 201)


def test_account_shows_all_but_its_passwords(workspace: Workspace, api: ApiClient) -> None:
    account = made(api, dailyLimit=50, hourlyLimit=None, signature="Me, Acme")

    row = Account.objects.get()
    assert account == {
        "id": row.public_id,
        "email": "me@acme.example",
        "displayName": "Me",
        "provider": "smtp",
        "status": "connected",
        "statusReason": None,
        "smtp": {"host": "127.0.0.1", "port": 2525, "username": "me", "encryption": "none", "hasPassword": True},
        "imap": {
            "host": "127.0.0.1",
            "port": 1143,
            "username": "me",
            "encryption": "none",
            "hasPassword": True,
            "folder": "INBOX",
        },
        "dailyLimit": 50,
        "hourlyLimit": None,
        "minGapSeconds": 0,
        "signature": "Me, Acme",
        "timezone": None,
        "sandboxPlay": None,
        "lastSentAt": None,
        "createdAt": account["createdAt"],
        "updatedAt": account["updatedAt"],
    }
    assert data(api.get(f"/email-accounts/{row.public_id}")) == account
    assert data(api.get("/email-accounts")) == [account]


def test_relay_has_no_limits_and_stays_a_relay(api: ApiClient) -> None:
    account = made(api, provider="relay", imap=None)

    assert (account["provider"], account["dailyLimit"], account["imap"]) == ("relay", None, None)
    answer = api.put(f"/email-accounts/{account['id']}", {"provider": "smtp"})
    assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, ["provider"])


def test_put_merges_servers_and_takes_back_what_get_gave(api: ApiClient) -> None:
    account = made(api)
    path = f"/email-accounts/{account['id']}"

    again = data(api.put(path, account))
    assert {**again, "updatedAt": None} == {**account, "updatedAt": None}
    changed = data(api.put(path, {"smtp": {"port": 587}, "imap": None}))

    assert (changed["smtp"]["port"], changed["smtp"]["hasPassword"], changed["imap"]) == (587, True, None)
    assert Account.objects.get().secrets() == {"smtp": "s3cret-canary"}


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": None}, "email"),
        ({"provider": "pigeon"}, "provider"),
        ({"smtp": {}}, "smtp.host"),
        ({"smtp": "mail.example.com"}, "smtp"),
        ({"smtp": {**SMTP, "port": 70000}}, "smtp.port"),
        ({"smtp": {**SMTP, "encryption": "rot13"}}, "smtp.encryption"),
        ({"smtp": {**SMTP, "sealed_secrets": "x"}}, "smtp.sealed_secrets"),
        ({"dailyLimit": 0}, "dailyLimit"),
        ({"dailyLimit": "50"}, "dailyLimit"),
        ({"displayName": "Me\r\nBcc: x@y.org"}, "displayName"),
        ({"workspaceId": "wsp_1"}, "workspaceId"),
    ],
)
def test_account_refuses_what_does_not_fit(api: ApiClient, fields: Any, path: str) -> None:
    body = {"email": "me@acme.example", "smtp": SMTP, **fields}

    answer = api.post("/email-accounts", body)

    assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, [path])
    assert not Account.objects.exists()


def test_same_address_twice_is_409(api: ApiClient) -> None:
    made(api)

    assert api.post("/email-accounts", {"email": "me@acme.example", "smtp": SMTP}).status_code == 409


def test_thirteenth_account_is_beyond_the_plan(workspace: Workspace, api: ApiClient) -> None:
    for _number in range(12):
        make_account(workspace)

    answer = api.post("/email-accounts", {"email": "me@acme.example", "provider": "sandbox"})

    assert answer.status_code == 403
    assert "The Pro plan allows 12 email accounts" in answer.json()["error"]["message"]


def test_delete_removes_an_account(workspace: Workspace, api: ApiClient) -> None:
    account = make_account(workspace)
    path = f"/email-accounts/{account.public_id}"

    assert data(api.delete(path)) == {"id": account.public_id, "deleted": True}
    assert api.get(path).status_code == 404


def test_account_that_has_sent_is_gone_but_kept(workspace: Workspace, api: ApiClient) -> None:
    account = make_account(workspace)
    campaign = make_campaign(workspace, account=account, status="completed")
    make_message(make_enrolment(campaign))
    path = f"/email-accounts/{account.public_id}"

    data(api.delete(path))

    assert api.get(path).status_code == 404
    assert data(api.get("/email-accounts")) == []
    assert api.post("/campaigns", {"name": "New", "emailAccountId": account.public_id}).status_code == 400
    assert Account.objects.filter(pk=account.pk).exists()


def test_test_says_what_works(api: ApiClient, db: None) -> None:
    with sink() as server:
        account = made(api, smtp={"host": "127.0.0.1", "port": server.port, "encryption": "none"}, imap=None)
        report = data(api.post(f"/email-accounts/{account['id']}/test"))

    assert (report["ok"], [check["name"] for check in report["checks"]]) == (True, ["smtp", "mail"])


def test_test_says_what_fails(api: ApiClient, db: None) -> None:
    account = made(api, smtp={"host": "127.0.0.1", "port": 1, "encryption": "none"}, imap=None)

    report = data(api.post(f"/email-accounts/{account['id']}/test"))

    assert report["ok"] is False
    assert report["checks"][0]["message"] == "127.0.0.1:1 refused the connection. Check host and port."


def test_sandbox_is_disabled_and_reconnected(workspace: Workspace, api: ApiClient) -> None:
    path = f"/email-accounts/{make_account(workspace).public_id}"

    assert data(api.post(f"{path}/disable"))["status"] == "disabled"
    again = data(api.post(f"{path}/reconnect"))

    assert (again["ok"], again["account"]["status"]) == (True, "connected")
