"""The mail that everybody sends: personalised text and HTML with five links of which each is the recipient's own.

As the product sends it, the mail has about 3.5 KB: 0.9 KB of text, 2.1 KB of HTML, and its headers.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from django.template import Context, Engine, Template

SENDER = "ada@acme.example"
BASE = "https://mail.acme.example"
# What smtp-source puts into a mail.
SIZE = 3500

SUBJECT = "{{ firstName }}, a question about {{ company }}"
LINKS = (
    "https://acme.example/guide",
    "https://acme.example/customers",
    "https://acme.example/pricing",
    "https://acme.example/calendar",
    "https://acme.example/about",
)
_PARAGRAPHS = (
    "Hello {{ firstName }} {{ lastName }},",
    (
        "we help people like you at {{ company }} to answer their customers before they ask twice. "
        "How that works is told in our [short guide](1), and who works with it is on the page of [customers](2)."
    ),
    (
        "As {{ jobTitle }} you surely count the hours. Most teams like {{ company }} save six of them a week, "
        "and the first two weeks cost nothing. What it costs then stands [here](3), without small print."
    ),
    (
        "Would a quarter of an hour next week suit you, {{ firstName }}? Choose any time in my [calendar](4), "
        "or just answer this mail. If another colleague at {{ company }} is the right one, I am glad about a name."
    ),
    "Kind regards, Ada from [Acme](5)",
)
# What a template says that decides something for each person.
_DECIDING = (
    "Hello {{ firstName | capitalize }} {{ lastName | upcase }},",
    (
        "{% if company contains 'Labs' %}we help people in research like you at {{ company }}"
        "{% elsif jobTitle == 'CTO' %}we help people who build things, as you do at {{ company }},"
        "{% else %}we help people like you at {{ company }}{% endif %} to answer their customers "
        "before they ask twice. How that works is told in our [short guide](1), "
        "and who works with it is on the page of [customers](2)."
    ),
    (
        "As {{ jobTitle | downcase | default: 'a manager' }} you surely count the hours. Most teams like "
        "{{ company | truncate: 30 }} save six of them a week, and the first two weeks cost nothing. "
        "What it costs then stands [here](3), without small print."
    ),
    (
        "Would a quarter of an hour next week suit you, {{ firstName }}? Choose any time in my [calendar](4), "
        "or just answer this mail. {% unless company == 'Initech' %}If another colleague at {{ company }} is the right "
        "one, I am glad about a name.{% endunless %}"
    ),
    "Kind regards, Ada from [Acme](5)",
)
_STYLE = "margin:0 0 16px 0;font-family:Arial,Helvetica,sans-serif;font-size:15px;line-height:22px;color:#202124"
_FIRST = ("Ada", "Grace", "Alan", "Zoë", "Linus", "Tim", "Margaret", "Édouard")
_LAST = ("Lovelace", "Hopper", "Turing", "Müller", "O'Neil", "Smith", "Hamilton")
_COMPANIES = ("Initech", "Bell Labs", "Globex", "Umbrella & Sons", "Stark Industries")
_TITLES = ("CTO", "Head of Sales", "Managing Director")


@dataclass(frozen=True)
class Person:
    """A recipient."""

    email: str
    values: Mapping[str, str]


def person(number: int) -> Person:
    """Return the recipient of this number, always the same."""
    values = {
        "firstName": _FIRST[number % len(_FIRST)],
        "lastName": _LAST[number % len(_LAST)],
        "company": _COMPANIES[number % len(_COMPANIES)],
        "jobTitle": _TITLES[number % len(_TITLES)],
    }
    return Person(f"person{number}@company{number % 2000}.example", values)


def body(*, deciding: bool = False) -> str:
    """Return the HTML as an author writes it for the product; `deciding` with conditions and filters."""
    return _html(LINKS, _DECIDING if deciding else _PARAGRAPHS)


def _html(links: tuple[str, ...], paragraphs: tuple[str, ...]) -> str:
    text = "".join(f'<p style="{_STYLE}">{paragraph}</p>' for paragraph in paragraphs)
    for number, link in enumerate(links, start=1):
        before, word, after = _cut(text, number)
        text = f'{before}<a href="{link}">{word}</a>{after}'
    return f"<html><body>{text}</body></html>"


def _text(links: tuple[str, ...]) -> str:
    text = "\n\n".join(_PARAGRAPHS)
    for number, link in enumerate(links, start=1):
        before, word, after = _cut(text, number)
        text = f"{before}{word} ({link}){after}"
    return text


def _cut(text: str, number: int) -> tuple[str, str, str]:
    """Return what stands before, in and behind the brackets of a link."""
    before, _mark, after = text.partition(f"]({number})")
    before, _bracket, word = before.rpartition("[")
    return before, word, after


@dataclass(frozen=True)
class Letter:
    """The mail of one person, rendered."""

    recipient: str
    subject: str
    text: str
    html: str
    headers: Mapping[str, str]


def write(number: int) -> Letter:
    """Return the mail of a person, as an application would render it: by templates that were compiled once."""
    one = person(number)
    links = {f"link{index}": f"{BASE}/t/c/{_token('click', number, index)}" for index in range(1, len(LINKS) + 1)}
    leave = f"{BASE}/t/u/{_token('leave', number)}"
    values = {**one.values, **links, "leave": leave, "pixel": f"{BASE}/t/o/{_token('open', number)}.gif"}
    subject, text, html = (template.render(Context(values)) for template in _templates())
    return Letter(one.email, subject, text, html, {"List-Unsubscribe": f"<{leave}>"})


@cache
def _templates() -> tuple[Template, Template, Template]:
    links = tuple("{{ link%d }}" % number for number in range(1, len(LINKS) + 1))  # noqa: UP031 - braces
    tail = '<p><a href="{{ leave }}">Unsubscribe</a></p><img src="{{ pixel }}" width="1" height="1" alt=""></body>'
    html = _html(links, _PARAGRAPHS).replace("</body>", tail)
    text = "{% autoescape off %}" + _text(links) + "\n\nUnsubscribe: {{ leave }}\n{% endautoescape %}"
    engine = Engine()
    return engine.from_string(SUBJECT), engine.from_string(text), engine.from_string(html)


def _token(kind: str, *numbers: int) -> str:
    """Return what nobody else can make: a keyed hash is the cheapest way."""
    said = f"{kind}:{':'.join(map(str, numbers))}".encode()
    digest = hashlib.blake2b(said, key=b"only for this benchmark", digest_size=12).digest()
    return base64.urlsafe_b64encode(said + digest).decode().rstrip("=")
