"""Small parts of pages: refusals at the fields of a form, search, charts, answers to htmx."""

import pytest
from django import forms
from django.test import RequestFactory

from fluenzr.core import htmx, problems, search
from fluenzr.core.charts import Chart, Series
from fluenzr.core.errors import Conflict, Invalid
from fluenzr.core.search import Hit


class Form(forms.Form):
    name = forms.CharField()
    postal_address = forms.CharField()


def test_refusal_stands_at_its_field() -> None:
    form = Form({"name": "x", "postal_address": "y"})
    details = {"postalAddress": ["Too long"], "title": ["Taken"], "workflow.nodes": ["No end"]}
    problems.add_to(form, Invalid("No", details=details), fields={"title": "name"})

    assert form.errors == {"postal_address": ["Too long"], "name": ["Taken"], "__all__": ["No end"]}


def test_refusal_without_a_place_stands_on_top() -> None:
    form = Form({"name": "x", "postal_address": "y"})
    problems.add_to(form, Conflict("It runs"))

    assert form.non_field_errors() == ["It runs"]


def test_search_asks_every_finder_and_leaves_out_empty_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_finders", {})
    search.register("one", "One", lambda member, text, limit: [Hit(text, "/one")])
    search.register("two", "Two", lambda member, text, limit: [])

    assert search.find(None, "  x ") == [("One", [Hit("x", "/one")])]
    assert search.find(None, "  ") == []
    with pytest.raises(ValueError, match="one is searched already"):
        search.register("one", "One", lambda member, text, limit: [])


def test_chart_has_the_same_numbers_as_its_table() -> None:
    chart = Chart("sent", "Sent", ["Mon", "Tue"], [Series("Sent", [1, None]), Series("Opened", [2, 3])])

    assert list(chart.rows) == [("Mon", [1, 2]), ("Tue", [None, 3])]
    assert chart.data["series"][0] == {"label": "Sent", "values": [1, None]}


def test_chart_shows_four_series_at_most() -> None:
    with pytest.raises(ValueError, match="at most 4"):
        Chart("x", "X", [], [Series(str(number), []) for number in range(5)])


@pytest.mark.parametrize(
    ("headers", "is_part"),
    [
        ({}, False),
        ({"HX-Request": "true"}, True),
        ({"HX-Request": "true", "HX-History-Restore-Request": "true"}, False),
    ],
)
def test_part_is_for_htmx_but_not_for_its_history(headers: dict[str, str], is_part: bool) -> None:
    assert htmx.is_htmx(RequestFactory().get("/", headers=headers)) == is_part
