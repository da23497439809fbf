"""Both bodies of a mail, and the links in them."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.mail import links, moulds
from campaigns.mail.links import Bodies
from campaigns.mail.scanning import TemplateProblem
from tests.effort import assert_quick

NAMES = {"firstName", "company", "website", "unsubscribe_link"}


def text_of(bodies: Bodies) -> str:
    return "".join(piece.source for piece in bodies.text)


def html_of(bodies: Bodies) -> str:
    return "".join(piece.source for piece in bodies.html)


@pytest.mark.parametrize(
    ("body", "targets"),
    [
        ("See https://a.example.", ["https://a.example"]),
        ("(https://a.example/x_(y))", ["https://a.example/x_(y)"]),
        ("https://a.example/?a=1&b=2, then https://b.example!", ["https://a.example/?a=1&b=2", "https://b.example"]),
        ("https://a.example https://a.example", ["https://a.example"]),
        ("https://a.example/{{firstName}}/x", ["https://a.example/{{firstName}}/x"]),
        ("{https://a.example|https://b.example}", ["https://a.example", "https://b.example"]),
        ("{% if company %}https://a.example{% endif %}, https:// http://", ["https://a.example"]),
        ("{{unsubscribe_link}} mail@a.example a.example", []),
        ('<a href="https://a.example/?a=1&amp;b=2">x</a>', ["https://a.example/?a=1&b=2"]),
        ('<a href="{{website}}">x</a>', ["{{website}}"]),
        ('<a href="{% if company %}https://a.example{% else %}https://b.example{% endif %}">x</a>', None),
        ('<a href="#top">x</a><a href="mailto:a@b.c">y</a><a href="tel:1">z</a><a>w</a>', []),
        ('<a href="{{unsubscribe_link}}">x</a>', []),
    ],
)
def test_bodies_find_links(body: str, targets: list[str] | None) -> None:
    found = list(links.bodies(body).targets.values())
    if targets is None:
        targets = ["{% if company %}https://a.example{% else %}https://b.example{% endif %}"]
    assert found == targets


@pytest.mark.parametrize(
    ("body", "is_html"),
    [
        ("a < b > c", False),
        ("<3", False),
        ("<firstName>", False),
        ("a<br>b", True),
        ("<P CLASS=x>a</P>", True),
        ("<a@b.c>", False),
    ],
)
def test_is_html_asks_for_a_known_tag(body: str, is_html: bool) -> None:
    assert links.is_html(body) is is_html
    assert links.is_html(body, "html") is True
    assert links.is_html(body, "text") is False


def test_text_keeps_its_lines_in_both_parts() -> None:
    plain = links.bodies("Hello {{firstName}},\r\n\r\na < & c\n", "text")
    assert text_of(plain) == "Hello {{firstName}},\n\na < & c\n"
    assert "<div>Hello {{firstName}},<br>\n<br>\na &lt; &amp; c<br>\n</div>" in html_of(plain)


def test_html_becomes_text_with_addresses() -> None:
    html = (
        '<h1>Hi</h1><p>See <a href="https://a.example">our <i>site</i></a>.</p>'
        "<ul><li>one</li></ul><table><tr><td>a</td></tr></table>"
    )
    assert text_of(links.bodies(html)) == "Hi\n\nSee our site ({{ __link1 }}).\n\n  * one\na\n"


def test_html_of_an_author_is_kept() -> None:
    html = (
        '<html><head><style>p{color:red}</style></head><body bgcolor="x"><!--[if mso]>m<![endif]-->'
        '<p {% if company %}class="a"{% endif %}>x</p></body></html>'
    )
    kept = html_of(links.bodies(html))
    for part in (
        "<style>p{color:red}</style>",
        "<!--[if mso]>m<![endif]-->",
        '<p {% if company %}class="a" {% endif %}>',
    ):
        assert part in kept


def test_html_loses_what_no_mail_program_runs() -> None:
    assert "alert" not in html_of(links.bodies("<p>a</p><script>alert(1)</script><iframe src='x'></iframe>b"))


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "ftp://a.example", "a.example", "/x"]
)
def test_problems_name_links_that_lead_nowhere(url: str) -> None:
    data = {"subject": "x", "body": f'<a href="{url}">x</a>'}
    assert moulds.problems(data, names=NAMES) == {
        "body": [f"A link leads to “{url}”; only http, https, mailto and tel can be used."]
    }


@pytest.mark.parametrize(
    ("subject", "body", "keys"),
    [
        ("Hi {{firstName}}", "Hello {{company|x}}", []),
        ("{{nobody}}", "{{nothing}}", ["subject", "body"]),
        ("", "".join(f"https://a.example/{n} " for n in range(201)), ["body"]),
        ("", "<p>" * 5000, []),
    ],
)
def test_problems_are_by_key(subject: str, body: str, keys: list[str]) -> None:
    assert list(moulds.problems({"subject": subject, "body": body}, names=NAMES)) == keys


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://a.example/é ", "https://a.example/%C3%A9"),
        ("a.example", "https://a.example"),
        ("a.example/x?y", "https://a.example/x?y"),
        ("javascript:x", ""),
        ("//a.example", ""),
        ("https://a.example/\r\nSet-Cookie: x", ""),
        ("mailto:a@b.c", "mailto:a@b.c"),
        ("", ""),
    ],
)
def test_completed_gives_an_address_or_nothing(url: str, said: str) -> None:
    assert links.completed(url) == said


@settings(max_examples=200)
@given(
    st.text(alphabet="<>a/ =\"'{}%|pbri htps:.x&;!-\n\x00\ud800", max_size=120), st.sampled_from(["", "text", "html"])
)
def test_any_body_makes_a_mould_or_a_problem(body: str, body_format: str) -> None:
    with contextlib.suppress(TemplateProblem):
        moulds.make("n", {"subject": "", "body": body, "bodyFormat": body_format})


@pytest.mark.parametrize(
    "body",
    [
        "<div>" * 30_000,
        "<a href='x'>" * 3_000,
        "https://a.example " * 3_000,
        "<p>x</p>" * 20_000,
        "(" * 100_000,
        "http://" * 20_000,
    ],
)
def test_large_bodies_are_done_in_time(body: str) -> None:
    assert_quick(lambda: moulds.problems({"subject": "", "body": body}, names=NAMES), seconds=2)
