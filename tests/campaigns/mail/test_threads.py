"""Which mails continue the conversation of those before them."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns.mail import rendering
from campaigns.models import Enrolment, Message
from contacts.models import Contact
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
from tests.campaigns.mail.mails import freeze, parse, refusal

pytestmark = pytest.mark.django_db


def make_thread(workspace: Workspace, *nodes: dict[str, Any]) -> Enrolment:
    campaign = make_campaign(workspace, make_workflow(*nodes), make_account(workspace, "jane@acme.example"))
    return make_enrolment(campaign, make_contact(workspace, "ann@lee.example", first_name="Ann"))


def send(enrolment: Enrolment, node: str, **fields: Any) -> Message:
    message = freeze(make_sent(enrolment, node, **fields))
    message.sending_at = NOW + timedelta(days=Message.objects.count())
    message.save()
    return message


SUBJECT = "{Hi|Hello} {{firstName}}"


@pytest.mark.parametrize(
    "follow_up",
    [{"subject": ""}, {"subject": SUBJECT}, {"subject": f"Re: {SUBJECT}"}, {"subject": "Other", "sameThread": True}],
)
def test_a_follow_up_stays_in_its_thread(workspace: Workspace, follow_up: dict[str, Any]) -> None:
    enrolment = make_thread(
        workspace,
        make_email_node("a", subject=SUBJECT),
        make_email_node("b", **follow_up),
        make_email_node("c", subject=""),
    )
    first = send(enrolment, "a")
    Contact.objects.update(first_name="Renamed")
    second = send(enrolment, "b")
    third = send(enrolment, "c")
    assert first.subject in ("Hi Ann", "Hello Ann")
    assert (second.subject, third.subject) == (f"Re: {first.subject}", f"Re: {first.subject}")
    assert (second.in_reply_to, second.references) == (first.message_id, [first.message_id])
    assert (third.in_reply_to, third.references) == (second.message_id, [first.message_id, second.message_id])
    mail = parse(rendering.compose([third])[third.pk])
    assert mail["In-Reply-To"] == f"<{second.message_id}>"
    assert mail["References"] == f"<{first.message_id}> <{second.message_id}>"


def test_a_changed_subject_begins_a_thread(workspace: Workspace) -> None:
    enrolment = make_thread(
        workspace,
        make_email_node("a", subject="One"),
        make_email_node("b", subject="Two"),
        make_email_node("c", subject=""),
    )
    send(enrolment, "a")
    second, third = send(enrolment, "b"), send(enrolment, "c")
    assert (second.subject, second.in_reply_to, second.references) == ("Two", "", [])
    assert (third.subject, third.in_reply_to) == ("Re: Two", second.message_id)


def test_a_thread_follows_the_id_that_the_provider_gave(workspace: Workspace) -> None:
    enrolment = make_thread(workspace, make_email_node("a"), make_email_node("b", subject=""))
    send(enrolment, "a", provider_message_id="theirs@provider.example")
    assert send(enrolment, "b").in_reply_to == "theirs@provider.example"


@pytest.mark.parametrize("broken", ["bounced", "moved"])
def test_a_broken_thread_is_left(workspace: Workspace, broken: str) -> None:
    enrolment = make_thread(workspace, make_email_node("a", subject="One"), make_email_node("b", subject=""))
    first = send(enrolment, "a")
    if broken == "bounced":
        first.bounced_at = NOW
    else:
        first.account = make_account(workspace)
    first.save()
    second = send(enrolment, "b")
    assert (second.subject, second.in_reply_to) == ("One", "")


def test_a_follow_up_without_a_mail_before_says_so(workspace: Workspace) -> None:
    enrolment = make_thread(workspace, make_email_node("a"), make_email_node("b", subject=""))
    assert refusal(make_message(enrolment, "b")) == "The subject is blank."
