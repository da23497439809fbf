"""The mails of a campaign: what is in them, and that they are the same when made again."""

import email
import email.policy
import re
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from django.utils.translation import gettext

from campaigns import attachments, graph
from campaigns.mail import rendering
from campaigns.mail.rendering import Frozen, Unrenderable
from campaigns.models import Campaign, Enrolment, Link, Message
from contacts.models import Contact
from fluenzr.core import signing
from fluenzr.workspaces.models import Workspace
from tests.builders import (
    NOW,
    make_account,
    make_campaign,
    make_contact,
    make_email_node,
    make_enrolment,
    make_field,
    make_message,
    make_sent,
    make_workflow,
    make_workspace,
)

pytestmark = pytest.mark.django_db


def freeze(message: Message) -> Message:
    """Prepare the mail of a message as the outbox does."""
    result = rendering.prepare([message], now=NOW)[message.pk]
    assert isinstance(result, Frozen), result
    message.frozen, message.links = result.values, result.links
    message.in_reply_to, message.references = result.in_reply_to, result.references
    message.save()
    return Message.objects.get(pk=message.pk)


def refusal(message: Message) -> str:
    result = rendering.prepare([message], now=NOW)[message.pk]
    assert isinstance(result, Unrenderable)
    return result.reason


def parse(raw: bytes) -> EmailMessage:
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    assert mail.defects == []
    return mail


def mail_of(message: Message) -> EmailMessage:
    return parse(rendering.compose([freeze(message)])[message.pk])


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def html_of(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def make_mail(
    workspace: Workspace, *, contact: dict[str, Any] | None = None, account: dict[str, Any] | None = None, **data: Any
) -> Message:
    """A queued mail of a one-step campaign to Ann Lee, with this data of its node."""
    person = make_contact(
        workspace, **({"email": "ann@lee.example", "first_name": "Ann", "last_name": "Lee"} | (contact or {}))
    )
    sender = make_account(workspace, **({"email": "jane@acme.example", "display_name": "Jane Doe"} | (account or {})))
    campaign = make_campaign(workspace, make_workflow(make_email_node(**data)), sender)
    assert campaign.version is not None
    rendering.publish_links(campaign.version)
    return make_message(make_enrolment(campaign, person))


def test_a_mail_carries_its_headers_and_both_parts(workspace: Workspace) -> None:
    message = make_mail(
        workspace, subject="{{firstName}}, quick question", body="Hello {{firstName}},\n\nI'm reaching out..."
    )
    mail = mail_of(message)
    assert list(mail.keys()) == [
        *("From", "To", "Subject", "Date", "Message-ID"),
        *("List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "MIME-Version", "Content-Type"),
    ]
    assert mail["From"] == "Jane Doe <jane@acme.example>"
    assert mail["To"] == "Ann Lee <ann@lee.example>"
    assert mail["Subject"] == "Ann, quick question"
    assert mail["Date"] == "Mon, 02 Mar 2026 11:00:00 +0100"
    assert mail["Message-ID"] == f"<{message.message_id}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert re.fullmatch(r"<\w{22}\.acme\.example>", mail["List-Id"])
    assert text_of(mail).startswith("Hello Ann,\n\nI'm reaching out...\n")
    assert "<div>Hello Ann,<br>\n<br>\nI'm reaching out...</div>" in html_of(mail)
    assert Message.objects.get(pk=message.pk).subject == "Ann, quick question"


def test_list_unsubscribe_is_one_line_with_a_valid_token(workspace: Workspace) -> None:
    message = make_mail(workspace)
    raw = rendering.compose([freeze(message)])[message.pk].decode()
    (line,) = [line for line in raw.split("\r\n") if line.startswith("List-Unsubscribe:")]
    found = re.fullmatch(
        r"List-Unsubscribe: <http://testserver/t/u/(\S+)>, <mailto:(\S+)\?subject=unsubscribe%20(\S+)>", line
    )
    assert found is not None
    assert found[2] == "jane@acme.example"
    for token in (found[1], found[3]):
        claim = signing.verify("leave", token)
        assert claim is not None
        assert claim.message_id == message.pk


def test_list_unsubscribe_has_no_mailto_where_nobody_reads(workspace: Workspace) -> None:
    mail = mail_of(make_mail(workspace, account={"provider": "smtp", "channel": "email"}))
    assert "mailto:" not in mail["List-Unsubscribe"]


def test_links_and_pixel_are_tracked(workspace: Workspace) -> None:
    message = make_mail(workspace, body="See https://acme.example/a and https://acme.example/b?n={{firstName}}.")
    mail = mail_of(message)
    tokens = re.findall(r'href="http://testserver/t/c/([^"]+)"', html_of(mail))
    assert [signing.verify("click", token).link for token in tokens] == [1, 2]  # type: ignore[union-attr]
    assert re.findall(r"http://testserver/t/c/(\S+?)(?=[\s.])", text_of(mail)) == tokens
    (pixel,) = re.findall(r'<img src="http://testserver/t/o/([^"]+)\.gif" width="1" height="1" alt="">', html_of(mail))
    assert signing.verify("open", pixel) == signing.Claim(message.pk, 0)
    assert list(Link.objects.order_by("index").values_list("index", "url")) == [
        (1, "https://acme.example/a"),
        (2, "https://acme.example/b?n={{firstName}}"),
    ]
    assert Message.objects.get(pk=message.pk).links == {"2": "https://acme.example/b?n=Ann"}


@pytest.mark.parametrize(
    ("data", "contact", "mode", "opens", "clicks"),
    [
        ({"trackOpens": False}, {}, "full", False, True),
        ({"trackClicks": False}, {}, "full", True, False),
        ({}, {"objected_at": NOW}, "full", False, False),
        ({}, {}, "off", False, False),
        ({}, {}, "minimal", True, True),
    ],
)
def test_what_is_not_tracked_leaves_not_a_byte(
    data: dict[str, Any], contact: dict[str, Any], mode: str, opens: bool, clicks: bool
) -> None:
    message = make_mail(
        make_workspace(tracking_mode=mode), contact=contact, body="See https://acme.example/?a=1&b=2", **data
    )
    mail = mail_of(message)
    said = text_of(mail) + html_of(mail)
    assert ("/t/o/" in said, "/t/c/" in said) == (opens, clicks)
    assert ("<img" in said, "/t/p/" in said) == (opens, opens)
    assert ("See https://acme.example/?a=1&b=2" in text_of(mail)) is not clicks
    assert Link.objects.exists() is data.get("trackClicks", True)


def test_the_footer_says_who_how_to_leave_and_that_it_is_tracked() -> None:
    workspace = make_workspace(postal_address="Acme <SAS>\n1 rue de Rivoli\nParis", language="en")
    mail = mail_of(make_mail(workspace))
    assert re.search(
        r"\n-- \nAcme <SAS>\n1 rue de Rivoli\nParis\nUnsubscribe: http://testserver/t/u/\S+\n"
        r"This email tells its sender when it is opened. Object to this: http://testserver/t/p/\S+\n$",
        text_of(mail),
    )
    assert "Acme &lt;SAS&gt;<br>\n1 rue de Rivoli<br>\nParis<br>\n" in html_of(mail)
    assert html_of(mail).count("/t/u/") == 1


def test_an_unsubscribe_link_of_the_author_replaces_ours(workspace: Workspace) -> None:
    mail = mail_of(make_mail(workspace, body='<p>Bye. <a href="{{unsubscribe_link}}">No more</a></p>'))
    assert re.findall(r'<a href="http://testserver/t/u/[^"]+">([^<]+)</a>', html_of(mail)) == ["No more"]
    assert text_of(mail).count("/t/u/") == 1
    assert "/t/c/" not in html_of(mail)


def test_our_links_speak_the_language_of_the_reader(workspace: Workspace) -> None:
    message = make_mail(workspace, body="Bye\n{{unsubscribe_link}}", contact={"language": "fr"})
    with translation.override("en"):
        english = gettext("Unsubscribe")
    with translation.override("fr"):
        french = gettext("Unsubscribe")
        html = html_of(mail_of(message))
    assert re.findall(r'<a href="http://testserver/t/u/[^"]+">([^<]+)</a>', html) == [french]
    other = {"contact": {"email": "b@b.example"}, "account": {"email": "k@k.example"}}
    another = make_mail(workspace, body="Bye\n{{unsubscribe_link}}", **other)
    assert english in html_of(mail_of(another))


@pytest.mark.parametrize(("plan", "branded"), [("free", True), ("starter", False), ("pro", False)])
def test_the_free_plan_signs_with_our_name(plan: str, branded: bool) -> None:
    mail = mail_of(make_mail(make_workspace(plan=plan)))
    assert ("Sent with FluenzR" in text_of(mail), "Sent with FluenzR" in html_of(mail)) == (branded, branded)


def test_the_signature_is_markup(workspace: Workspace) -> None:
    message = make_mail(
        workspace, body="Hi\n{{signature}}", account={"signature": '<b>Jane</b> <a href="https://a.example">A</a>'}
    )
    mail = mail_of(message)
    assert '<br>\n<b>Jane</b> <a href="https://a.example">A</a></div>' in html_of(mail)
    assert "Hi\nJane A (https://a.example)\n" in text_of(mail)


def test_a_missing_signature_stops_nobody(workspace: Workspace) -> None:
    assert text_of(mail_of(make_mail(workspace, body="Hi {{signature}}"))).startswith("Hi")


def test_html_bodies_get_a_text_part(workspace: Workspace) -> None:
    mail = mail_of(
        make_mail(
            workspace,
            trackClicks=False,
            body='<p>Hi <b>{{firstName}}</b></p><p><a href="https://x.example">Look</a></p>',
        )
    )
    assert text_of(mail).startswith("Hi Ann\n\nLook (https://x.example)\n")


def test_values_are_escaped_in_html_only(workspace: Workspace) -> None:
    mail = mail_of(make_mail(workspace, body="Hi {{company}}", contact={"company": '<img src=x onerror="a">&'}))
    assert "Hi &lt;img src=x onerror=&#34;a&#34;&gt;&amp;</div>" in html_of(mail)
    assert text_of(mail).startswith('Hi <img src=x onerror="a">&\n')


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


def test_a_blank_variable_stops_that_person(workspace: Workspace) -> None:
    assert refusal(make_mail(workspace, body="Hi {{company}}")) == "“company” is blank and has no fallback."


def test_a_blank_link_stops_that_person(workspace: Workspace) -> None:
    assert (
        refusal(make_mail(workspace, body='<a href="{{website}}">x</a>')) == "“website” is blank and has no fallback."
    )


def test_a_blank_link_that_is_not_shown_stops_nobody(workspace: Workspace) -> None:
    body = 'Hi{% if website %} <a href="{{website}}">x</a>{% endif %}<br>'
    assert freeze(make_mail(workspace, body=body)).links == {}


def test_a_setting_sends_with_blanks() -> None:
    message = make_mail(make_workspace(send_with_blanks=True), body="Hi {{company}}!")
    assert text_of(mail_of(message)).startswith("Hi !\n")


def test_a_link_of_a_value_leads_nowhere_but_to_the_web(workspace: Workspace) -> None:
    body = '<a href="{{website}}">x</a><br>'
    assert freeze(make_mail(workspace, body=body, contact={"website": "acme.example/a b"})).links == {}
    message = make_mail(make_workspace(), body=body, contact={"website": "acme.example/é"})
    assert freeze(message).links == {"1": "https://acme.example/%C3%A9"}
    evil = mail_of(make_mail(make_workspace(), body=body, contact={"website": "javascript:alert(1)"}))
    assert '<a href="#">x</a>' in html_of(evil)


def test_a_mail_is_the_same_when_made_again(workspace: Workspace) -> None:
    message = freeze(make_mail(workspace, body="{Hi|Hello|Dear} {{firstName}} https://acme.example {{current_date}}"))
    first = rendering.compose([message])[message.pk]
    Contact.objects.update(first_name="Bob", last_name="New", objected_at=NOW)
    message.account.display_name = "Somebody else"
    message.account.save()
    workspace.postal_address = "elsewhere"
    workspace.save()
    assert rendering.compose([Message.objects.get(pk=message.pk)])[message.pk] == first


HOSTILE = [
    "x\r\nBcc: evil@example.com",
    "x\nBcc: e@e.e\n\nbody",
    "x\x00y",
    "\u202ereversed",
    '"<a@b.c>',
    "=?utf-8?q?x?=",
    "é" * 150,
    "😀" * 60,
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_field_adds_a_header(workspace: Workspace, hostile: str) -> None:
    hostile = hostile.replace("\x00", "") if connection.vendor == "postgresql" else hostile
    message = make_mail(
        workspace,
        subject="{{firstName}}",
        body="{{firstName}}",
        contact={"first_name": hostile},
        account={"display_name": hostile},
    )
    mail = mail_of(message)
    assert len(mail.keys()) == 10
    assert mail["Bcc"] is None
    assert [one.addr_spec for one in mail["From"].addresses] == ["jane@acme.example"]
    assert [one.addr_spec for one in mail["To"].addresses] == ["ann@lee.example"]


def test_prepare_needs_the_same_queries_for_one_and_for_many(workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    messages = [make_message(make_enrolment(campaign)) for _n in range(5)]
    graph.of_version(messages[0].version_id)  # type: ignore[arg-type]
    counts = []
    for batch in (messages[:1], messages):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            rendering.prepare(batch, now=NOW)
        counts.append(len(queries))
    assert counts == [6, 6]


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


def test_mail_between_people_holds_nothing_of_ours(workspace: Workspace) -> None:
    message = make_mail(workspace)
    message.content = {"subject": "Re: Hi", "text": "Thanks, see https://a.example\n", "html": ""}
    message.in_reply_to, message.references = "x@b.example", ["w@b.example", "x@b.example"]
    mail = parse(rendering.compose([message])[message.pk])
    assert "List-Unsubscribe" not in mail
    assert (mail["Subject"], mail["References"]) == ("Re: Hi", "<w@b.example> <x@b.example>")
    assert text_of(mail) == "Thanks, see https://a.example\n"
    assert 'see <a href="https://a.example">https://a.example</a>' in html_of(mail)
    assert "testserver" not in html_of(mail)


def preview(campaign: Campaign, contact: Contact, node: str) -> rendering.Preview:
    assert campaign.version is not None
    return rendering.preview(
        campaign=campaign, graph=graph.parse(campaign.version.graph), node_id=node, contact=contact, now=NOW
    )


def test_preview_shows_what_is_missing(workspace: Workspace) -> None:
    campaign = make_campaign(
        workspace,
        make_workflow(make_email_node("a", subject="{{firstName}}: hi", body="At {{company}}. https://a.example")),
    )
    shown = preview(campaign, make_contact(workspace, first_name="Ann"), "a")
    assert (shown.subject, shown.missing) == ("Ann: hi", ("company",))
    assert shown.text.startswith("At . https://a.example\n")
    assert "/t/c/" not in shown.html
    assert "/t/o/" not in shown.html
    assert Message.objects.count() == 0


def test_preview_of_a_follow_up_has_the_first_subject(workspace: Workspace) -> None:
    campaign = make_campaign(
        workspace, make_workflow(make_email_node("a", subject="Hi {{firstName}}"), make_email_node("b", subject=""))
    )
    assert preview(campaign, make_contact(workspace, first_name="Ann"), "b").subject == "Re: Hi Ann"


# --- attachments ---


def make_file(workspace: Workspace, name: str, content: bytes = b"Offer") -> dict[str, str]:
    return {"id": attachments.add(workspace=workspace, name=name, content=content).public_id}


def test_files_stand_around_the_alternative_under_their_names(workspace: Workspace) -> None:
    names = ["offer.pdf", 'say "hi"; a=b.txt', "résumé 2026 – été.pdf", "文" * 90 + ".pdf"]
    files = [make_file(workspace, name, name.encode() * 40) for name in names]
    mail = mail_of(make_mail(workspace, body="<p>Hello</p>", attachments=files))
    assert mail.get_content_type() == "multipart/mixed"
    assert next(mail.iter_parts()).get_content_type() == "multipart/alternative"
    assert (text_of(mail).partition("\n")[0], "<p>Hello</p>" in html_of(mail)) == ("Hello", True)
    parts = list(mail.iter_attachments())
    assert [part.get_filename() for part in parts] == names
    assert [part.get_content_type() for part in parts] == ["application/pdf", "text/plain"] + ["application/pdf"] * 2
    assert [part.get_payload(decode=True) for part in parts] == [name.encode() * 40 for name in names]


def test_mail_with_files_keeps_lines_short_and_is_the_same_when_made_again(workspace: Workspace) -> None:
    files = [make_file(workspace, "é" * 150 + ".bin", bytes(range(256)) * 20)]
    message = freeze(make_mail(workspace, attachments=files))
    first = rendering.compose([message])[message.pk]
    lines = first.split(b"\r\n")
    assert max(len(line) for line in lines if not line.startswith(b"List-Unsubscribe:")) <= 78
    assert b"\n" not in first.replace(b"\r\n", b"")
    assert rendering.compose([Message.objects.get(pk=message.pk)])[message.pk] == first


def test_files_are_read_once_for_many_mails_and_not_at_all_without_any(workspace: Workspace) -> None:
    node = make_email_node(attachments=[make_file(workspace, "offer.pdf")])
    campaign = make_campaign(workspace, make_workflow(node))
    rows = [freeze(make_message(make_enrolment(campaign))) for _number in range(3)]
    graph.of_version(rows[0].version_id)
    with CaptureQueriesContext(connection) as queries:
        mails = rendering.compose(rows)
    assert (len(queries), len(mails)) == (1, 3)
    plain = freeze(make_mail(workspace))
    with CaptureQueriesContext(connection) as queries:
        rendering.compose([plain])
    assert len(queries) == 0


def test_portions_bound_what_is_in_memory(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    node = make_email_node(attachments=[make_file(workspace, "offer.bin", bytes(3000))])
    campaign = make_campaign(workspace, make_workflow(node))
    rows = [make_message(make_enrolment(campaign)) for _number in range(5)]
    monkeypatch.setattr(rendering, "PORTION_BYTES", 9000)
    portions = list(rendering.portions(rows, rendering.enclosures(rows)))
    assert [len(portion) for portion in portions] == [2, 2, 1]
    assert [row for portion in portions for row in portion] == rows


def test_preview_names_the_files(workspace: Workspace) -> None:
    node = make_email_node(attachments=[make_file(workspace, "offer.pdf")])
    campaign = make_campaign(workspace, make_workflow(node))
    seen = rendering.preview(
        campaign=campaign,
        graph=graph.parse(campaign.draft.graph),
        node_id="mail_1",
        contact=make_contact(workspace),
        now=NOW,
    )
    assert [(one["name"], one["size"]) for one in seen.attachments] == [("offer.pdf", 5)]
