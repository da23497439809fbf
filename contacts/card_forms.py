"""Forms of a contact's card: a note, a task, the owner, and a hold."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from contacts import notes, owners, todo
from fluenzr.core import clock
from fluenzr.workspaces.models import User, Workspace


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class OwnerForm(forms.Form):
    """Who looks after the contact."""

    owner = forms.ChoiceField(label=_("Owner"), required=False)

    def __init__(self, *args: Any, workspace: Workspace, **options: Any) -> None:
        super().__init__(*args, **options)
        self.users = owners.candidates(workspace)
        names = owners.choices(self.users)
        self.fields["owner"].choices = [("", _("Nobody")), *names]  # type: ignore[attr-defined]

    def chosen(self) -> User | None:
        """Return the owner; call it on a valid form."""
        return self.users.get(self.cleaned_data["owner"])


class TaskForm(OwnerForm):
    """What is to be done."""

    text = forms.CharField(label=_("Task"), max_length=todo.MAX_TEXT)
    due = _day(_("Due"))
    field_order = ("text", "due", "owner")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["due"].required = False


class NoteForm(forms.Form):
    """What somebody writes down."""

    text = forms.CharField(label=_("Note"), max_length=notes.MAX_TEXT, widget=forms.Textarea(attrs={"rows": 2}))


class HoldForm(forms.Form):
    """The first day on which campaigns may write again."""

    until = _day(_("No mail before"))

    def until_when(self, zone: str) -> datetime:
        """Return the beginning of the day in a zone; call it on a valid form."""
        day: date = self.cleaned_data["until"]
        return clock.instant(day, 0, zone)
