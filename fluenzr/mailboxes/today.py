"""How much of its day an account has used."""

from datetime import datetime

from fluenzr.core import clock
from fluenzr.mailboxes.models import Account


def taken(account: Account, *, now: datetime) -> int:
    """Return how many mails of today, in the account's zone, have a place: sent, or on their way."""
    is_today = account.count_date == clock.local_date(now, account.zone_name)
    return account.count_today if is_today else 0
