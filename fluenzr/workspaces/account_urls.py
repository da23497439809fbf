"""The pages of django-allauth under our addresses. It looks them up by these names."""

from collections.abc import Callable
from typing import Any

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.usersessions import views as sessions
from django.urls import URLPattern, path, re_path
from django.views.decorators.http import require_POST

from fluenzr.workspaces.guards import in_shell
from fluenzr.workspaces.views.entrance import SignInView, SignUpView


def _managed(route: str, view: Callable[..., Any], name: str) -> URLPattern:
    """Return a page that stands in the layout of signed-in people, below the security settings."""
    return path(f"settings/security{route}", in_shell(view), name=name)


urlpatterns = [
    path("sign-in", SignInView.as_view(), name="account_login"),
    path("sign-in/code", mfa.authenticate, name="mfa_authenticate"),
    path("sign-in/passkey", webauthn.login_webauthn, name="mfa_login_webauthn"),
    path("sign-out", require_POST(account.logout), name="account_logout"),
    path("sign-up", SignUpView.as_view(), name="account_signup"),
    path("inactive", account.account_inactive, name="account_inactive"),
    path("confirm", account.reauthenticate, name="account_reauthenticate"),
    path("confirm/code", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("confirm/passkey", webauthn.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("confirm-email", account.email_verification_sent, name="account_email_verification_sent"),
    re_path(r"^confirm-email/(?P<key>[-:\w]+)$", account.confirm_email, name="account_confirm_email"),
    path("password", account.password_reset, name="account_reset_password"),
    path("password/sent", account.password_reset_done, name="account_reset_password_done"),
    path("password/changed", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    re_path(
        r"^password/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    _managed("", mfa.index, "mfa_index"),
    _managed("/password", account.password_change, "account_change_password"),
    _managed("/password/first", account.password_set, "account_set_password"),
    _managed("/email", account.email, "account_email"),
    _managed("/app/on", totp.activate_totp, "mfa_activate_totp"),
    _managed("/app/off", totp.deactivate_totp, "mfa_deactivate_totp"),
    _managed("/codes", codes.view_recovery_codes, "mfa_view_recovery_codes"),
    _managed("/codes/new", codes.generate_recovery_codes, "mfa_generate_recovery_codes"),
    _managed("/codes/file", codes.download_recovery_codes, "mfa_download_recovery_codes"),
    _managed("/passkeys", webauthn.list_webauthn, "mfa_list_webauthn"),
    _managed("/passkeys/new", webauthn.add_webauthn, "mfa_add_webauthn"),
    _managed("/passkeys/<int:pk>", webauthn.edit_webauthn, "mfa_edit_webauthn"),
    _managed("/passkeys/<int:pk>/remove", webauthn.remove_webauthn, "mfa_remove_webauthn"),
    _managed("/sessions", sessions.list_usersessions, "usersessions_list"),
]
