"""Whoever gets a second factor, or loses one, stays signed in here only: an intruder's session ends with it.

A new password does the same by itself, since each session carries a hash of it.
"""

from typing import Any

from allauth.mfa.signals import authenticator_added, authenticator_removed
from allauth.usersessions.models import UserSession
from django.dispatch import receiver
from django.http import HttpRequest

from fluenzr.workspaces.models import User


@receiver([authenticator_added, authenticator_removed])
def end_others(request: HttpRequest, user: User, **facts: Any) -> None:
    """End all sessions of the person but the one that asks."""
    for session in UserSession.objects.filter(user=user).exclude(session_key=request.session.session_key):
        session.end()
