"""Forms about consent, suppression and how long things are kept."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from contacts import blocklists
from contacts.consents import Basis
from contacts.enums import GIVEN_REASONS, ConsentSource, SuppressionKind, SuppressionReason
from fluenzr.core.errors import Invalid


class ConsentForm(forms.Form):
    """A new entry of the consent ledger."""

    consent_source = forms.ChoiceField(label=_("Consent from"), choices=[("", "---"), *ConsentSource.choices])
    consent_wording = forms.CharField(
        label=_("Words of the consent"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("What the person read or said when agreeing"),
    )
    notes = forms.CharField(label=_("Notes"), required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def basis(self) -> Basis:
        """Return what was said; call it on a valid form."""
        return Basis(self.cleaned_data["consent_source"], self.cleaned_data["consent_wording"])


class SuppressionFilters(forms.Form):
    """What the list of suppressions is narrowed to."""

    q = forms.CharField(label=_("Search"), required=False, widget=forms.SearchInput)
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("Any")), *SuppressionKind.choices])
    reason = forms.ChoiceField(label=_("Reason"), required=False, choices=[("", _("Any")), *SuppressionReason.choices])


class SuppressionForm(forms.Form):
    """Addresses and domains to bar, typed, pasted or as a file."""

    targets = forms.CharField(
        label=_("Addresses and domains"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text=_("One in each line, such as ann@example.org or example.org. A domain bars all that is under it."),
    )
    reason = forms.ChoiceField(label=_("Reason"), choices=GIVEN_REASONS, initial=SuppressionReason.BY_HAND)
    file = forms.FileField(
        label=_("Or a CSV file"), required=False, help_text=_("The first address or domain of each line counts")
    )

    field_order = ("targets", "file", "reason")

    def clean(self) -> dict[str, Any]:
        """Put what the file holds before what was typed: only the first line of all may be a heading."""
        values = super().clean() or {}
        upload = values.get("file")
        if upload is not None:
            try:
                # One byte more than may be: so much tells that it is too large.
                held = blocklists.decode(upload.read(blocklists.MAX_BYTES + 1))
            except Invalid as error:
                self.add_error("file", str(error))
            else:
                values["targets"] = f"{held}\n{values.get('targets', '')}".strip("\n")
        return values


def _days(label: Any, help_text: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, min_value=1, help_text=help_text)


class RetentionForm(forms.Form):
    """How long a workspace keeps what; blank keeps for ever. The domain checks the numbers."""

    hits_days = _days(
        _("Network addresses and programs, in days"),
        _("Of opens and clicks. That and when somebody opened or clicked stays in the numbers."),
    )
    contents_days = _days(
        _("Contents of mails, in days"),
        _("Of mails sent to and received from people whose sequences have ended. Blank: for ever."),
    )
    idle_days = _days(
        _("Contacts without activity, in days"),
        _("Nothing was sent to them, came from them or was changed since: they are deleted. Blank: never."),
    )
