"""Export and erasure reach everything: what each app registered, over all tables of the product."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.db.models import Model

from campaigns.enums import EnrolmentStatus, MessageState
from campaigns.models import Enrolment, Event, Message
from contacts import consents, people, records, suppression, tagging
from contacts.consents import Basis
from contacts.enums import ContactStatus
from contacts.models import Contact, FieldChange, Suppression
from fluenzr.core import blobs
from fluenzr.core.models import Blob
from fluenzr.mailboxes.models import RawMail, SandboxMail, SandboxReply
from fluenzr.workspaces.models import AuditEntry, Workspace
from tests.builders import NOW, make_campaign, make_contact, make_enrolment, make_group, make_hit, make_sent
from tracking.models import Conversation, InboundMail, RawHit

pytestmark = pytest.mark.django_db
APPS = ("contacts", "mailboxes", "campaigns", "tracking")
ADDRESSES = {"email", "email_key", "recipient", "recipient_hash", "sender", "target", "target_hash", "cells"}
# The workspace's own mailboxes: their address, and the name of the process that sends.
OWN = {"mailboxes.Account"}


def about_people() -> list[type[Model]]:
    """All models that point at a contact or hold an address."""
    return [
        model
        for app in APPS
        for model in apps.get_app_config(app).get_models()
        if model._meta.label not in OWN
        and any(field.related_model is Contact or field.name in ADDRESSES for field in model._meta.concrete_fields)
    ]


def covered() -> dict[type[Model], records.Record]:
    return {model: record for record in records.registered() for model in record.covers}


def test_every_table_about_people_is_covered() -> None:
    assert [model._meta.label for model in about_people() if model not in covered()] == []


def test_rows_that_outlive_the_contact_are_erased_by_their_app() -> None:
    staying = [
        model._meta.label
        for model, record in covered().items()
        for field in model._meta.concrete_fields
        if field.related_model is Contact and field.remote_field.on_delete is not models.CASCADE
        if record.erase is None
    ]
    assert staying == []


def test_two_records_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="contact"):
        records.register(records.Record("contact", (), lambda person: ()))


@pytest.fixture
def jane(workspace: Workspace) -> Contact:
    """A person of whom every table knows something."""
    contact = make_contact(workspace, "jane.old@acme.example", first_name="Jane", notes="Likes tea")
    people.update(contact, draft={"email": "jane@acme.example"}, by="ann", now=NOW)
    tagging.add(workspace=workspace, names={contact.pk: ["vip"]}, now=NOW)
    make_group(workspace, "Fair", members=(contact,))
    consents.record(contact, basis=Basis("event", "Write to me"), by="ann", now=NOW)
    enrolment = make_enrolment(make_campaign(workspace), contact)
    message = make_sent(enrolment, frozen={"subject": "Hello Jane"}, smtp_text="250 jane@acme.example taken")
    metadata = {"ip": "203.0.113.9", "replyPreview": "Jane says"}
    Event.objects.create(
        workspace=workspace, contact=contact, message=message, type="replied", at=NOW, metadata=metadata
    )
    make_hit(message)
    account = message.account
    thread = Conversation.objects.create(
        workspace=workspace, account=account, contact=contact, subject="Re: Hello Jane", last_at=NOW
    )
    raw = RawMail.objects.create(
        workspace=workspace, account=account, uid_validity=1, uid=1, blob=blobs.put(b"Jane wrote"), fetched_at=NOW
    )
    InboundMail.objects.create(
        workspace=workspace,
        account=account,
        raw=raw,
        conversation=thread,
        contact=contact,
        kind="human",
        message_id="jane-1@acme.example",
        sender="jane@acme.example",
        text="Jane wrote",
        received_at=NOW,
    )
    SandboxMail.objects.create(
        workspace=workspace, account=account, recipient="Jane@acme.example", raw=b"To Jane", received_at=NOW
    )
    SandboxReply.objects.create(workspace=workspace, account=account, raw=b"From: Jane@acme.example", received_at=NOW)
    return contact


def test_export_holds_what_each_app_knows(jane: Contact) -> None:
    document = records.export(jane, by="ann", now=NOW)
    counts = {name: len(rows) for name, rows in document.items() if isinstance(rows, list) and rows}
    assert counts == {
        "contact": 1,
        "groups": 1,
        "tags": 1,
        "fieldChanges": 1,
        "consents": 1,
        "journeys": 1,
        "messages": 1,
        "events": 1,
        "receivedMails": 1,
        "hits": 1,
        "sandboxMails": 2,
    }
    assert document["messages"][0]["content"] == {"subject": "Hello Jane"}
    assert json.loads(json.dumps(document)) == document
    assert AuditEntry.objects.filter(action="contact.exported").count() == 1


def every_value(workspace: Workspace) -> str:
    """Return all that any table of the product holds, as text."""
    rows: list[Any] = []
    for app in (*APPS, "workspaces", "core"):
        for model in apps.get_app_config(app).get_models():
            rows += model._default_manager.values()
    return " ".join(str(value) for row in rows for value in row.values()).lower()


def test_erasure_leaves_no_word_of_the_person(workspace: Workspace, jane: Contact) -> None:
    InboundMail.objects.update(message_id="1@acme.example")
    before = every_value(workspace)
    records.erase(jane, by="ann", now=NOW)
    after = every_value(workspace)
    assert "jane" in before
    assert "jane" not in after
    assert "203.0.113" not in after
    assert (Contact.objects.count(), RawHit.objects.count(), Blob.objects.count()) == (0, 0, 0)


def test_erasure_keeps_numbers_and_message_ids(jane: Contact) -> None:
    records.erase(jane, by="ann", now=NOW)
    message = Message.objects.get()
    assert (message.state, message.contact, len(message.recipient_hash)) == (MessageState.SENT, None, 64)
    assert Enrolment.objects.get().status == EnrolmentStatus.REMOVED
    assert Event.objects.filter(type="replied").count() == 1
    assert InboundMail.objects.get().message_id == "jane-1@acme.example"


def test_erased_addresses_stay_suppressed_by_hash_alone(workspace: Workspace, jane: Contact) -> None:
    records.erase(jane, by="ann", now=NOW)
    asked = ["jane@acme.example", "JANE.OLD@acme.example", "joe@acme.example"]
    assert suppression.barred(workspace, asked) == set(asked[:2])
    assert set(Suppression.objects.values_list("target", "reason")) == {("", "erased")}
    again = people.create(workspace=workspace, draft={"email": "Jane@acme.example"}, by="x", now=NOW)
    assert again.status == ContactStatus.BLOCKED


def test_erasure_keeps_why_the_address_was_barred_before(workspace: Workspace, jane: Contact) -> None:
    suppression.suppress(
        workspace=workspace, targets=["jane@acme.example"], reason="unsubscribed", source="msg", now=NOW
    )
    records.erase(jane, by="ann", now=NOW)
    row = Suppression.objects.get(reason="unsubscribed")
    assert (row.target, row.source) == ("", "")


def test_erasure_touches_nobody_else(workspace: Workspace, other_workspace: Workspace, jane: Contact) -> None:
    namesake = make_contact(other_workspace, "jane@acme.example")
    colleague = make_contact(workspace, "joe@acme.example")
    theirs = [make_sent(make_enrolment(make_campaign(one.workspace), one)) for one in (namesake, colleague)]
    records.erase(jane, by="ann", now=NOW + timedelta(days=1))
    for message in theirs:
        message.refresh_from_db()
        assert message.recipient
    assert Contact.objects.count() == 2
    assert not FieldChange.objects.exists()
