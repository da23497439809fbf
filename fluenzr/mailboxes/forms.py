"""Forms of the pages of e-mail accounts. Passwords go in and are never shown."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fluenzr.core import clock
from fluenzr.mailboxes.drafts import Draft
from fluenzr.mailboxes.enums import Encryption, Provider
from fluenzr.mailboxes.models import Account
from fluenzr.mailboxes.presets import Preset

_SERVERS = ("smtp", "imap")
_DOOR = ("host", "port", "username", "password", "encryption")
# Where the domain's path of a value is not the name of the form's field.
PLACES = {f"{kind}.{name}": f"{kind}_{name}" for kind in _SERVERS for name in _DOOR} | {"sandboxPlay": "lively"}
_KEPT = _("Empty keeps the password that is there")


def _password(label: Any) -> forms.CharField:
    widget = forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"})
    return forms.CharField(label=label, required=False, strip=False, widget=widget)


class AccountForm(forms.Form):
    """What every account has."""

    provider: str
    email = forms.EmailField(label=_("Email"), widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    display_name = forms.CharField(
        label=_("Sender's name"), required=False, help_text=_("What recipients see as the sender")
    )
    daily_limit = forms.IntegerField(label=_("Mails a day, at most"), required=False, min_value=1)
    hourly_limit = forms.IntegerField(label=_("Mails an hour, at most"), required=False, min_value=1)
    min_gap_seconds = forms.IntegerField(
        label=_("Seconds between two mails, at least"), required=False, min_value=0, max_value=86_400
    )
    timezone = forms.ChoiceField(
        label=_("Time zone"), required=False, help_text=_("Its day begins at midnight there; empty is the workspace's")
    )
    signature = forms.CharField(label=_("Signature"), required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, account: Account | None = None, **options: Any) -> None:
        if account is not None:
            options["initial"] = self.values_of(account)
        super().__init__(*args, **options)
        self.is_new = account is None
        if self.is_new:
            self.fields["email"].widget.attrs["autofocus"] = True
        zones = [("", "---"), *((name, name) for name in sorted(clock.zone_names()))]
        self.fields["timezone"].choices = zones  # type: ignore[attr-defined]

    def values_of(self, account: Account) -> dict[str, Any]:
        """Return what the form of a known account begins with; no secret is among it."""
        return {name: getattr(account, name, None) for name in self.base_fields if not name.endswith("_password")}

    def draft(self) -> Draft:
        """Return what was typed; call it on a valid form."""
        values = self.cleaned_data
        draft: Draft = {
            "email": values["email"],
            "displayName": values["display_name"],
            "hourlyLimit": values["hourly_limit"],
            "minGapSeconds": values["min_gap_seconds"],
            "signature": values["signature"],
            "timezone": values["timezone"],
        }
        if self.is_new:
            draft["provider"] = self.provider
        # A new account without a limit gets its provider's.
        if values["daily_limit"] is not None or not self.is_new:
            draft["dailyLimit"] = values["daily_limit"]
        return draft


class SandboxForm(AccountForm):
    """An account that only plays: its mails stay on this machine."""

    provider = Provider.SANDBOX
    lively = forms.BooleanField(
        label=_("Recipients open, click and answer by themselves"), required=False, initial=False
    )
    field_order = ("email", "display_name", "lively")

    def values_of(self, account: Account) -> dict[str, Any]:
        """Return what the form of a known account begins with."""
        return super().values_of(account) | {"lively": account.sandbox_play == "lively"}

    def draft(self) -> Draft:
        """Return what was typed; call it on a valid form."""
        draft = super().draft()
        draft["sandboxPlay"] = "lively" if self.cleaned_data["lively"] else ""
        return draft


class SmtpForm(AccountForm):
    """A mailbox that sends by SMTP and may be read by IMAP."""

    provider = Provider.SMTP
    smtp_host = forms.CharField(label=_("SMTP server"))
    smtp_port = forms.IntegerField(label=_("SMTP port"), min_value=1, max_value=65_535, initial=587)
    smtp_encryption = forms.ChoiceField(label=_("SMTP encryption"), choices=Encryption.choices, initial=Encryption.TLS)
    smtp_username = forms.CharField(
        label=_("SMTP user"), required=False, help_text=_("Empty is the address of the account")
    )
    smtp_password = _password(_("SMTP password"))
    imap_host = forms.CharField(
        label=_("IMAP server"),
        required=False,
        help_text=_("With it replies and bounces are found; without it nothing is read"),
    )
    imap_port = forms.IntegerField(label=_("IMAP port"), required=False, min_value=1, max_value=65_535, initial=993)
    imap_encryption = forms.ChoiceField(label=_("IMAP encryption"), choices=Encryption.choices, initial=Encryption.SSL)
    imap_username = forms.CharField(label=_("IMAP user"), required=False, help_text=_("Empty is the one of SMTP"))
    imap_password = _password(_("IMAP password"))
    field_order = (
        "email",
        "display_name",
        *(f"smtp_{name}" for name in ("host", "port", "encryption", "username", "password")),
        *(f"imap_{name}" for name in ("host", "port", "encryption", "username", "password")),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not self.is_new:
            for kind in _SERVERS:
                self.fields[f"{kind}_password"].help_text = _KEPT
        else:
            self.fields["imap_password"].help_text = _("Empty is the one of SMTP")

    def draft(self) -> Draft:
        """Return what was typed; a password that was not typed stays as it is."""
        draft = super().draft()
        draft["smtp"] = self._door("smtp")
        draft["imap"] = self._door("imap") if self.cleaned_data["imap_host"] else None
        return draft

    def _door(self, kind: str) -> Any:
        values = {name: self.cleaned_data[f"{kind}_{name}"] for name in _DOOR}
        if not values["password"]:
            del values["password"]
        return values


class RelayForm(SmtpForm):
    """An own relay or an ESP: sends in bulk, as fast as it is let, and has no limits unless they are typed."""

    provider = Provider.RELAY

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["email"].label = _("Sender's address")
        self.fields["email"].help_text = _("The service must allow it: most ask you to verify the domain first")
        self.fields["smtp_username"].help_text = _("As the service gives it; without user and password none signs in")
        self.fields["daily_limit"].help_text = _("Empty is no limit")
        self.fields["imap_username"].help_text = _("Empty is the sender's address")
        if self.is_new:
            self.fields["imap_password"].help_text = ""
        self.fields["imap_host"].help_text = _(
            "Of the mailbox behind the sender's address, if there is one: replies and bounces are found there"
        )


def values_of_preset(preset: Preset) -> dict[str, Any]:
    """Return what the form of a new account begins with at a provider."""
    names = ("smtp_host", "smtp_port", "smtp_encryption", "imap_host", "imap_port", "imap_encryption", "daily_limit")
    return {name: getattr(preset, name) for name in names}
