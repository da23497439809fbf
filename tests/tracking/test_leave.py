from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from campaigns.models import Enrolment, Event, Message
from contacts import suppression
from contacts.models import Contact, Suppression
from fluenzr.core import signing
from fluenzr.core.ids import uuid7
from tests import builders
from tracking import bounded, shipping
from tracking.views import leave

pytestmark = pytest.mark.django_db
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def client() -> Client:
    return Client(enforce_csrf_checks=True)


def path(message: Message, page: str = "u") -> str:
    return f"/t/{page}/{signing.sign('leave', message.pk)}"


def status_of(message: Message) -> str:
    return Contact.objects.get(pk=message.contact_id).status


def test_one_click_as_form_acts_at_once(client: Client, message: Message):
    answer = client.post(path(message), "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")

    assert (answer.status_code, answer.content, answer.cookies) == (200, b"", {})
    assert status_of(message) == "unsubscribed"
    assert Enrolment.objects.get(pk=message.enrolment_id).status == "unsubscribed"
    assert Event.objects.filter(type="unsubscribed").count() == 1


def test_one_click_as_multipart_acts_and_is_idempotent(client: Client, message: Message):
    answers = [client.post(path(message), ONE_CLICK) for _ in range(3)]

    assert [(answer.status_code, answer.content) for answer in answers] == [(200, b"")] * 3
    assert Event.objects.filter(type="unsubscribed").count() == 1
    assert suppression.barred(message.workspace, ["Jane@Globex.example"]) == {"Jane@Globex.example"}


@pytest.mark.parametrize("method", ["get", "head", "options", "put", "delete"])
def test_nothing_but_a_post_acts(client: Client, message: Message, method: str):
    for page in "up":
        getattr(client, method)(path(message, page) + "?List-Unsubscribe=One-Click&wish=leave")

    assert (status_of(message), Event.objects.count()) == ("active", 0)


def test_get_shows_a_button_and_who_writes(client: Client, message: Message):
    answer = client.get(path(message))

    assert answer.status_code == 200
    assert "Acme" in answer.text
    assert '<input type="hidden" name="wish" value="leave">' in answer.text
    assert "style=" not in answer.text
    assert not answer.cookies


def test_the_button_acts_without_a_csrf_token(client: Client, message: Message):
    answer = client.post(path(message), {"wish": "leave"})

    assert (answer.status_code, status_of(message)) == (200, "unsubscribed")


def test_a_post_without_a_wish_does_not_act(client: Client, message: Message):
    big = SimpleUploadedFile("x", b"x" * 30_000)
    answers = [client.post(path(message), body) for body in ({}, {"wish": "all"}, {"f": big} | ONE_CLICK)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert status_of(message) == "active"


def test_preferences_may_only_stop_the_tracking(client: Client, message: Message):
    answer = client.post(path(message, "p"), {"wish": "object"})

    contact = Contact.objects.get(pk=message.contact_id)
    assert (answer.status_code, contact.status, contact.objected_at is not None) == (200, "active", True)


def test_forged_and_foreign_tokens_get_one_constant_page(client: Client, message: Message):
    tokens = ["x", signing.sign("open", message.pk), signing.sign("leave", uuid7()), "é" * 40]
    answers = [client.post(f"/t/{page}/{token}", ONE_CLICK | {"wish": "leave"}) for token in tokens for page in "up"]

    assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}
    assert status_of(message) == "active"


def test_very_old_mails_may_be_left(client: Client, message: Message):
    Message.objects.update(sent_at=datetime.now(UTC) - timedelta(days=500))
    client.post(path(message), ONE_CLICK)

    assert status_of(message) == "unsubscribed"


def test_leaving_works_after_the_contact_was_deleted(client: Client, message: Message):
    message.contact.delete()

    assert client.post(path(message), ONE_CLICK).status_code == 200
    assert Suppression.objects.get().reason == "unsubscribed"
    assert suppression.barred(message.workspace, ["jane@globex.example"]) == {"jane@globex.example"}


def test_leaving_reaches_a_contact_who_was_imported_again(client: Client, message: Message):
    message.contact.delete()
    again = builders.make_contact(message.workspace, "jane@globex.example")
    client.post(path(message), ONE_CLICK)

    again.refresh_from_db()
    assert again.status == "unsubscribed"


def test_a_wish_during_an_outage_is_done_afterwards(client: Client, message: Message, settings, tmp_path, monkeypatch):
    settings.DATA_DIR = tmp_path

    def down(question, *, seconds):
        raise bounded.Unavailable

    with monkeypatch.context() as patch:
        patch.setattr(leave.bounded, "run", down)
        answers = [client.post(path(message), ONE_CLICK), client.get(path(message))]
    assert [answer.status_code for answer in answers] == [200, 503]
    assert status_of(message) == "active"

    shipping.ship(now=datetime.now(UTC))
    assert status_of(message) == "unsubscribed"
