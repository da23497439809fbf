"""Forms of people's accounts."""

from typing import Any, cast

from allauth.account.forms import LoginForm, SignupForm
from django import forms
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from fluenzr.core import clock
from fluenzr.workspaces import invitations, tenancy
from fluenzr.workspaces.enums import TrackingMode
from fluenzr.workspaces.models import User

WORKSPACE = _("Workspace")
WORKSPACE_HELP = _("The name of your company or team.")
TRACKING = _("Tracking of opens and clicks")
TRACKING_HELP = _("Minimal is suggested for recipients in France. It can be changed later in the settings.")


def zone_choices() -> list[tuple[str, str]]:
    """Return the time zones that a person may choose."""
    return [(name, name.replace("_", " ")) for name in sorted(clock.zone_names())]


class SignInForm(LoginForm):  # type: ignore[misc]
    """Sign in by address; one answer for an unknown address and a wrong password."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("login", "password"):
            self.fields[name].widget.attrs.pop("placeholder", None)
        self.fields["login"].widget.attrs |= {"autocomplete": "username webauthn", "autofocus": True}
        self.fields["remember"].label = _("Stay signed in on this device")


class WorkspaceForm(forms.Form):
    """What a new workspace needs."""

    workspace = forms.CharField(label=WORKSPACE, max_length=200, help_text=WORKSPACE_HELP)
    tracking_mode = forms.ChoiceField(
        label=TRACKING,
        choices=TrackingMode.choices,
        initial=TrackingMode.FULL,
        widget=forms.RadioSelect,
        help_text=TRACKING_HELP,
    )


class NewPersonForm(SignupForm):  # type: ignore[misc]
    """A person who makes an account. The browser fills in its time zone."""

    name = forms.CharField(
        label=_("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True})
    )
    timezone = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("email", "password1"):
            self.fields[name].widget.attrs.pop("placeholder", None)
        self.fields["password1"].help_text = _("At least 8 characters, and not a common word.")
        self.order_fields(("name", "email", "password1"))

    def clean_timezone(self) -> str:
        """Take no zone that we do not know; whoever has none starts in UTC."""
        zone = cast(str, self.cleaned_data["timezone"])
        return zone if zone in clock.zone_names() else "UTC"

    def save(self, request: HttpRequest) -> User:
        """Make the person and where they belong, or neither."""
        data = self.cleaned_data
        with transaction.atomic():
            user = cast(User, super().save(request))
            user.name, user.timezone = data["name"], data["timezone"]
            user.language = (translation.get_language() or settings.LANGUAGE_CODE).partition("-")[0]
            user.save(update_fields=["name", "timezone", "language"])
            self.settle(user)
        return user

    def settle(self, user: User) -> None:
        """Give a new person a place; to be said by each form."""
        raise NotImplementedError


class SignUpForm(NewPersonForm):
    """A person and their first workspace."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields |= WorkspaceForm().fields

    def settle(self, user: User) -> None:
        """Make the workspace."""
        data = self.cleaned_data
        tenancy.create_workspace(
            name=data["workspace"],
            owner=user,
            by=user.email,
            now=timezone.now(),
            timezone=data["timezone"],
            tracking_mode=data["tracking_mode"],
        )


class JoinForm(NewPersonForm):
    """A person who was invited; the address is that of the invitation."""

    def __init__(self, *args: Any, token: str, email: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.token = token
        self.fields["email"].initial = email
        self.fields["email"].disabled = True

    def settle(self, user: User) -> None:
        """Accept the invitation; raises as `invitations.accept`."""
        invitations.accept(self.token, user=user, now=timezone.now())


class ProfileForm(forms.ModelForm[User]):
    """How a person is called, and in which language and time zone they read the pages."""

    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    timezone = forms.ChoiceField(
        label=_("Time zone"), choices=zone_choices, help_text=_("Times on all pages are shown in it.")
    )

    class Meta:
        model = User
        fields = ("name", "language", "timezone")
