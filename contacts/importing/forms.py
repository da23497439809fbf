"""Forms of the import pages: the file, and what becomes of its columns and rows."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from contacts import fields
from contacts.enums import ConsentSource, Doubtful, FieldType, ImportStatus, OnDuplicate
from contacts.importing import columns
from contacts.importing.lifecycle import Choices, NewField
from contacts.models import Group, Import, PipelineStage

NEW = "new:"
COLUMN = "column_"


class UploadForm(forms.Form):
    """A file."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV, XLSX, XLS or ODS, up to 25 MB. Nothing is imported before you have seen what becomes of it."),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,.xls,.ods"}),
    )
    first_row = forms.ChoiceField(
        label=_("First row"),
        choices=[("", _("Find out")), ("names", _("Holds the names of the columns")), ("data", _("Holds a contact"))],
        required=False,
    )

    def has_header(self) -> bool | None:
        """Return what was said about the first row, None for nothing."""
        return {"names": True, "data": False}.get(self.cleaned_data["first_row"])


class ImportFilters(forms.Form):
    """What the list of imports is narrowed to."""

    status = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("Any")), *ImportStatus.choices])


class MappingForm(forms.Form):
    """What becomes of each column, what the rows join, and the consent."""

    on_duplicate = forms.ChoiceField(label=_("When the address is known"), choices=OnDuplicate.choices)
    doubtful = forms.ChoiceField(
        label=_("Doubtful addresses"),
        choices=Doubtful.choices,
        help_text=_("Such as info@ and throw-away mailboxes: they answer rarely and bounce often."),
    )
    check_mx = forms.BooleanField(
        label=_("Ask whether the domains take mail"),
        required=False,
        help_text=_("Addresses of domains that do not exist or take no mail count as doubtful. It takes longer."),
    )
    dates = forms.ChoiceField(
        label=_("Dates such as 03/04/2026"),
        choices=[("day", _("Day first: 3 April")), ("month", _("Month first: 4 March"))],
    )
    groups = forms.MultipleChoiceField(label=_("Add to groups"), required=False)
    tags = forms.CharField(label=_("Tags"), required=False, help_text=_("Separated by commas"))
    stage = forms.ChoiceField(label=_("Stage of the pipeline"), required=False)
    consent_source = forms.ChoiceField(
        label=_("Consent from"),
        choices=[("", "---"), *ConsentSource.choices],
        help_text=_("Where the right to write to these people comes from"),
    )
    consent_wording = forms.CharField(
        label=_("Words of the consent"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("What these people read or said when agreeing"),
    )
    certified = forms.BooleanField(
        label=_("I certify that these people agreed to be written to, or that the law lets me write to them"),
        error_messages={"required": _("Without this nothing is imported")},
    )

    def __init__(self, *args: Any, origin: Import, **options: Any) -> None:
        super().__init__(*args, **options)
        self.origin = origin
        self.custom = fields.field_keys(origin.workspace)
        self.group_rows = {row.public_id: row for row in Group.objects.in_workspace(origin.workspace).order_by("name")}
        stages = PipelineStage.objects.in_workspace(origin.workspace).order_by("position", "pk")
        self.stage_rows = {row.public_id: row for row in stages}
        self._offer("groups", [(key, row.name) for key, row in self.group_rows.items()])
        self._offer("stage", [("", "---"), *((key, row.name) for key, row in self.stage_rows.items())])
        if not self.group_rows:
            del self.fields["groups"]
        targets = self._targets()
        for place, name in enumerate(origin.header):
            self.fields[f"{COLUMN}{place}"] = forms.ChoiceField(label=name, choices=targets, required=False)
            self.initial.setdefault(f"{COLUMN}{place}", origin.mapping[place])
        self.initial.setdefault("dates", "day" if origin.day_first else "month")

    def columns(self) -> list[BoundField]:
        """Return the fields of the columns, in their order."""
        return [self[f"{COLUMN}{place}"] for place in range(len(self.origin.header))]

    def options(self) -> list[BoundField]:
        """Return the other fields but those of the consent."""
        names = ("groups", "tags", "stage", "on_duplicate", "doubtful", "check_mx", "dates")
        return [self[name] for name in names if name in self.fields]

    def consent(self) -> list[BoundField]:
        """Return the fields of the consent."""
        return [self[name] for name in ("consent_source", "consent_wording", "certified")]

    def mapping(self) -> tuple[list[str], dict[str, NewField]]:
        """Return the target of each column and the fields to be made, whether the rest of the form is valid or not."""
        taken = {*self.custom, *fields.RESERVED}
        targets: list[str] = []
        new: dict[str, NewField] = {}
        for bound in self.columns():
            target = str(bound.value() or columns.NOTHING)
            if target.startswith(NEW):
                key = columns.key_for(str(bound.label), taken)
                taken.add(key)
                new[key] = NewField(target.removeprefix(NEW), label=str(bound.label))
                target = f"{columns.CUSTOM}{key}"
            targets.append(target)
        return targets, new

    def choices(self) -> Choices:
        """Return what was decided; call it on a valid form."""
        values = self.cleaned_data
        mapping, new = self.mapping()
        return Choices(
            mapping=mapping,
            new_fields=new,
            consent_source=values["consent_source"],
            consent_wording=values["consent_wording"],
            certified=values["certified"],
            on_duplicate=values["on_duplicate"],
            doubtful=values["doubtful"],
            check_mx=values["check_mx"],
            day_first=values["dates"] == "day",
            groups=[self.group_rows[key] for key in values.get("groups", ())],
            tags=[name.strip() for name in values["tags"].split(",") if name.strip()],
            stage=self.stage_rows.get(values["stage"]),
        )

    def places(self) -> dict[str, str]:
        """Return the field at which each path of the domain is shown, where the names differ."""
        return {f"mapping.{name}": f"{COLUMN}{place}" for place, name in enumerate(self.origin.header)}

    def _offer(self, name: str, choices: Sequence[tuple[str, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def _targets(self) -> list[Any]:
        own = [(f"{columns.CUSTOM}{field.key}", field.label) for field in self.custom.values()]
        new = [(f"{NEW}{kind}", label) for kind, label in FieldType.choices]
        found: list[Any] = [(columns.NOTHING, _("Leave out")), (_("Contact"), list(columns.LABELS.items()))]
        if own:
            found.append((_("Custom fields"), own))
        return [*found, (_("New custom field"), new)]
