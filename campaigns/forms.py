"""The forms of the pages of campaigns; what they accept is decided by the domain."""

import re
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from campaigns.audience import LISTED
from campaigns.campaign_settings import FIELDS
from campaigns.enums import CampaignStatus, EventType
from campaigns.lifecycle import NAME_LENGTH, Changes
from contacts import addresses
from contacts.models import Contact, Group
from fluenzr.core import clock
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces.models import Workspace

# How many addresses a refusal names.
MOST_NAMED = 5
_SEPARATORS = re.compile(r"[\s,;]+")


class AccountField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One of the accounts that a workspace may send from, named by its address; its form sets the workspace."""

    def __init__(self, **options: Any) -> None:
        super().__init__(Account.objects.none(), label=_("Send from"), empty_label=None, **options)

    def of(self, workspace: Workspace, *, current: Account | None = None) -> None:
        """Offer the accounts of the workspace that may send, and the one that is chosen already."""
        rows = Account.objects.in_workspace(workspace)
        kept = rows.filter(pk=current.pk) if current else rows.none()
        self.queryset = (rows.usable() | kept).order_by("email")

    def label_from_instance(self, obj: Any) -> str:
        """Return the address."""
        return str(obj.email)


class NewCampaignForm(forms.Form):
    """What a draft begins with."""

    name = forms.CharField(label=_("Name"), max_length=NAME_LENGTH, help_text=_("Only you and your team see it."))
    account = AccountField()

    def __init__(self, *args: Any, workspace: Workspace, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["account"]
        assert isinstance(field, AccountField), "it is declared above"
        field.of(workspace)


class CampaignFilters(forms.Form):
    """Which campaigns the list shows."""

    q = forms.CharField(label=_("Search"), required=False, widget=forms.TextInput(attrs={"type": "search"}))
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("All")), *CampaignStatus.choices])


class PeopleFilters(forms.Form):
    """Which people of a campaign are listed."""

    q = forms.CharField(label=_("Address"), required=False, widget=forms.TextInput(attrs={"type": "search"}))
    status = forms.ChoiceField(
        label=_("Status"),
        required=False,
        choices=[("", _("All")), *((one.value, one.label) for one in LISTED)],
    )


class AddPeopleForm(forms.Form):
    """Who is added to a campaign: the members of groups, or contacts by their addresses."""

    groups = forms.MultipleChoiceField(label=_("Groups"), required=False, widget=forms.CheckboxSelectMultiple)
    addresses = forms.CharField(
        label=_("Addresses"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Of contacts that you have, one a line or with commas between. Use either groups or addresses."),
    )

    def __init__(self, *args: Any, workspace: Workspace, **options: Any) -> None:
        super().__init__(*args, **options)
        self._workspace = workspace
        self._contacts: list[str] = []
        groups = Group.objects.in_workspace(workspace).order_by("name")
        choices = [(group.public_id, group.name) for group in groups]
        field = self.fields["groups"]
        assert isinstance(field, forms.MultipleChoiceField), "it is declared above"
        field.choices = choices
        if not choices:
            del self.fields["groups"]

    def clean(self) -> dict[str, Any]:
        """Want exactly one of the two ways, and know every address."""
        given = self.cleaned_data
        texts = _SEPARATORS.split(given.get("addresses", ""))
        wanted = {addresses.key(text): text for text in texts if text}
        if bool(given.get("groups")) == bool(wanted):
            raise forms.ValidationError(_("Choose groups, or write addresses."))
        rows = Contact.objects.in_workspace(self._workspace).filter(email_key__in=list(wanted))
        known = {row.email_key: row.public_id for row in rows}
        unknown = [text for key, text in wanted.items() if key not in known]
        if unknown:
            text = _("No contact has this address: %(addresses)s")
            self.add_error("addresses", text % {"addresses": ", ".join(unknown[:MOST_NAMED])})
        self._contacts = list(known.values())
        return given

    def chosen(self) -> dict[str, Any]:
        """Return the one way that was chosen, as `audience.add` takes it."""
        groups = self.cleaned_data.get("groups")
        return {"group_ids": groups} if groups else {"contact_ids": self._contacts}


class ActivityFilters(forms.Form):
    """Which events of a campaign are listed."""

    q = forms.CharField(label=_("Address"), required=False, widget=forms.TextInput(attrs={"type": "search"}))
    type = forms.ChoiceField(label=_("What happened"), required=False, choices=[("", _("All")), *EventType.choices])
    bots = forms.BooleanField(label=_("Also by machines"), required=False)


class SettingsForm(forms.Form):
    """When a campaign sends, how much, and from where; its fields are named as those of the model."""

    name = forms.CharField(label=_("Name"), max_length=NAME_LENGTH)
    description = forms.CharField(
        label=_("Description"), required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 2})
    )
    account = AccountField()
    send_days = forms.MultipleChoiceField(
        label=_("Sending days"),
        choices=list(zip(clock.DAY_NAMES, WEEKDAYS.values(), strict=True)),
        widget=forms.CheckboxSelectMultiple,
    )
    send_hours_start = forms.TypedChoiceField(
        label=_("Sends from"), coerce=int, choices=[(hour, f"{hour:02}:00") for hour in range(24)]
    )
    send_hours_end = forms.TypedChoiceField(
        label=_("Sends until"), coerce=int, choices=[(hour, f"{hour:02}:00") for hour in range(1, 25)]
    )
    timezone = forms.ChoiceField(label=_("Time zone of the sending hours"))
    max_emails_per_hour = forms.IntegerField(
        label=_("Emails an hour"),
        required=False,
        min_value=1,
        help_text=_("Empty: only the account's own limits hold."),
    )

    def __init__(self, *args: Any, workspace: Workspace, account: Account, **options: Any) -> None:
        super().__init__(*args, **options)
        field, zones = self.fields["account"], self.fields["timezone"]
        assert isinstance(field, AccountField), "it is declared above"
        assert isinstance(zones, forms.ChoiceField), "it is declared above"
        field.of(workspace, current=account)
        zones.choices = [(name, name) for name in sorted(clock.zone_names())]

    def changes(self) -> Changes:
        """Return what `lifecycle.update` takes."""
        given = self.cleaned_data
        return {
            "name": given["name"],
            "description": given["description"] or None,
            "account": given["account"],
            "settings": {key: given[field] for key, field in FIELDS.items()},
        }
