"""The mails of a campaign: what is in them, and that they are the same when made again."""

import re
from typing import Any

import pytest
from django.db import connection

from campaigns.mail import rendering
from campaigns.models import Link, Message
from contacts.models import Contact
from fluenzr.core import signing
from fluenzr.workspaces.models import Workspace
from tests.builders import (
    NOW,
    make_workspace,
)
from tests.campaigns.mail.mails import freeze, html_of, mail_of, make_mail, parse, refusal, text_of

pytestmark = pytest.mark.django_db


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
