"""What of django-allauth's behaviour is ours."""

from typing import ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

TOO_MANY = "too_many_login_attempts"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-up may be closed; a refusal never says whether an address has an account."""

    error_messages: ClassVar[dict[str, object]] = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("The address or the password is wrong."),
        "incorrect_password": _("The password is wrong."),
        "incorrect_code": _("The code is wrong, or too old."),
        TOO_MANY: _("Too many attempts. Wait five minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether anybody may sign up."""
        return bool(settings.SIGN_UP_OPEN)
