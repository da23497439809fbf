"""Leases: whoever takes up a row of work holds it until `lease_until`; if they die, it is free again then."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q


def until(now: datetime) -> datetime:
    """Return the end of a lease that is taken or renewed now."""
    return now + timedelta(seconds=settings.FLUENZR_LEASE_SECONDS)


def is_free(now: datetime) -> Q:
    """Return the condition on rows with a `lease_until` that nobody holds them."""
    return Q(lease_until=None) | Q(lease_until__lte=now)
