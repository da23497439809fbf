"""Forms of the contacts pages: what a list is narrowed to, a person, a group, and what happens to chosen people."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from contacts import contact_settings, deals, owners
from contacts.consents import Basis
from contacts.drafts import COLUMNS, Draft
from contacts.enums import ConsentSource, ContactStatus, FieldType, GroupKind
from contacts.models import Consent, Contact, CustomField, Group, Segment, Tag
from fluenzr.core import clock
from fluenzr.workspaces.models import User, Workspace

# How many tags the list of a filter offers; beyond that the search is quicker.
MAX_TAGS = 500
# Of RFC 1035.
MAX_DOMAIN = 253
CUSTOM = "custom_"


def group_choices(workspace: Workspace) -> list[tuple[str, str]]:
    """Return the groups of a workspace as choices, by name."""
    return [(group.public_id, group.name) for group in Group.objects.in_workspace(workspace).order_by("name")]


class ContactFilters(forms.Form):
    """What the list of contacts is narrowed to; all of it stands in the address."""

    # What `contacts.filters` calls each.
    NAMES = {
        "status": "status",
        "group": "groups",
        "tag": "tags",
        "segment": "segments",
        "domain": "companyDomains",
    }

    q = forms.CharField(label=_("Search"), required=False, widget=forms.SearchInput)
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("Any")), *ContactStatus.choices])
    group = forms.ChoiceField(label=_("Group"), required=False)
    tag = forms.ChoiceField(label=_("Tag"), required=False)
    segment = forms.ChoiceField(label=_("Segment"), required=False)
    domain = forms.CharField(label=_("Company domain"), required=False, max_length=MAX_DOMAIN)

    def __init__(self, *args: Any, workspace: Workspace, **options: Any) -> None:
        super().__init__(*args, **options)
        tags = Tag.objects.in_workspace(workspace).order_by("name").values_list("name", flat=True)[:MAX_TAGS]
        self.groups = group_choices(workspace)
        self.fields["group"].choices = [("", _("Any")), *self.groups]  # type: ignore[attr-defined]
        self.fields["tag"].choices = [("", _("Any")), *((name, name) for name in tags)]  # type: ignore[attr-defined]
        segments = Segment.objects.in_workspace(workspace).order_by("name")
        found = [(segment.public_id, segment.name) for segment in segments]
        self.fields["segment"].choices = [("", _("Any")), *found]  # type: ignore[attr-defined]
        if not found:
            del self.fields["segment"]

    def wanted(self) -> tuple[str, dict[str, Any]]:
        """Return what is searched, and the filters of `contacts.filters`; what the address says wrongly is left out."""
        self.is_valid()
        values = self.cleaned_data
        return values.get("q", ""), {to: values[name] for name, to in self.NAMES.items() if values.get(name)}


class CompanyFilters(forms.Form):
    """What the list of companies is narrowed to."""

    q = forms.CharField(label=_("Search"), required=False, widget=forms.SearchInput)


class ContactForm(forms.Form):
    """A person. The domain checks the values; the form only says which there are."""

    # Shown at once; what else there is opens below.
    FIRST = ("email", "first_name", "last_name", "company", "consent_source", "consent_wording")

    email = forms.EmailField(label=_("Email"), widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    first_name = forms.CharField(label=_("First name"), required=False)
    last_name = forms.CharField(label=_("Last name"), required=False)
    company = forms.CharField(label=_("Company"), required=False)
    job_title = forms.CharField(label=_("Job title"), required=False)
    phone = forms.CharField(label=_("Phone"), required=False)
    website = forms.CharField(label=_("Website"), required=False)
    country = forms.CharField(label=_("Country"), required=False, help_text=_("A code of two letters, such as FR"))
    language = forms.CharField(label=_("Language"), required=False, help_text=_("A code, such as fr"))
    timezone = forms.ChoiceField(label=_("Time zone"), required=False)
    deal_value = forms.CharField(
        label=_("Deal value"), required=False, widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )
    owner = forms.ChoiceField(label=_("Owner"), required=False)
    groups = forms.MultipleChoiceField(label=_("Groups"), required=False)
    tags = forms.CharField(label=_("Tags"), required=False, help_text=_("Separated by commas"))
    notes = forms.CharField(label=_("Notes"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    consent_source = forms.ChoiceField(
        label=_("Consent from"),
        choices=[("", "---"), *ConsentSource.choices],
        help_text=_("Where the right to write to this person comes from"),
    )
    consent_wording = forms.CharField(
        label=_("Words of the consent"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("What the person read or said when agreeing"),
    )

    def __init__(
        self, *args: Any, workspace: Workspace, custom: list[CustomField], owner: User | None = None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.custom = custom
        currency = contact_settings.of(workspace).currency
        self.fields["deal_value"].label = _("Deal value in %(currency)s") % {"currency": currency}
        # Who looks after the person goes on doing so, also after leaving the workspace.
        self.users = owners.candidates(workspace) | ({owner.public_id: owner} if owner else {})
        names = [("", _("Nobody")), *owners.choices(self.users)]
        self.fields["owner"].choices = names  # type: ignore[attr-defined]
        self.group_rows = {group.public_id: group for group in Group.objects.in_workspace(workspace).order_by("name")}
        groups = [(key, group.name) for key, group in self.group_rows.items()]
        self.fields["groups"].choices = groups  # type: ignore[attr-defined]
        zones = [("", "---"), *((name, name) for name in sorted(clock.zone_names()))]
        self.fields["timezone"].choices = zones  # type: ignore[attr-defined]
        if not groups:
            del self.fields["groups"]
        for field in custom:
            self.fields[f"{CUSTOM}{field.key}"] = _custom_field(field)
        if not self.initial:
            self.fields["email"].widget.attrs["autofocus"] = True

    def first_fields(self) -> list[forms.BoundField]:
        """Return what every person has."""
        return [self[name] for name in self.FIRST]

    def more_fields(self) -> list[forms.BoundField]:
        """Return all else."""
        return [self[name] for name in self.fields if name not in self.FIRST]

    def is_more_open(self) -> bool:
        """Whether one of the other fields holds something to see: a value or an error."""
        return any(field.errors or field.value() for field in self.more_fields())

    def draft(self) -> Draft:
        """Return what was typed; call it on a valid form.

        Raises:
            Invalid: the deal value is no amount.
        """
        values = self.cleaned_data
        draft: Any = {name: values[column] for name, column in COLUMNS.items()}
        own = {field.key: self._custom_value(field.key) for field in self.custom}
        draft |= {
            "email": values["email"],
            "dealValue": deals.read(values["deal_value"]),
            "owner": self.users.get(values["owner"]),
            "tags": [name.strip() for name in values["tags"].split(",") if name.strip()],
            "groups": [self.group_rows[key] for key in values.get("groups", ())],
            "customFields": own,
        }
        found: Draft = draft
        return found

    def _custom_value(self, key: str) -> Any:
        """Return a value, or None where there is none: a box that was never ticked says nothing."""
        name = f"{CUSTOM}{key}"
        value = self.cleaned_data[name]
        return None if value == "" or (value is False and name not in self.initial) else value

    def basis(self) -> Basis:
        """Return where the right to write comes from; call it on a valid form."""
        return Basis(self.cleaned_data["consent_source"], self.cleaned_data["consent_wording"])

    def places(self) -> dict[str, str]:
        """Return the field at which each path of the domain is shown, where the names differ."""
        custom = {f"customFields.{field.key}": f"{CUSTOM}{field.key}" for field in self.custom}
        custom["dealValue"] = "deal_value"
        return custom | {f"tags.{number}": "tags" for number in range(self.data.get("tags", "").count(",") + 1)}


def initial(contact: Contact, consent: Consent | None) -> dict[str, Any]:
    """Return what the form of a known person begins with."""
    values = {column: getattr(contact, column) for column in ("email", *COLUMNS.values())}
    values |= {f"{CUSTOM}{key}": value for key, value in contact.custom.items()}
    values["phone"] = contact.phone_shown
    values |= {"deal_value": deals.plain(contact.deal_value), "owner": contact.owner and contact.owner.public_id}
    values["groups"] = [Group(pk=one.group_id).public_id for one in contact.memberships.all()]
    values["tags"] = ", ".join(contact.taggings.order_by("tag__name").values_list("tag__name", flat=True))
    if consent is not None:
        values |= {"consent_source": consent.source, "consent_wording": consent.wording}
    return values


def _custom_field(field: CustomField) -> forms.Field:
    if field.kind == FieldType.CHECKBOX:
        return forms.BooleanField(label=field.label, required=False)
    if field.kind == FieldType.DROPDOWN:
        choices = [("", "---"), *((option, option) for option in field.options)]
        return forms.ChoiceField(label=field.label, required=False, choices=choices)
    widget = forms.DateInput(attrs={"type": "date"}) if field.kind == FieldType.DATE else forms.TextInput()
    return forms.CharField(label=field.label, required=False, widget=widget)


class SegmentForm(forms.Form):
    """The name of a segment; its rules are a form of their own (`contacts.rule_drafts`)."""

    name = forms.CharField(label=_("Name"), max_length=200)


class GroupForm(forms.Form):
    """A group."""

    name = forms.CharField(label=_("Name"), widget=forms.TextInput(attrs={"autofocus": True}))
    description = forms.CharField(label=_("Description"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=GroupKind.choices,
        initial=GroupKind.STATIC,
        help_text=_("A dynamic group adds whoever joins it to the campaigns that it feeds"),
    )
