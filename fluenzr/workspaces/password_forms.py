"""Forms of passwords: django-allauth's, with labels in our words."""

from typing import Any

from allauth.account import forms as account
from django.utils.translation import gettext_lazy as _

_LABELS = {
    "oldpassword": _("Password until now"),
    "password": _("Password"),
    "password1": _("New password"),
    "password2": _("New password again"),
}


class _Labelled:
    """Says what each field is above it, and nothing inside it."""

    fields: dict[str, Any]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, field in self.fields.items():
            field.label = _LABELS[name]
            field.widget.attrs.pop("placeholder", None)


class ChangePasswordForm(_Labelled, account.ChangePasswordForm):  # type: ignore[misc]
    """Another password."""


class SetPasswordForm(_Labelled, account.SetPasswordForm):  # type: ignore[misc]
    """The first password of somebody who had none."""


class ResetPasswordKeyForm(_Labelled, account.ResetPasswordKeyForm):  # type: ignore[misc]
    """A new password by the link of a mail."""


class ReauthenticateForm(_Labelled, account.ReauthenticateForm):  # type: ignore[misc]
    """The password once more."""
