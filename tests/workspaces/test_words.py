"""What django-allauth says, in our words."""

import re
from pathlib import Path

import allauth
import pytest
from django.core import mail
from django.template.loader import get_template
from django.test import Client
from pytest_django.fixtures import Settings

from fluenzr.workspaces.adapters import AccountAdapter, SecondFactorAdapter
from tests.builders import make_user

pytestmark = pytest.mark.django_db

LIBRARY = Path(allauth.__file__).parent / "templates"
# Telephone numbers, sign-in by code and usernames are not part of the product.
UNUSED = re.compile(r"phone|login_code|username|blacklisted|select_only_one")
NOT_OURS = re.compile(r"please|!|successfully|\boops\b", re.IGNORECASE)
MESSAGES = sorted(
    str(path.relative_to(LIBRARY))
    for app in ("account", "mfa", "usersessions")
    for path in (LIBRARY / app / "messages").glob("*.txt")
    if not UNUSED.search(path.name)
)


@pytest.mark.parametrize("name", MESSAGES)
def test_every_message_is_ours(name: str) -> None:
    template = get_template(name)

    assert LIBRARY not in Path(template.origin.name).parents
    assert not NOT_OURS.search(template.render({"email": "jane@acme.example"}))


@pytest.mark.parametrize("adapter", [AccountAdapter, SecondFactorAdapter])
def test_every_error_is_ours(adapter: type) -> None:
    base = adapter.__mro__[1].error_messages
    library = {key for key in base if not UNUSED.search(key)} - {"too_many_login_attempts"}

    assert {key for key in library if adapter.error_messages[key] is base[key]} == set()
    assert [text for key, text in adapter.error_messages.items() if key in library and NOT_OURS.search(str(text))] == []


def sent() -> str:
    (message,) = mail.outbox
    assert not NOT_OURS.search(message.body.replace("http://", ""))
    assert "FluenzR, testserver" in message.body
    return message.subject


def test_mail_of_a_new_password() -> None:
    make_user("jane@acme.example")
    Client().post("/password", {"email": "jane@acme.example"})

    assert sent() == "Choose a new password"
    assert "http://testserver/password/" in mail.outbox[0].body


def test_mail_to_an_address_without_account() -> None:
    Client().post("/password", {"email": "nobody@acme.example"})

    assert sent() == "No account with this address"


def test_mail_to_confirm_the_address_and_its_pages(settings: Settings) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    client = Client()
    form = {"name": "Jane", "email": "jane@acme.example", "password1": "correct horse battery", "workspace": "Acme"}
    answer = client.post("/sign-up", form | {"tracking_mode": "full"})

    assert "Look into your mail" in client.get(answer["Location"]).content.decode()
    assert sent() == "Confirm your address"
    link = re.search(r"http://testserver(/confirm-email/\S+)", mail.outbox[0].body)
    assert link is not None
    assert "Is jane@acme.example yours?" in client.get(link[1]).content.decode()
    assert client.post(link[1]).status_code == 302
    assert "This link no longer works" in client.get("/confirm-email/x").content.decode()


@pytest.mark.parametrize("path", ["/settings/security/email", "/settings/security"])
def test_pages_of_security_are_ours(path: str, owner) -> None:
    client = Client()
    client.force_login(owner.user)

    assert not NOT_OURS.search(re.sub(r"<!doctype|<!--.*?-->", "", client.get(path).content.decode()))
