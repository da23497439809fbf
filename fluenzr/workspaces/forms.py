"""Forms of accounts of people."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _


class SignInForm(AuthenticationForm):
    """Sign in by address, which is kept in lower case; one answer for an unknown address and a wrong password."""

    error_messages = {
        "invalid_login": _("The address or the password is wrong."),
        "inactive": _("The address or the password is wrong."),
    }

    def clean_username(self) -> Any:
        """Compare the address as it is kept."""
        return self.cleaned_data["username"].strip().lower()
