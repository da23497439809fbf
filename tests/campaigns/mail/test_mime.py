"""Our mails, read back by the standard library."""

import email
import email.policy
import re
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.utils import parseaddr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.mail import mime

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
BOUNDARY = "=_0HqX"
ANYTHING = st.text(max_size=400)
HOSTILE = [
    "Hi\r\nBcc: evil@example.com",
    "Hi\nBcc: evil@example.com",
    "Hi\rBcc: evil@example.com",
    "Hi\x00\x0b\x0c\x1c\x1d\x1e\x85Bcc: evil@example.com",
    "Hi\u2028Bcc: evil@example.com\u2029",
    "\u202eevil\u202c \u2066x\u2069 \u200e\ufeff",
    "=?utf-8?b?SGkNCkJjYzogZXZpbEBleGFtcGxlLmNvbQ==?=",
    '"; evil@example.com, <x@y>',
    "\\",
    '\\"',
    "a" * 2000,
    "é" * 500,
    "👩‍👩‍👧‍👦" * 60,
    "\ud800 lone",
    "a\u0301" * 300,
    "a" + "\u0301" * 300,
    "   ",
    "a  b   c",
    "\t\r\n\t",
    "(comment) <x@y.z> :;,@",
]


def write(subject: str = "Hi", name: str = "Jane", text: str = "Hello\n", html: str = "<p>Hello</p>\n") -> bytes:
    headers = [
        mime.mailbox("From", name, "jane@acme.example"),
        mime.mailbox("To", name, "bob@b.example"),
        mime.unstructured("Subject", subject),
        mime.date(AT),
        mime.ids("Message-ID", ["a.b@acme.example"]),
    ]
    return mime.alternative(headers, text=text, html=html, boundary=BOUNDARY)


def read(raw: bytes) -> tuple[Message, EmailMessage]:
    """The mail as the old and as the new parser sees it."""
    modern = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(modern, EmailMessage)
    return email.message_from_bytes(raw), modern


def check_form(raw: bytes) -> None:
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert b"\n." not in raw
    assert max(len(line) for line in raw.split(b"\r\n")) <= 76
    head = raw.partition(b"\r\n\r\n")[0]
    names = [line.partition(b":")[0] for line in head.split(b"\r\n") if not line.startswith(b" ")]
    assert names == [b"From", b"To", b"Subject", b"Date", b"Message-ID", b"MIME-Version", b"Content-Type"]
    assert not [line for line in head.split(b"\r\n") if not line.strip()]


def check_headers(raw: bytes, subject: str, name: str) -> None:
    old, modern = read(raw)
    assert str(make_header(decode_header(re.sub(r"\r?\n", "", old["Subject"])))) == mime.clean(subject)
    assert modern["Subject"] == mime.clean(subject) or not mime.clean(subject).isascii()
    for header, address in (("From", "jane@acme.example"), ("To", "bob@b.example")):
        display, found = parseaddr(re.sub(r"\r?\n", "", old[header]))
        assert found == address
        assert str(make_header(decode_header(display))) == mime.clean(name) or "=?" in mime.clean(name)
        assert [one.addr_spec for one in modern[header].addresses] == [address]
    assert not modern.defects


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_name_or_subject_leaves_its_header(hostile: str) -> None:
    raw = write(subject=hostile, name=hostile)
    check_form(raw)
    check_headers(raw, hostile, hostile)


@settings(max_examples=200)
@given(subject=ANYTHING, name=ANYTHING)
def test_headers_read_back_what_went_in(subject: str, name: str) -> None:
    raw = write(subject=subject, name=name)
    check_form(raw)
    check_headers(raw, subject, name)


def plain(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", "", text)


@settings(max_examples=200)
@given(text=st.text(max_size=600), html=st.text(alphabet="a<>&é \t\n\r.=-_\"'From", max_size=600))
def test_bodies_read_back_what_went_in(text: str, html: str) -> None:
    raw = write(text=text, html=html)
    check_form(raw)
    old, _modern = read(raw)
    parts = old.get_payload()
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    for part, sent in zip(parts, (text, html), strict=True):
        assert part.get_payload(decode=True).decode().replace("\r\n", "\n") == plain(sent)


@pytest.mark.parametrize(
    "text",
    [
        ".",
        "..\n.\n",
        "\n" + "." * 500,
        "a\n." + "x" * 80 + "é.\n",
        "From me\n",
        "x" * 5000,
        "é" * 5000,
        "x" * 75 + " \n" + "y" * 76 + "\t",
        f"--{BOUNDARY}--\n",
    ],
)
def test_bodies_keep_their_form(text: str) -> None:
    raw = write(text=text, html=text)
    check_form(raw)
    for part in read(raw)[0].get_payload():
        assert part.get_payload(decode=True).decode().replace("\r\n", "\n") == text


def test_the_same_mail_is_the_same_bytes() -> None:
    assert write() == write()


def test_short_ascii_headers_stay_readable() -> None:
    head = write(subject="Bob, quick question", name="Jane Doe").decode()
    assert head.startswith(
        "From: Jane Doe <jane@acme.example>\r\nTo: Jane Doe <bob@b.example>\r\nSubject: Bob, quick question\r\n"
        "Date: Mon, 02 Mar 2026 10:00:00 +0000\r\nMessage-ID: <a.b@acme.example>\r\nMIME-Version: 1.0\r\n"
    )
