"""The forms of the simulator's page: with whom, from when on, and what they do. They live in its address."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.enums import EventType
from campaigns.simulator.scripts import LONGEST, MOST, Script
from contacts.models import Contact
from fluenzr.core import clock
from fluenzr.core.errors import Text

_ON_A_DAY = "day"
_UNITS: dict[str, timedelta] = {
    "minutes": timedelta(minutes=1),
    "hours": timedelta(hours=1),
    "days": timedelta(days=1),
}
# What the people do, as their verbs.
VERBS: dict[str, Text] = {
    EventType.OPENED: _("Opens"),
    EventType.CLICKED: _("Clicks"),
    EventType.REPLIED: pgettext_lazy("what somebody does", "Replies"),
    EventType.BOUNCED: _("Bounces"),
    EventType.UNSUBSCRIBED: _("Unsubscribes"),
}


class SetupForm(forms.Form):
    """Who is simulated and from when on; `offered` are the contacts to choose from."""

    start = forms.DateTimeField(
        label=_("Start"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("On the campaign's clock; empty: now."),
    )
    q = forms.CharField(label=_("Find contacts"), required=False, max_length=200, widget=forms.SearchInput)
    contact = forms.MultipleChoiceField(label=_("Contacts"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, data: Mapping[str, Any], *, offered: Sequence[Contact], zone: str) -> None:
        super().__init__(data)
        self._zone = zone
        field = self.fields["contact"]
        assert isinstance(field, forms.MultipleChoiceField), "it is declared above"
        field.choices = [(one.public_id, _name(one)) for one in offered]

    def full_clean(self) -> None:
        """Read times on the campaign's clock."""
        with timezone.override(clock.zone(self._zone)):
            super().full_clean()


def _name(contact: Contact) -> str:
    name = " ".join(part for part in (contact.first_name, contact.last_name) if part)
    return f"{name} ({contact})" if name else str(contact)


class EventForm(forms.Form):
    """Something that people do, in one row."""

    on = forms.ChoiceField(label=_("What"), choices=list(VERBS.items()), initial=EventType.OPENED.value)
    email = forms.ChoiceField(label=_("Email"), required=False)
    count = forms.IntegerField(label=_("When"), min_value=0, max_value=LONGEST.days * 24 * 60, initial=1)
    unit = forms.ChoiceField(
        label=_("Unit"),
        choices=[
            ("minutes", _("minutes after it")),
            ("hours", _("hours after it")),
            ("days", _("days after it")),
            (_ON_A_DAY, _("is the day it happens")),
        ],
        initial="hours",
    )
    who = forms.ChoiceField(label=_("Who"), required=False)
    url = forms.CharField(
        label=_("Link"),
        required=False,
        max_length=2000,
        widget=forms.URLInput(attrs={"placeholder": _("The first one")}),
    )

    def __init__(
        self, data: Mapping[str, Any], *, prefix: str, emails: Mapping[str, str], people: Sequence[Contact]
    ) -> None:
        begun = {name: field.initial for name, field in self.base_fields.items() if field.initial is not None}
        super().__init__({**{f"{prefix}-{name}": value for name, value in begun.items()}, **data}, prefix=prefix)
        self._people = {one.public_id: one.pk for one in people}
        email, who = self.fields["email"], self.fields["who"]
        assert isinstance(email, forms.ChoiceField), "it is declared above"
        assert isinstance(who, forms.ChoiceField), "it is declared above"
        email.choices = [("", _("Every email")), *emails.items()]
        who.choices = [("", _("Everybody")), *((one.public_id, str(one)) for one in people)]

    def script(self) -> Script:
        """Return what the simulator plays, of a row without errors."""
        given = self.cleaned_data
        on_a_day = given["unit"] == _ON_A_DAY
        return Script(
            on=given["on"],
            contact=self._people.get(given["who"]),
            node=given["email"],
            after=timedelta() if on_a_day else given["count"] * _UNITS[given["unit"]],
            day=given["count"] if on_a_day else None,
            url=given["url"] if given["on"] == EventType.CLICKED else "",
        )


# Where the domain's words for an event belong in its row.
EVENT_FIELDS = {"on": "on", "contactId": "who", "nodeId": "email", "after": "count", "day": "count", "url": "url"}


class Rows:
    """The rows of events in an address: `rows` says how many, the fields of the first have the prefix `e1`."""

    def __init__(self, query: QueryDict) -> None:
        asked = query.get("rows", "")
        count = min(int(asked), MOST) if asked.isascii() and asked.isdigit() and len(asked) < 4 else 0
        self.rows = [self._row(query, f"e{number}-") for number in range(1, count + 1)]

    @staticmethod
    def _row(query: QueryDict, prefix: str) -> dict[str, str]:
        found = {name: query.get(prefix + name) for name in EventForm.base_fields}
        return {name: value for name, value in found.items() if value is not None}

    @property
    def is_full(self) -> bool:
        """Whether no row can be added."""
        return len(self.rows) >= MOST

    def changed(self, change: str) -> None:
        """Add a row (`add`) or drop the n-th one (`drop-n`)."""
        if change == "add" and not self.is_full:
            self.rows.append({})
        kind, _dash, number = change.partition("-")
        if kind == "drop" and number.isascii() and number.isdigit() and 0 < int(number) <= len(self.rows):
            del self.rows[int(number) - 1]

    def query(self) -> dict[str, str]:
        """Return the rows as they stand in an address."""
        found = {f"e{n}-{name}": value for n, row in enumerate(self.rows, start=1) for name, value in row.items()}
        return {"rows": str(len(self.rows)), **found} if self.rows else {}

    def forms(self, *, emails: Mapping[str, str], people: Sequence[Contact]) -> list[EventForm]:
        """Return the row's forms."""
        numbers = range(1, len(self.rows) + 1)
        return [EventForm(self.query(), prefix=f"e{n}", emails=emails, people=people) for n in numbers]
