"""The sandbox transport."""

import uuid
from typing import Any

import pytest

from fluenzr.mailboxes import transports
from fluenzr.mailboxes.models import SandboxMail
from fluenzr.mailboxes.transports import Outcome, Parcel
from fluenzr.workspaces.models import Workspace
from tests.builders import make_account

pytestmark = pytest.mark.django_db


def make_parcel(**fields: Any) -> Parcel:
    key = uuid.uuid4()
    values = {"sender": "me@a.example", "recipient": "bob@b.example", "content": b"x", "subject": "Hi"} | fields
    return Parcel(id=key, message_id=f"{key}@a.example", **values)


def test_deliver_keeps_what_is_opened(workspace: Workspace) -> None:
    kept, stopped = make_parcel(), make_parcel()
    transport = transports.of(make_account(workspace))
    begun: list[uuid.UUID] = []
    receipts = list(transport.deliver([kept, stopped], lambda ids: {kept.id}, begun.append))
    assert begun == [kept.id]
    assert [(receipt.id, receipt.outcome) for receipt in receipts] == [
        (kept.id, Outcome.ACCEPTED),
        (stopped.id, Outcome.UNOPENED),
    ]
    (mail,) = SandboxMail.objects.all()
    assert (mail.message_id, mail.recipient, mail.subject, bytes(mail.raw)) == (
        kept.message_id,
        "bob@b.example",
        "Hi",
        b"x",
    )


def test_every_provider_has_a_transport() -> None:
    assert transports.providers() == {"smtp", "relay", "sandbox"}
