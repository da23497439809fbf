"""Forms of the settings of a workspace."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from fluenzr.workspaces.enums import Role, Scope, TrackingMode
from fluenzr.workspaces.forms import zone_choices

TRACKING = {
    TrackingMode.FULL: _("Full: each open and click is kept with its time, program and network address"),
    TrackingMode.MINIMAL: _("Minimal: only the day of a person's first open is kept, and no address"),
    TrackingMode.OFF: _("Off: mails carry no pixel and their links are not rewritten"),
}


class SettingsForm(forms.Form):
    """What a workspace says about itself; `workspace_settings.change` decides about the values."""

    name = forms.CharField(label=_("Name"), max_length=200)
    postal_address = forms.CharField(
        label=_("Postal address"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Stands below each mail, as the law of many countries asks of commercial mail."),
    )
    timezone = forms.ChoiceField(
        label=_("Time zone"),
        choices=zone_choices,
        help_text=_("New campaigns send in it, and the plan's day ends in it."),
    )
    language = forms.ChoiceField(
        label=_("Language"), choices=settings.LANGUAGES, help_text=_("Of the words that FluenzR adds to your mails.")
    )
    tracking_mode = forms.ChoiceField(
        label=_("Tracking of opens and clicks"), choices=list(TRACKING.items()), widget=forms.RadioSelect
    )
    default_signature = forms.CharField(
        label=_("Default signature"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("For email accounts that have no signature of their own."),
    )


class KeyForm(forms.Form):
    """A new API key."""

    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("What uses the key, such as Zapier."))
    scope = forms.ChoiceField(label=_("Scope"), choices=Scope.choices)


class InvitationForm(forms.Form):
    """Whom to invite, and as what. Roles that the inviter may not give are not offered."""

    email = forms.EmailField(label=_("Email"))
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.MEMBER)
