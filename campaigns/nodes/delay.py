"""A pause between two steps."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from campaigns.nodes.base import Go, Names, NodeForm, NodeKind, Outcome, Step, WaitUntil
from fluenzr.core import clock


class DelayForm(NodeForm):
    """How long. Days are 24 hours each, or working days of the campaign's zone."""

    days = forms.IntegerField(label=_("Days"), min_value=0, max_value=365, initial=0)
    hours = forms.IntegerField(label=_("Hours"), min_value=0, max_value=8760, initial=0)
    minutes = forms.IntegerField(label=_("Minutes"), min_value=0, max_value=525600, initial=0)
    businessDays = forms.BooleanField(label=_("Count working days only"), required=False, initial=False)

    def clean(self) -> dict[str, Any]:
        """Refuse a delay of nothing."""
        cleaned = super().clean() or {}
        if not self.errors and not any(cleaned.get(name) for name in ("days", "hours", "minutes")):
            raise forms.ValidationError(_("Give the delay a length: days, hours or minutes."))
        return cleaned


class Delay(NodeKind):
    """Wait a span of time from the moment the step was reached: after a mail, the moment it was accepted."""

    kind = "delay"
    label = _("Delay")
    icon = "clock"
    group = _("Timing")
    rank = 20
    form = DelayForm
    begins_with: ClassVar[Mapping[str, Any]] = {"days": 3}

    @classmethod
    def summary(cls, data: Mapping[str, Any], names: Names) -> str:
        """Wait so long."""
        length = span_words(data["days"], data["hours"], data["minutes"], working=data["businessDays"])
        return gettext("Wait %(length)s") % {"length": length} if length else ""

    @classmethod
    def run(cls, step: Step) -> Outcome:
        """Wait, then go on as of the moment the delay ended, so that lateness never adds up."""
        due = ends_at(step)
        return Go(at=due) if due <= step.now else WaitUntil(due, _("Waiting for the delay to end."))


def ends_at(step: Step) -> datetime:
    """Return when the delay is over: 3 days are 72 hours; working days keep the local time of day."""
    data, start = step.data, step.entered_at
    span = timedelta(hours=data["hours"], minutes=data["minutes"])
    if data["businessDays"]:
        return clock.add_business_days(start, data["days"], step.zone) + span
    return start + timedelta(days=data["days"]) + span


def span_words(days: int, hours: int, minutes: int, *, working: bool = False) -> str:
    """Return a span of time in words: "3 business days, 2 hours"; "" for none."""
    day = ngettext("%d business day", "%d business days", days) if working else ngettext("%d day", "%d days", days)
    parts = (
        (day, days),
        (ngettext("%d hour", "%d hours", hours), hours),
        (ngettext("%d minute", "%d minutes", minutes), minutes),
    )
    return ", ".join(words % number for words, number in parts if number)
