"""Mails made at once: what is frozen of them gives the very same mails again."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns import attachments, graph
from campaigns.mail import freezing, rendering
from campaigns.mail.freezing import Sources
from campaigns.mail.rendering import Frozen, Made, Unrenderable
from campaigns.models import Message
from contacts.models import Contact
from fluenzr.core import ids
from fluenzr.workspaces.models import Workspace
from tests.builders import (
    NOW,
    make_account,
    make_campaign,
    make_contact,
    make_email_node,
    make_enrolment,
    make_message,
    make_sent,
    make_workflow,
)
from tests.campaigns.mail.mails import freeze

pytestmark = pytest.mark.django_db

WILD = st.text(alphabet=st.characters(codec="utf-8"), max_size=60) | st.text(alphabet="a .=\n\r<&é😀א", max_size=60)
BODIES = [
    "Hi {{firstName}},\n\n{{company|friend}} https://a.example/{{firstName}} and https://a.example/b\n{{signature}}",
    "<p>{Hi|Hello} {{firstName}} {% if company %}at {{company | upcase}}{% endif %}</p><a href='https://a.example'>x</a>",
]


def make_mails(workspace: Workspace, *names: str, **data: Any) -> list[Message]:
    """A queued mail of a one-step campaign to each person of these first names."""
    campaign = make_campaign(workspace, make_workflow(make_email_node(**data)))
    return [make_message(make_enrolment(campaign, make_contact(workspace, first_name=name))) for name in names]


def remembered(message: Message, frozen: Frozen) -> Message:
    """The message as the database gives it back when this was frozen."""
    message.frozen, message.links = json.loads(json.dumps([frozen.values, frozen.links]))
    message.in_reply_to, message.references = frozen.in_reply_to, frozen.references
    return message


def assert_made_again(mails: list[Message], made: dict[Any, Made | Unrenderable]) -> None:
    for message in mails:
        one = made[message.pk]
        assert isinstance(one, Made), one
        remembered(message, one.frozen)
    again = rendering.compose(mails)
    assert [again[one.pk] for one in mails] == [one.content for one in made.values() if isinstance(one, Made)]


@pytest.mark.parametrize("body", BODIES)
def test_what_is_frozen_makes_the_same_mail(workspace: Workspace, body: str) -> None:
    account = make_account(workspace, display_name="Jané Doe", signature="<b>Jané</b>")
    campaign = make_campaign(
        workspace, make_workflow(make_email_node(subject="To {{firstName}} {{company}}", body=body)), account
    )
    graph.of_version(campaign.version_id)  # type: ignore[arg-type]

    @settings(max_examples=30, deadline=None)
    @given(first=WILD, company=WILD, seed=st.integers(0, 99), blanks=st.booleans())
    def check(first: str, company: str, seed: int, blanks: bool) -> None:
        contact = Contact(workspace=workspace, email="ann@lee.example", first_name=first, company=company)
        account.workspace.send_with_blanks = blanks
        message = Message(
            workspace=workspace,
            campaign=campaign,
            enrolment_id=ids.uuid7(),
            contact=contact,
            account=account,
            version_id=campaign.version_id,
            node="mail_1",
            recipient="ann@lee.example",
            message_id="a@acme.example",
        )
        journey = message.enrolment_id
        assert journey is not None
        sources = Sources({contact.pk: contact}, {account.pk: account}, {campaign.pk: campaign}, {journey: seed}, {})
        made = rendering.make([message], rendering.enclosures([message]), now=NOW, sources=sources)
        if isinstance(made[message.pk], Made):
            assert_made_again([message], made)
        else:
            assert not blanks

    check()


def test_a_follow_up_and_its_files_are_made_again(workspace: Workspace) -> None:
    file = {"id": attachments.add(workspace=workspace, name="offer.pdf", content=b"Offer").public_id}
    steps = make_email_node("a"), make_email_node("b", subject="", body="Hi {{firstName}}", attachments=[file])
    campaign = make_campaign(workspace, make_workflow(*steps))
    enrolment = make_enrolment(campaign, make_contact(workspace, first_name="Ann"))
    first = freeze(make_sent(enrolment, "a"))
    second = make_message(enrolment, "b")
    made = rendering.make([second], rendering.enclosures([second]), now=NOW)
    one = made[second.pk]
    assert isinstance(one, Made)
    assert (one.frozen.values["subject"], one.frozen.references) == ("Re: Subject of a", [first.message_id])
    assert b"Subject: Re: Subject of a\r\n" in one.content
    assert b'filename="offer.pdf"' in one.content
    assert_made_again([second], made)


def test_prepare_freezes_the_same(workspace: Workspace) -> None:
    mails = make_mails(workspace, "Ann", "Zoë", "", body=BODIES[0])
    made = rendering.make(mails, rendering.enclosures(mails), now=NOW)
    prepared = {key: one.frozen if isinstance(one, Made) else one for key, one in made.items()}
    assert rendering.prepare(mails, now=NOW) == prepared


def test_who_cannot_get_it_stops_nobody_else(workspace: Workspace) -> None:
    mails = make_mails(workspace, "", "Ann", body="Hi {{firstName}}")
    made = rendering.make(mails, rendering.enclosures(mails), now=NOW)
    assert made[mails[0].pk] == Unrenderable("“firstName” is blank and has no fallback.")
    assert isinstance(made[mails[1].pk], Made)


def test_readers_of_one_batch_keep_what_is_their_own(workspace: Workspace) -> None:
    mails = make_mails(workspace, "Ann", "Léa", "Bob", body="Hi {{firstName}} {{current_date}} https://a.example")
    Contact.objects.filter(first_name="Léa").update(language="fr")
    Contact.objects.filter(first_name="Bob").update(objected_at=NOW)
    made = rendering.make(mails, rendering.enclosures(mails), now=NOW)
    frozen = [one.frozen.values for one in made.values() if isinstance(one, Made)]
    assert [(one["language"], one["opens"], one["clicks"]) for one in frozen] == [
        ("en", True, True),
        ("fr", True, True),
        ("en", False, False),
    ]
    assert [one["values"] for one in frozen] == [{"firstName": name} for name in ("Ann", "Léa", "Bob")]


def test_with_sources_given_no_database_is_asked(workspace: Workspace) -> None:
    mails = make_mails(workspace, "Ann")
    files, sources = rendering.enclosures(mails), freezing.load(mails)
    with CaptureQueriesContext(connection) as queries:
        made = rendering.make(mails, files, now=NOW, sources=sources)
    assert (len(queries), len(made)) == (0, 1)
