from datetime import UTC, datetime, timedelta

import pytest
from django import forms
from django.utils import timezone

from fluenzr.core.templatetags import ui

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)  # a Wednesday


@pytest.mark.parametrize(("number", "words"), [(0, "0"), (1234567, "1\u202f234\u202f567"), (None, "-")])
def test_count_has_thin_spaces(number: int | None, words: str) -> None:
    assert ui.count(number) == words


@pytest.mark.parametrize(("rate", "words"), [(12.34, "12.3\u202f%"), (0.0, "0.0\u202f%"), (None, "-")])
def test_percent_has_one_decimal(rate: float | None, words: str) -> None:
    assert ui.percent(rate) == words


@pytest.mark.parametrize(
    ("distance", "words"),
    [
        (timedelta(seconds=-20), "now"),
        (timedelta(minutes=-5), "5 min ago"),
        (timedelta(minutes=5), "in 5 min"),
        (timedelta(hours=-3), "3 h ago"),
        (timedelta(hours=3), "in 3 h"),
        (timedelta(hours=-13), "yesterday 23:00"),
        (timedelta(hours=24), "tomorrow 12:00"),
        (timedelta(days=-3), "Sun 12:00"),
        (timedelta(days=30), "3 Apr"),
        (timedelta(days=-90), "4 Dec 2025"),
    ],
)
def test_when_is_relative_and_says_all_on_hover(distance: timedelta, words: str) -> None:
    shown = ui.when(NOW + distance, now=NOW)

    assert f">{words}</time>" in shown
    assert "(UTC)" in shown


def test_when_speaks_in_the_zone_of_the_person() -> None:
    with timezone.override("Asia/Tokyo"):
        shown = ui.when(NOW, now=NOW + timedelta(days=2))

    assert "Wed 21:00" in shown
    assert "Wed 4 Mar 2026, 21:00 (JST)" in shown


def test_control_is_tied_to_its_help_and_its_error() -> None:
    class Form(forms.Form):
        name = forms.CharField(help_text="What it is called", widget=forms.TextInput(attrs={"class": "wide"}))

    shown = ui.control(Form({"name": ""})["name"], data_x="1")

    assert 'class="form-control wide is-invalid"' in shown
    assert 'aria-describedby="id_name_error id_name_help"' in shown
    assert 'data-x="1"' in shown
