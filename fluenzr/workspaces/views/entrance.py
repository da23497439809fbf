"""Signing in and up, on django-allauth's views."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.views import LoginView, SignupView
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpResponse

from fluenzr.core import problems
from fluenzr.core.errors import DomainError
from fluenzr.workspaces import invited
from fluenzr.workspaces.adapters import TOO_MANY
from fluenzr.workspaces.forms import JoinForm


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


class SignUpView(SignupView):  # type: ignore[misc]
    """Sign up with a first workspace, or to the workspace that one was invited to."""

    def get_form_class(self) -> type[Any]:
        """Ask the invited for themselves only."""
        found: type[Any] = JoinForm if invited.of(self.request) else super().get_form_class()
        return found

    def get_form_kwargs(self) -> dict[str, Any]:
        """Hand on the invitation."""
        options: dict[str, Any] = super().get_form_kwargs()
        invitation = invited.of(self.request)
        if invitation is not None:
            options |= {"token": invited.token_of(self.request), "email": invitation.email}
        return options

    def get_context_data(self, **values: Any) -> dict[str, Any]:
        """Say what the person is invited to."""
        context: dict[str, Any] = super().get_context_data(**values)
        return context | {"invitation": invited.of(self.request)}

    def form_valid(self, form: Any) -> HttpResponse:
        """Make the account; what the workspace refuses by now is said on the form."""
        try:
            response: HttpResponse = super().form_valid(form)
        except DomainError as error:
            problems.add_to(form, error)
            refused: HttpResponse = self.form_invalid(form)
            return refused
        invited.forget(self.request)
        return response
