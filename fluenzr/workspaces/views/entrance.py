"""Signing in, on django-allauth's views."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.views import LoginView
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpResponse

from fluenzr.workspaces.adapters import TOO_MANY


class SignInView(LoginView):  # type: ignore[misc]
    """Sign in; whoever guesses too often is told so with a 429."""

    def get_context_data(self, **values: Any) -> dict[str, Any]:
        """Say whether the page offers to sign up."""
        context: dict[str, Any] = super().get_context_data(**values)
        return context | {"is_open": get_adapter().is_open_for_signup(self.request)}

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show what is wrong."""
        response: HttpResponse = super().form_invalid(form)
        if form.has_error(NON_FIELD_ERRORS, TOO_MANY):
            response.status_code = 429
        return response
