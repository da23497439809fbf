"""What goes into mails, and how often the database is asked for it."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns import graph
from campaigns.mail import freezing, rendering, variables
from campaigns.mail.rendering import Unrenderable
from campaigns.models import Message
from fluenzr.workspaces.models import Workspace
from tests.builders import (
    NOW,
    make_campaign,
    make_email_node,
    make_enrolment,
    make_field,
    make_message,
    make_sent,
    make_workflow,
)
from tests.campaigns.mail.mails import freeze, mail_of, make_mail, text_of

pytestmark = pytest.mark.django_db


def test_sender_and_date_variables(workspace: Workspace) -> None:
    body = (
        "{{senderName}} {{sender_first_name}} {{sender_email}} {{current_date}} {{current_year}} {{current_date|short}}"
    )
    mail = mail_of(make_mail(workspace, body=body, contact={"language": "fr"}))
    assert text_of(mail).startswith("Jane Doe Jane jane@acme.example 2 mars 2026 2026 02/03/2026\n")


def test_custom_fields_and_their_defaults(workspace: Workspace) -> None:
    make_field(workspace, "lead_source", default="web")
    make_field(workspace, "birthday", "date")
    make_field(workspace, "score", "number")
    message = make_mail(
        workspace,
        body="{{lead_source}} {{birthday}} {{birthday | date: 'DD.MM.'}} {{score}}",
        contact={"custom": {"birthday": "1990-05-01", "score": 3.0}},
    )
    assert text_of(mail_of(message)).startswith("web May 1, 1990 01.05. 3\n")


def queries_of(messages: list[Message]) -> int:
    graph.of_version(messages[0].version_id)  # type: ignore[arg-type]
    with CaptureQueriesContext(connection) as queries:
        assert not [one for one in rendering.prepare(messages, now=NOW).values() if isinstance(one, Unrenderable)]
    return len(queries)


@pytest.mark.parametrize("people", [1, 3])
def test_first_mails_need_five_queries_whatever_they_say(workspace: Workspace, people: int) -> None:
    names = sorted(variables.BUILT_IN - {"email"} | {"score"})
    make_field(workspace, "score", default="3")
    body = " ".join(f"{{{{{name}|-}}}}" for name in names)
    campaign = make_campaign(workspace, make_workflow(make_email_node(body=body)))
    assert queries_of([make_message(make_enrolment(campaign)) for _n in range(people)]) == 5


@pytest.mark.parametrize("follow_up", [{"subject": ""}, {"subject": "New"}, {"sameThread": True}])
def test_follow_ups_ask_for_the_mails_before_them(workspace: Workspace, follow_up: dict[str, Any]) -> None:
    campaign = make_campaign(workspace, make_workflow(make_email_node("a"), make_email_node("b", **follow_up)))
    enrolments = [make_enrolment(campaign) for _n in range(3)]
    for enrolment in enrolments:
        freeze(make_sent(enrolment, "a"))
    assert queries_of([make_message(one, "b") for one in enrolments]) == 6


def test_only_the_columns_that_a_mail_needs_are_read(workspace: Workspace) -> None:
    message = make_mail(workspace, body="{{firstName}} {{company|x}}")
    (contact,) = freezing.load([message]).contacts.values()
    assert contact.get_deferred_fields() & {"notes", "custom", "company", "first_name"} == {"notes", "custom"}
