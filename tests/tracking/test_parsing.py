import pytest

from tests.tracking.mails import mail
from tracking import parsing
from tracking.parsing import Unreadable, parse


def test_parse_reads_what_matters():
    parsed = parse(
        mail(
            "Bonjour", subject="=?utf-8?b?w4kgdHU=?= !", message_id="<x@globex.example>",
            in_reply_to="<a@acme.example>",
            references="<0@acme.example>\r\n <a@acme.example>",
        )
    )  # fmt: skip

    assert (parsed.sender, parsed.sender_name, parsed.subject, parsed.text) == (
        "jane@globex.example",
        "Jane",
        "É tu !",
        "Bonjour",
    )
    assert (parsed.message_id, parsed.in_reply_to) == ("x@globex.example", ("a@acme.example",))
    assert parsed.references == ("0@acme.example", "a@acme.example")


@pytest.mark.parametrize(
    "raw",
    [
        b"From: a@b.example\nContent-Type: text/plain; charset=nonsense\n\nh\xe9llo",
        b"From: a@b.example\nContent-Type: text/plain; charset=\"utf-8\nContent-Transfer-Encoding: base64\n\n!!!",
        b"From: =?utf-8?b?broken?= <a@b.example>\nSubject: =?x-unknown?q?=FF?=\n\nx",
        b"From: a@b.example\nContent-Type: multipart/mixed; boundary=\"\"\n\nx",
        b"From: a@b.example\nContent-Type: multipart/mixed\n\nx",
        b"From: a@b.example\nContent-Type: message/rfc822\n\nx",
        b"From: a@b.example\nContent-Type: text/html\n\n<html><?xml",
        b"From: a@b.example\nContent-Type: text/html\n\n",
        b"From: a@b.example\nDate: never\nContent-Transfer-Encoding: uuencode\n\nbegin\n",
        b"From: a@b.example\nSubject: nul\x00 and \x01\n\n\x00text",
        b"From:\n\n",
        "From: é@b.example\nSubject: é\n\né".encode("latin-1"),
        b"From: a@b.example\nContent-Type: text/plain; charset*=bogus''x\n\nx",
        b"Subject: " + b"=?utf-8?q?a?= " * 5000 + b"\nFrom: a@b.example\n\nx",
    ],
)  # fmt: skip
def test_torture_mails_are_read_somehow(raw: bytes):
    parsed = parse(raw)

    assert "\x00" not in parsed.text + parsed.subject
    parsed.text.encode()


@pytest.mark.parametrize("raw", [b"", b"\n\nno header", b"\xff\xfe\x00"])
def test_what_is_no_mail_is_refused(raw: bytes):
    with pytest.raises(Unreadable):
        parse(raw)


def test_deep_nesting_does_not_end_the_reader():
    raw = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(3000))
    with pytest.raises(Unreadable, match="Recursion"):
        parse(b"From: a@b.example\n" + raw)


def test_message_ids_are_found_in_text():
    assert parsing.message_ids("see <a@b> and < c@d > and <not an id>") == ["a@b", "c@d"]
