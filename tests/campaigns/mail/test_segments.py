"""Templates that are put together without Liquid say what Liquid makes of them."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.mail import segments, templating
from campaigns.mail.dates import Day
from campaigns.mail.filters import Markup
from campaigns.mail.scanning import TemplateProblem
from campaigns.mail.segments import Blank, Blanks, Slot
from campaigns.mail.templating import Compiled

OPTIONAL = frozenset({"senderName"})
NAMES = ["firstName", "company", "senderName", "nobody"]
OUTPUTS = st.sampled_from(
    [f"{{{{{name}{rest}}}}}" for name in NAMES for rest in ("", "|friend", "|", "| default: '<i>x</i>'", "|<b>&amp;")]
)
TEXTS = st.text(alphabet="a <>&\"'|.\né", max_size=12)
VALUES = st.one_of(
    st.none(),
    st.text(alphabet="a <>&\"'\té😀{}%", max_size=12),
    st.booleans(),
    st.integers(-3, 3),
    st.floats(allow_nan=False),
    st.sampled_from([Day.of(date(2026, 3, 2), "fr"), Markup("<b>x</b>"), "y" * 5001, "\ud800", "{{firstName}}"]),
)


def outcome(template: Compiled, values: dict[str, Any], way: str, *, notes: bool, with_marks: bool) -> tuple[Any, ...]:
    """What a template says, or how it ends, with what was noted."""
    missing: list[str] | None = [] if notes else None
    blanks = Blanks(missing, OPTIONAL, with_marks)
    try:
        if way == "liquid":
            return "".join(template._by_liquid(template.template.nodes, values, blanks)), missing
        return template.render(values, missing=missing, optional=OPTIONAL, with_marks=with_marks), missing
    except (Blank, TemplateProblem) as error:
        return type(error), str(error)


@settings(max_examples=100)
@given(
    parts=st.lists(st.tuples(TEXTS, OUTPUTS), max_size=5),
    values=st.dictionaries(st.sampled_from(NAMES[:3]), VALUES),
    markup=st.booleans(),
    notes=st.booleans(),
    with_marks=st.booleans(),
)
def test_it_is_said_as_liquid_says_it(
    parts: list[tuple[str, str]], values: dict[str, Any], markup: bool, notes: bool, with_marks: bool
) -> None:
    template = templating.compiled("".join(text + output for text, output in parts), markup=markup)
    assert template.nodes == ()
    ours, theirs = (outcome(template, values, way, notes=notes, with_marks=with_marks) for way in ("ours", "liquid"))
    assert ours == theirs


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a {{ firstName }} b", ("a ", Slot("firstName"), " b")),
        ("{{company|you & me}}", (Slot("company", "you & me"),)),
        ("{{ company | default: 'x' }}", (Slot("company", "x"),)),
        ("a{% comment %}b{% endcomment %}{%- # c %} d", ("a", " d")),
        ("{% raw %}{{x}}{% endraw %}", ("{{x}}",)),
    ],
)
def test_segments_of_what_needs_no_liquid(text: str, found: tuple[Any, ...]) -> None:
    assert templating.compiled(text, markup=True).segments == found


@pytest.mark.parametrize(
    "text",
    [
        "{{ firstName | upcase }}",
        "{{ company | default: firstName }}",
        "{{ company | default: 'x' | upcase }}",
        "{{ 'x' }}",
        "{{ now }}",
        "{{ __fallback0 }}",
        "{% if company %}x{% endif %}",
        "{% assign company = 'x' %}{{ company }}",
        "{a|b}",
    ],
)
def test_liquid_is_asked_for_the_rest(text: str) -> None:
    assert templating.compiled(text, markup=False).nodes


def test_what_liquid_says_piece_by_piece_is_the_whole() -> None:
    text = "a{% assign x = firstName | upcase %}b{{ x }}c{% if x == 'ANN' %}d{{ x | downcase }}{% endif %}{{firstName}}"
    template = templating.compiled(text, markup=False)
    values = {"firstName": "Ann"}
    said = iter(template.said_by_nodes(values, missing=None, optional=()))
    parts = [
        values[one.name] if isinstance(one, Slot) else one if isinstance(one, str) else next(said)
        for one in template.segments
    ]
    assert "".join(parts) == template.render(values) == "abANNcdannAnn"


def test_a_long_value_is_left_to_liquid() -> None:
    noted = ["earlier"]
    blanks = Blanks(noted)
    parts = (Slot("company"), Slot("firstName"))
    assert segments.joined(parts, {"firstName": "x" * 5001}, blanks, markup=False) is None
    assert noted == ["earlier"]
