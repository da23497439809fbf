"""Mails cast in one piece say what the long way says, for any values; read back by the standard library."""

import email
import uuid
from collections.abc import Mapping
from email.policy import SMTP
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from campaigns.mail import castings, letters, mime, moulds, quoting
from campaigns.mail.letters import Sheet
from campaigns.mail.moulds import Mould
from campaigns.mail.segments import Blank

ID = uuid.UUID("019a0000-0000-7000-8000-000000000001")
SHEET = Sheet(ID, "a.b@acme.example", "", ())
FROZEN = {
    "subject": "",
    "at": "2026-03-02T11:00:00+01:00",
    "day": "2026-03-02",
    "language": "en",
    "seed": 7,
    "from": ["Jane Doe", "jane@acme.example"],
    "to": ["Ann Lee", "ann@lee.example"],
    "values": {"firstName": "Ann", "company": "Initech"},
    "dated": [],
    "sender": {},
    "base": "https://t.example",
    "opens": True,
    "clicks": True,
    "mailto": True,
    "list": "0HqX.acme.example",
    "branded": False,
    "address": "",
    "blanks": False,
}
TEXT = (
    "Dear {{firstName}},\n\n. {{company|your company}} = 100 %, see https://acme.example/a?b=1&c=2.\nBye {{firstName}}"
)
HTML = (
    '<p>Hello <b>{{firstName}}</b>, at {{ company | default: "<i>your</i> company" }} or {{company}}?</p>\n'
    '<p><a href="https://acme.example/a">one</a> <a href="https://acme.example/{{firstName}}">two</a></p>'
    "<p>{{senderName}} {{current_date}} <a href='{{unsubscribe_link}}'>out</a></p>"
)
DECIDING = (
    "{% if company == 'Initech' %}<p>You at {{company | upcase}}</p>{% else %}Hi{% endif %} {{firstName | upcase}}\n"
    '{% unless firstName %}<a href="https://acme.example/b">there</a>{% endunless %}{{ firstName }}{Bye|Best}\n<br>'
)
WILD = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00"), max_size=120)
NASTY = st.text(alphabet="a. =\n\t\r<>&\"'_-é😀\u200fא%{}|\x00\x7f", max_size=200)
VALUES = WILD | NASTY | st.sampled_from([".", "..", "=", " ", "x" * 74, "x" * 75, "x" * 76, "é" * 90, "a" * 300])


def make_mould(body: str, subject: str = "For {{firstName}}", **data: Any) -> Mould:
    return moulds.make("mail_1", {"subject": subject, "body": body} | data)


MOULDS = [make_mould(body) for body in (TEXT, HTML, DECIDING, "Hi {{firstName}}", "{{company}}\n\n{{firstName}}\n")]


def the_long_way(mould: Mould, frozen: Mapping[str, Any], sheet: Sheet = SHEET) -> tuple[letters.Letter, bytes]:
    letter = letters.fill(mould, frozen, sheet.id)
    return letter, letters.write(sheet, frozen, letter)


def read(raw: bytes) -> list[object]:
    """The headers and the decoded parts of a mail, whose form is checked."""
    assert b"\n." not in raw
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    lines = raw.split(b"\r\n")
    assert max(len(line) for line in lines if not line.startswith(b"List-")) <= 76
    mail = email.message_from_bytes(raw, policy=SMTP)
    assert not mail.defects
    parts = [part.get_payload(decode=True) for part in mail.walk() if not part.is_multipart()]
    return [mail.items(), *[part.replace(b"\r\n", b"\n") for part in parts if isinstance(part, bytes)]]


def assert_same(mould: Mould, frozen: Mapping[str, Any], sheet: Sheet = SHEET) -> bool:
    """Whether it was cast; then it is what the long way makes."""
    cast = castings.cast(mould, frozen, sheet, ())
    if cast is None:
        return False
    letter, raw = the_long_way(mould, frozen, sheet)
    assert (cast.subject, cast.targets) == (letter.subject, letter.targets)
    assert read(cast.content) == read(raw)
    assert castings.cast(mould, {**frozen, "subject": cast.subject}, sheet, ()) == cast
    return True


@pytest.mark.parametrize("mould", MOULDS)
@settings(max_examples=40)
@given(first=VALUES, company=VALUES, blanks=st.booleans())
@example(first=".", company="=", blanks=False)
@example(first=" " * 80, company="\t", blanks=True)
def test_any_value_reads_as_the_long_way_says_it(mould: Mould, first: str, company: str, blanks: bool) -> None:
    values = {"firstName": first, "company": company}
    frozen = {**FROZEN, "values": {name: value for name, value in values.items() if value}, "blanks": blanks}
    assert_same(mould, {**frozen, "to": [first, "ann@lee.example"]})


@pytest.mark.parametrize("mould", MOULDS)
@pytest.mark.parametrize(
    "other",
    [
        {},
        {"clicks": False},
        {"opens": False, "mailto": False, "branded": True, "language": "fr"},
        {"address": "Acme <SAS>\n1 rue é\n.dot"},
        {"sender": {"senderName": "Jané <b>", "signature": "<b>Jane</b> <a href='https://j.example'>J</a>"}},
        {"values": {"firstName": "Zoë", "company": "Müller & Söhne"}},
        {"values": {"firstName": "O'Neil", "company": 'Say "hi" <x>'}},
        {"values": {"firstName": 3, "company": True}},
        {"values": {"firstName": "2026-03-02", "company": "1990-12-31"}, "dated": ["company", "firstName"]},
        {"subject": "Re: what was said before"},
    ],
)
def test_usual_mails_are_cast(mould: Mould, other: dict[str, Any]) -> None:
    assert assert_same(mould, {**FROZEN, **other})


def test_a_mail_that_answers_says_so() -> None:
    sheet = Sheet(ID, "c@acme.example", "b@acme.example", ("a@acme.example", "b@acme.example"))
    assert assert_same(MOULDS[0], FROZEN, sheet)


def test_files_stand_behind_it() -> None:
    mould = make_mould(HTML, attachments=[{"id": "att_1"}, {"id": "att_2"}])
    files = [mime.attached(name, "text/plain", b"Offer\n" * 50) for name in ("offer.txt", "été.txt")]
    cast = castings.cast(mould, FROZEN, SHEET, files)
    assert cast is not None
    letter = letters.fill(mould, FROZEN, ID)
    assert read(cast.content) == read(letters.write(SHEET, FROZEN, letter, files))


def test_every_seed_reads_its_own_wording() -> None:
    assert all(assert_same(MOULDS[2], {**FROZEN, "seed": seed}) for seed in range(5))


@pytest.mark.parametrize(
    "text",
    ["line\r\nline", "a\x0bb", "а" * 300, "x" * 5001],
)
def test_what_is_better_made_the_long_way_is_left_to_it(text: str) -> None:
    assert castings.cast(MOULDS[0], {**FROZEN, "values": {"firstName": text}}, SHEET, ()) is None


def test_templates_beyond_ascii_are_left_to_the_long_way() -> None:
    assert castings.cast(make_mould("Здравствуйте, {{firstName}}! " * 20), FROZEN, SHEET, ()) is None


def test_a_blank_is_left_to_the_long_way_which_says_its_name() -> None:
    frozen = {**FROZEN, "values": {"company": "Initech"}}
    assert castings.cast(MOULDS[0], frozen, SHEET, ()) is None
    with pytest.raises(Blank, match="firstName"):
        the_long_way(MOULDS[0], frozen)


def test_nul_of_a_setting_is_no_gap() -> None:
    assert castings.cast(MOULDS[0], {**FROZEN, "address": "\x005\x00"}, SHEET, ()) is None


@settings(max_examples=100)
@given(texts=st.lists(VALUES | st.sampled_from(["a\n", "b ", "\n", ".", " "]), min_size=1, max_size=5))
def test_pieces_quoted_apart_read_as_one_text(texts: list[str]) -> None:
    """Every other one is a value that comes in later; the last of all is known."""
    marked = "".join(f"\x00{at}\x00" if at % 2 else quoting.normal(text) for at, text in enumerate(texts)) + "end"
    try:
        quoted = quoting.spread(marked, {})
        for at, text in enumerate(texts):
            quoted = quoted.replace(f"\x00{at}\x00", quoting.value(text)) if at % 2 else quoted
    except quoting.Unquotable:
        return
    lines = quoted.split("\r\n")
    assert max(map(len, lines)) <= 76
    assert not [line for line in lines if line.startswith(".") or line.endswith((" ", "\t"))]
    mail = email.message_from_string(f"Content-Transfer-Encoding: quoted-printable\n\n{quoted}")
    payload = mail.get_payload(decode=True)
    said = "".join(text if at % 2 else quoting.normal(text) for at, text in enumerate(texts)) + "end"
    assert isinstance(payload, bytes)
    assert payload.decode().replace("\r\n", "\n") == said
