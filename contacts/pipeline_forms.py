"""Forms of the pipeline: what the board is narrowed to, a stage, and the period of the statistics."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from contacts import filters, owners, stages
from contacts.enums import StageRole
from contacts.forms import MAX_TAGS, group_choices
from contacts.models import Contact, ContactQuerySet, PipelineStage, Tag
from fluenzr.workspaces.models import User, Workspace

DEFAULT_PERIOD = "90"
NOBODY = "none"
COLOUR_NAMES = {
    "grey": _("Grey"),
    "blue": _("Blue"),
    "violet": _("Violet"),
    "amber": _("Amber"),
    "green": _("Green"),
    "red": _("Red"),
    "cyan": _("Cyan"),
    "teal": _("Teal"),
    "indigo": _("Indigo"),
    "pink": _("Pink"),
    "orange": _("Orange"),
    "brown": _("Brown"),
}
PERIODS = (("30", _("Last 30 days")), ("90", _("Last 90 days")), ("365", _("Last 365 days")))


class BoardFilters(forms.Form):
    """What the board is narrowed to; all of it stands in the address."""

    q = forms.CharField(label=_("Search"), required=False, widget=forms.SearchInput)
    owner = forms.ChoiceField(label=_("Owner"), required=False)
    group = forms.ChoiceField(label=_("Group"), required=False)
    tag = forms.ChoiceField(label=_("Tag"), required=False)

    def __init__(self, *args: Any, workspace: Workspace, **options: Any) -> None:
        super().__init__(*args, **options)
        self.workspace = workspace
        tags = Tag.objects.in_workspace(workspace).order_by("name").values_list("name", flat=True)[:MAX_TAGS]
        choices: dict[str, list[Any]] = {
            "owner": [*owners.choices(owners.candidates(workspace)), (NOBODY, _("Nobody"))],
            "group": group_choices(workspace),
            "tag": [(name, name) for name in tags],
        }
        for name, offered in choices.items():
            self.fields[name].choices = [("", _("Any")), *offered]  # type: ignore[attr-defined]

    def people(self) -> ContactQuerySet:
        """Return the contacts that the address asks for; what it says wrongly is left out."""
        self.is_valid()
        values = self.cleaned_data
        wanted = {to: values[name] for name, to in {"group": "groups", "tag": "tags"}.items() if values.get(name)}
        rows = filters.narrowed(Contact.objects.in_workspace(self.workspace), self.workspace, wanted)
        if owner := values.get("owner"):
            rows = rows.filter(owner=None if owner == NOBODY else User.key_of(owner))
        return filters.matching(rows, values.get("q", ""))


class StageForm(forms.Form):
    """A stage of the pipeline."""

    name = forms.CharField(label=_("Name"), max_length=stages.MAX_NAME)
    colour = forms.ChoiceField(label=_("Colour"), choices=[(name, COLOUR_NAMES[name]) for name in stages.COLOURS])
    role = forms.ChoiceField(
        label=_("Meaning"),
        required=False,
        choices=[("", _("None: people come and go by hand")), *StageRole.choices],
        help_text=_("One stage has each meaning: choosing it here takes it from the other"),
    )


class RemovalForm(forms.Form):
    """Where the contacts of a stage go when it is deleted."""

    to = forms.ChoiceField(label=_("Move its contacts to"))

    def __init__(self, *args: Any, others: list[PipelineStage], **options: Any) -> None:
        super().__init__(*args, **options)
        self.rows = {one.public_id: one for one in others}
        self.fields["to"].choices = [(key, one.name) for key, one in self.rows.items()]  # type: ignore[attr-defined]

    def target(self) -> PipelineStage:
        """Return the chosen stage; call it on a valid form."""
        return self.rows[self.cleaned_data["to"]]


class CurrencyForm(forms.Form):
    """In what the deals of a workspace are counted."""

    currency = forms.CharField(label=_("Currency of deals"), max_length=3, help_text=_("A code such as EUR or USD"))


class PeriodForm(forms.Form):
    """How far back the statistics look."""

    days = forms.ChoiceField(label=_("Period"), choices=PERIODS)

    def since(self, now: datetime) -> datetime:
        """Return where the period begins; what the address says wrongly counts as the default."""
        days = self["days"].value() if self.is_valid() else DEFAULT_PERIOD
        return now - timedelta(days=int(days))
