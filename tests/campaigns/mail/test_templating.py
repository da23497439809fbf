"""Templates: what they say, and what they refuse."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.mail import spintax, templating
from campaigns.mail.dates import Day
from campaigns.mail.filters import FILTERS, Markup
from campaigns.mail.scanning import TemplateProblem
from campaigns.mail.segments import Blank
from campaigns.mail.templating import compiled
from tests.effort import assert_quick

NAMES = {"firstName", "company", "jobTitle", "signature", "birthDate"}
VALUES: dict[str, Any] = {
    "firstName": "Ann",
    "company": None,
    "jobTitle": None,
    "signature": Markup("<b>Jane</b>"),
    "birthDate": "2026-03-02",
}


def render(text: str, *, markup: bool = False, seed: int = 1, **values: Any) -> str:
    template = compiled(text, markup=markup)
    return template.render(VALUES | values | spintax.choose(template.spins, seed=seed, place="body"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hello {{firstName}},", "Hello Ann,"),
        ("{{ firstName }}", "Ann"),
        ("{{company|your company}}", "your company"),
        ("{{company | your company }}", "your company"),
        ("{{firstName|there}}", "Ann"),
        ("{{company|l'entreprise}}", "l'entreprise"),
        ("{{company|{% x }}", "{% x"),
        ('{{company|"quoted"}}', '"quoted"'),
        ("{{firstName|uppercase}}", "ANN"),
        ("{{firstName|lowercase}}", "ann"),
        ("{{firstName | uppercase | there}}", "ANN"),
        ("{{company | uppercase | there}}", "there"),
        ("{{company | there | uppercase}}", "THERE"),
        ("{{company|a|b}}", "a|b"),
        ("{{company | default: 'x'}}", "x"),
        ("{{company | default: ''}}", ""),
        ("{{firstName | append: ' | B'}}", "Ann | B"),
        ("{{firstName | replace: 'n', 'm' | size}}", "3"),
        ("{{firstName | truncate: 2}}", "A…"),
        ("{{birthDate | date: 'DD/MM/YYYY'}}", "02/03/2026"),
        ("{{birthDate | date: '%d.%m.%y'}}", "02.03.26"),
        ("{{birthDate | date: 'dddd D MMMM'}}", "Monday 2 March"),
        ("{{birthDate | short}}", "03/02/2026"),
        ("{{firstName | date: 'DD'}}", "Ann"),
        ("{% if jobTitle %}as {{jobTitle}}{% else %}friend{% endif %}", "friend"),
        ("{% if firstName %}{{firstName}}{% endif %}", "Ann"),
        ("{% unless company %}none{% endunless %}", "none"),
        ("{% case firstName %}{% when 'Ann' %}A{% else %}B{% endcase %}", "A"),
        ("{% assign x = firstName | upcase %}{{x}}", "ANN"),
        ("{% capture x %}{{firstName}}!{% endcapture %}{{x}}", "Ann!"),
        ("{% comment %}{{nothing|}} {% endcomment %}x", "x"),
        ("{% raw %}{{ firstName }}{% endraw %}", "{{ firstName }}"),
        ("a { b } c | d } e { f", "a { b } c | d } e { f"),
        ("a{color:red}", "a{color:red}"),
        ("", ""),
    ],
)
def test_render_says(text: str, said: str) -> None:
    assert render(text) == said
    assert templating.problems(text, names=NAMES) == []


def test_render_stops_at_a_blank_without_fallback() -> None:
    for text in ("{{company}}", "{{ company | uppercase }}", "{% if firstName %}{{ company }}{% endif %}"):
        with pytest.raises(Blank) as caught:
            render(text)
        assert caught.value.name == "company"


def test_render_notes_blanks_when_asked_to() -> None:
    missing: list[str] = []
    assert compiled("a {{company}} b {{jobTitle}}", markup=False).render(VALUES, missing=missing) == "a  b "
    assert missing == ["company", "jobTitle"]


def test_render_takes_an_empty_text_as_blank() -> None:
    with pytest.raises(Blank):
        render("{{company}}", company="  ")


def test_render_escapes_values_in_markup_only() -> None:
    hostile = "<script>&\"'"
    assert render("{{company}}", markup=True, company=hostile) == "&lt;script&gt;&amp;&#34;&#39;"
    assert render("{{company}}", company=hostile) == hostile
    assert render("{{signature}}", markup=True) == "<b>Jane</b>"
    assert render("{{company|<i>x</i>}}", markup=True) == "<i>x</i>"


ARGUMENTS = {"replace": ": '9', '9'", "truncate": ": 9", "truncatewords": ": 9", "remove": ": 9"}


@pytest.mark.parametrize("call", sorted(FILTERS))
def test_no_filter_lets_markup_of_a_value_through(call: str) -> None:
    text = f"{{{{ company | {call}{ARGUMENTS.get(call, '')} }}}}"
    assert "<" not in render(text, markup=True, company="<b>")


def test_values_are_never_templates() -> None:
    for hostile in ("{{firstName}}", "{% if x %}", "{a|b}", "{{", "%}"):
        assert render("{{company}}", company=hostile) == hostile


def test_dates_speak_the_readers_language() -> None:
    day = Day.of(date(2026, 3, 2), "fr")
    assert render("{{birthDate}}", birthDate=day) == "2 mars 2026"
    assert render("{{birthDate | short}}", birthDate=day) == "02/03/2026"
    assert render("{{birthDate | date: 'dddd D MMMM YYYY'}}", birthDate=day) == "lundi 2 mars 2026"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{fistName}}", "“fistName” is no variable; did you mean “firstName”?"),
        ("{{secret_key}}", "“secret_key” is no variable."),
        ("{{now}}", "“now” is no variable."),
        ("{{ firstName", "“{{” in line 1 is not closed."),
        ("a\n{% if x", "“{%” in line 2 is not closed."),
        ("{% comment %}", "“comment” is not closed."),
        ("{% if firstName %}x", "The template does not work"),
        ("{% for x in (1..9) %}{% endfor %}", "The template does not work"),
        ("{{ 'x' | foo }}", "The template does not work"),
        ("{{ firstName.__class__ }}", "The template does not work"),
        ("{{ (1..1000000000) }}", "The template does not work"),
        ("{{ }}", "The template does not work"),
    ],
)
def test_problems_says_what_is_wrong(text: str, said: str) -> None:
    (problem,) = templating.problems(text, names=NAMES)
    assert str(problem).startswith(said)


@pytest.mark.parametrize(
    ("text", "count"), [("{{company|uppercas}}", 1), ("{{company|lowercas}}", 1), ("{{company|friend}}", 0)]
)
def test_warnings_names_a_fallback_that_is_nearly_a_filter(text: str, count: int) -> None:
    assert len(templating.warnings(text)) == count
    assert templating.problems(text, names=NAMES) == []


# Taken from the lists that scanners try, for all engines.
ATTACKS = [
    "{{7*7}}",
    "{{ 7 * 7 }}",
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "{{config}}",
    "{{ config.items() }}",
    "{{self}}",
    "{{request}}",
    "{{''.__class__.__mro__[1].__subclasses__()}}",
    "{{ firstName['__class__'] }}",
    "{{ firstName.__init__.__globals__ }}",
    "{% import os %}",
    "{% include '/etc/passwd' %}",
    "{% render 'x' %}",
    "{% load x %}",
    "{% debug %}",
    "{{ settings.SECRET_KEY }}",
    "{% extends 'x' %}",
    "{% macro x %}{% endmacro %}",
    "{% liquid\nassign x = 1\necho x %}",
    "{% echo firstName %}",
    "{% tablerow x in (1..9) %}{% endtablerow %}",
    "{% cycle 1, 2 %}",
    "{% increment x %}",
    "{{ firstName | map: 'x' }}",
    "{{ env }}",
    "{{ Env }}",
    "{{ _ENV }}",
    "{{ firstName | safe }}",
    "{% python %}",
    "{{ (1..1000000000) | join }}",
    "{% if (1..1000000000) contains 'x' %}{% endif %}",
    "{% assign x = (1..1000000000) %}",
    "{{ __fallback0 }}",
    "{{ firstName | date: '%1000000000d' }}",
    "{{ firstName | times: 99999999999 }}",
    "{{ 'a' | ljust: 999999999 }}",
    "{% for i in (1..100000000) %}x{% endfor %}",
    "{{ '' | default: firstName.__class__ }}",
    "*{7*7}",
    "@(7*7)",
    "[[7*7]]",
]


@pytest.mark.parametrize("text", ATTACKS)
def test_attacks_are_refused_or_are_plain_text(text: str) -> None:
    try:
        said = render(text, seed=3)
    except (TemplateProblem, Blank):
        said = ""
    assert "49" not in said
    assert "class" not in said


@pytest.mark.parametrize(
    "text",
    [
        "x" * 10_000_000,
        "{" * 150_000,
        "{{" * 90_000,
        "{%" * 90_000,
        "{{ firstName }}" * 10_000,
        "{{ '" + "a" * 100_000 + "' }}",
        "{% if firstName %}" * 390,
        "{% case x %}" + "{% when 1 %}" * 398,
        "{a|b}" * 20,
        "{" + "|".join("abcdefghij" * 1) + "|x" * 90_000 + "}" + "{a|b}" * 20,
        "{" + "a|" * 1_000_000 + "}",
        "{{ firstName" + " | append: firstName" * 100 + "}}",
        "{% raw %}" * 20_000,
        "{% comment %}{% " * 10_000,
        "{{ firstName | upcase: " + "(" * 400 + "}}",
    ],
)
def test_bombs_are_refused_quickly(text: str) -> None:
    def compile_it() -> None:
        with pytest.raises(TemplateProblem):
            compiled(text, markup=False)

    # The slowest takes a third of a second where nothing else runs; a bomb that went off would take hours.
    assert_quick(compile_it, seconds=3)


@pytest.mark.parametrize(
    "text",
    [
        "{% assign x = 'aaaaaaaaaa' %}" + "{% assign x = x | append: x %}" * 60 + "{{ x }}",
        "{% assign x = 'aaaaaaaaaa' %}" + "{% assign x = x | replace: 'a', x %}" * 60 + "{{ x }}",
        "{% capture x %}aaaaaaaaaa{% endcapture %}" + "{% capture x %}{{x}}{{x}}{% endcapture %}" * 60 + "{{ x }}",
        "{{ big }}" * 399,
        "{{ big | replace: 'a', 'bbbbbbbbbbbbbbbbbbbb' }}",
        "{{ big | upcase | downcase | upcase | downcase | upcase | downcase | upcase | downcase }}" * 399,
    ],
)
def test_rendering_is_bounded(text: str) -> None:
    template = compiled(text, markup=True)

    def render_it() -> None:
        with pytest.raises(TemplateProblem):
            template.render({"big": "a" * 40_000})

    assert_quick(render_it, seconds=0.2)


@settings(max_examples=300)
@given(st.text(alphabet="{}%|'\" abcdefirstName.:()[]/-#\n", max_size=80))
def test_any_text_is_either_used_or_refused(text: str) -> None:
    try:
        template = compiled(text, markup=False)
        template.render(VALUES | spintax.choose(template.spins, seed=1, place="x"))
    except (TemplateProblem, Blank):
        pass


def test_spintax_keeps_its_wording_for_a_person() -> None:
    text = "{Hi|Hello|Good day} {{firstName}}, {how are you|{all|everything} well}?"
    first = {render(text, seed=seed) for seed in range(200)}
    assert first == {
        f"{greeting} Ann, {rest}?"
        for greeting in ("Hi", "Hello", "Good day")
        for rest in ("how are you", "all well", "everything well")
    }
    assert [render(text, seed=seed) for seed in range(50)] == [render(text, seed=seed) for seed in range(50)]


def test_spintax_leaves_empty_options_and_blanks_alone() -> None:
    assert {render("a{ |}b", seed=seed) for seed in range(50)} == {"a b", "ab"}


def test_spintax_holds_variables_with_fallbacks() -> None:
    assert {render("{Hi {{company|you}}|Hello}", seed=seed) for seed in range(50)} == {"Hi you", "Hello"}
