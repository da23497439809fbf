"""What of django-allauth's behaviour is ours."""

from typing import ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from fluenzr.workspaces import invited

TOO_MANY = "too_many_login_attempts"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-up may be closed, save for whoever is invited; a refusal never says whether an address has an account."""

    error_messages: ClassVar[dict[str, object]] = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("The address or the password is wrong."),
        "incorrect_password": _("The password is wrong."),
        "incorrect_code": _("The code is wrong, or too old."),
        "account_inactive": _("This account is closed."),
        "cannot_remove_primary_email": _("This address stays: it is the one that you sign in with."),
        "duplicate_email": _("This address is yours already."),
        "email_taken": _("This address has an account already. Sign in instead."),
        "enter_current_password": _("Type the password that you have now."),
        "invalid_or_expired_key": _("The link was used already, or is too old."),
        "invalid_login": _("Signing in did not work. Try again."),
        "invalid_password_reset": _("The link was used already, or is too old."),
        "max_email_addresses": _("An account has at most %d addresses."),
        "unknown_email": _("No account uses this address."),
        "unverified_primary_email": _("Confirm the address first: open the link in the mail that was sent to it."),
        "same_as_current": _("This is what it is already."),
        "rate_limited": _("Too many requests. Wait a few minutes, then try again."),
        TOO_MANY: _("Too many attempts. Wait five minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether anybody may sign up, or this person alone by an invitation."""
        return bool(settings.SIGN_UP_OPEN) or invited.of(request) is not None


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """The words of second factors."""

    error_messages: ClassVar[dict[str, object]] = {
        **DefaultMFAAdapter.error_messages,
        "add_email_blocked": _("An account with a second factor takes no further address. Turn it off first."),
        "cannot_delete_authenticator": _("The second factor cannot be turned off."),
        "cannot_generate_recovery_codes": _("Recovery codes need a second factor. Set one up first."),
        "incorrect_code": _("The code is wrong, or too old."),
        "unverified_email": _("Confirm your address before you set up a second factor."),
    }
