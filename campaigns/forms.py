"""The forms of the pages of campaigns; what they accept is decided by the domain."""

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from campaigns import linked_groups, snippets
from campaigns.campaign_settings import FIELDS
from campaigns.candidates import Asked
from campaigns.enums import ENROLLING, LISTED, CampaignStatus, Did, EventType
from campaigns.lifecycle import NAME_LENGTH, Changes
from campaigns.models import Campaign
from contacts import addresses
from contacts.enums import GroupKind
from contacts.forms import ContactFilters, group_choices
from contacts.models import Contact, Group
from fluenzr.core import clock
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces.models import Workspace

# How many addresses a refusal names.
MOST_NAMED = 5
_SEPARATORS = re.compile(r"[\s,;]+")


class SnippetForm(forms.Form):
    """A piece of text for mails."""

    name = forms.CharField(label=_("Name"), max_length=snippets.MAX_NAME)
    body = forms.CharField(
        label=_("Text"),
        max_length=snippets.MAX_BODY,
        widget=forms.Textarea({"rows": 8}),
        help_text=_("Text or HTML, as in a mail: {{firstName|there}} stands for a variable with its fallback."),
    )


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

    name = forms.CharField(
        label=_("Name"),
        max_length=NAME_LENGTH,
        widget=forms.TextInput(attrs={"autofocus": True}),
        help_text=_("Only you and your team see it."),
    )
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
    """Which people of a campaign are listed; `steps` are the nodes where somebody may stand, with their words."""

    q = forms.CharField(label=_("Name or address"), required=False, widget=forms.TextInput(attrs={"type": "search"}))
    status = forms.ChoiceField(
        label=_("Status"),
        required=False,
        choices=[("", _("All")), *((one.value, one.label) for one in LISTED)],
    )
    did = forms.ChoiceField(label=_("What they did"), required=False, choices=[("", _("Anything")), *Did.choices])
    node = forms.ChoiceField(label=_("Waits at"), required=False)

    def __init__(self, *args: Any, steps: Sequence[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["node"]
        assert isinstance(field, forms.ChoiceField), "it is declared above"
        field.choices = [("", _("Any step")), *steps]


class AddPeopleForm(forms.Form):
    """Who is added to a campaign: members of groups, whoever matches a filter, or contacts by address or id.

    The fields of the filter are those of the list of contacts, in a form of their own over the same data.
    """

    GROUPS, MATCHING, ADDRESSES, CHOSEN = "groups", "matching", "addresses", "chosen"

    who = forms.ChoiceField(label=_("Who is added"), widget=forms.RadioSelect)
    groups = forms.MultipleChoiceField(label=_("Groups"), required=False, widget=forms.CheckboxSelectMultiple)
    addresses = forms.CharField(
        label=_("Addresses"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Of contacts that you have, one a line or with commas between."),
    )
    without = forms.MultipleChoiceField(
        label=_("Leave out the members of"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: QueryDict | None = None, *, workspace: Workspace) -> None:
        super().__init__(data)
        self._workspace = workspace
        self._given = QueryDict() if data is None else data
        self._contacts: list[str] = []
        self.filters = ContactFilters(data, workspace=workspace)
        self.ids = self._given.getlist("chosen")
        choices = group_choices(workspace)
        ways = [(self.GROUPS, _("Groups"))] if choices else []
        ways += [(self.MATCHING, _("Everybody who matches")), (self.ADDRESSES, _("Addresses"))]
        if self.ids:
            ways.insert(0, (self.CHOSEN, _("The contacts that you chose")))
        self.fields["who"].choices = ways  # type: ignore[attr-defined]
        self.fields["who"].initial = ways[0][0]
        for name in ("groups", "without"):
            self.fields[name].choices = choices  # type: ignore[attr-defined]
            if not choices:
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """Want somebody to be named in the way that was chosen."""
        given = self.cleaned_data
        match given.get("who"):
            case self.GROUPS if not given.get("groups"):
                self.add_error("groups", _("Choose at least one group."))
            case self.MATCHING:
                self._want_a_filter()
            case self.ADDRESSES:
                self._contacts = self._found(given.get("addresses", ""))
        return given

    def _want_a_filter(self) -> None:
        """Refuse a filter that cannot be read as a whole: left out, it would let in whom nobody meant."""
        if not self.filters.is_valid():
            raise forms.ValidationError(_("This filter is not known any more. Choose it again."))
        if not any(self.filters.wanted()):
            raise forms.ValidationError(_("Choose at least one filter, or write what to search for."))

    def _found(self, text: str) -> list[str]:
        """Return the ids of the contacts with these addresses, all of which must be known."""
        wanted = {addresses.key(one): one for one in _SEPARATORS.split(text) if one}
        if not wanted:
            self.add_error("addresses", _("Write at least one address."))
        rows = Contact.objects.in_workspace(self._workspace).filter(email_key__in=list(wanted))
        known = {row.email_key: row.public_id for row in rows}
        unknown = [one for key, one in wanted.items() if key not in known]
        if unknown:
            message = _("No contact has this address: %(addresses)s")
            self.add_error("addresses", message % {"addresses": ", ".join(unknown[:MOST_NAMED])})
        return list(known.values())

    def asked(self) -> Asked:
        """Return who is meant, as `audience.add` takes it; call it on a valid form."""
        given = self.cleaned_data
        without = given.get("without", [])
        match given["who"]:
            case self.GROUPS:
                return {"group_ids": given["groups"], "without_group_ids": without}
            case self.MATCHING:
                query, filters = self.filters.wanted()
                return {"filters": filters, "query": query, "without_group_ids": without}
            case self.CHOSEN:
                return {"contact_ids": self.ids, "without_group_ids": without}
        return {"contact_ids": self._contacts, "without_group_ids": without}

    def kept(self) -> list[tuple[str, str]]:
        """Return all that was said, as names and values of hidden fields."""
        names = (*self.fields, *self.filters.fields, "chosen")
        return [(name, value) for name in names for value in self._given.getlist(name) if value]


class CampaignChoiceForm(forms.Form):
    """To which campaign contacts are added that were chosen elsewhere."""

    campaign = forms.ModelChoiceField(Campaign.objects.none(), label=_("Campaign"), empty_label=None)

    def __init__(self, *args: Any, workspace: Workspace, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["campaign"]
        assert isinstance(field, forms.ModelChoiceField), "it is declared above"
        field.queryset = Campaign.objects.in_workspace(workspace).filter(status__in=ENROLLING).order_by("-created_at")


class PeriodForm(forms.Form):
    """From when to when the numbers are shown, and in which steps."""

    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    interval = forms.ChoiceField(
        label=_("By"),
        required=False,
        choices=[("", _("What fits")), ("hour", _("Hour")), ("day", _("Day")), ("week", _("Week"))],
    )

    def period(self) -> dict[str, str | None]:
        """Return what `periods.parse` takes; call it on a valid form."""
        return {name: day.isoformat() if (day := self.cleaned_data[name]) else None for name in ("since", "until")}


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
    one_per_company = forms.BooleanField(
        label=_("One conversation per company"),
        required=False,
        help_text=_(
            "Once somebody replies, whoever else has an address at the same company gets no more mail of this "
            "campaign. Addresses at free mail providers belong to no company."
        ),
    )
    feeding = forms.ModelMultipleChoiceField(
        Group.objects.none(),
        label=_("Fed by groups"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "Whoever joins one of these dynamic groups while the campaign is active is added at once. "
            "Fed by a group, it does not complete by itself."
        ),
    )
    excluded = forms.ModelMultipleChoiceField(
        Group.objects.none(),
        label=_("Excluded groups"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Their members are not added, and who joins one later is taken out and gets no more mail."),
    )

    def __init__(
        self, *args: Any, workspace: Workspace, account: Account, linked: linked_groups.Linked, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        groups = Group.objects.in_workspace(workspace).order_by("name")
        feeds = Q(kind=GroupKind.DYNAMIC) | Q(pk__in=[group.pk for group in linked.feeding])
        for name, rows, chosen in (
            ("feeding", groups.filter(feeds), linked.feeding),
            ("excluded", groups, linked.excluded),
        ):
            self.fields[name].queryset = rows  # type: ignore[attr-defined]
            self.initial[name] = [group.pk for group in chosen]
            if not rows:
                del self.fields[name]
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
            "feeding": list(given.get("feeding", ())),
            "excluded": list(given.get("excluded", ())),
        }


class TrialForm(forms.Form):
    """To whom the mail that is shown goes as a test, alone or with all the others."""

    recipient = forms.EmailField(label=_("Send to"), max_length=254)
    scope = forms.ChoiceField(
        label=_("What"),
        choices=[("one", _("This email")), ("all", _("All emails of the sequence"))],
        widget=forms.RadioSelect,
    )
