"""Asking for senders: one task for an account that has mail, never a task per mail."""

from datetime import datetime

from django.db.models import Q, QuerySet

from campaigns import scheduler
from campaigns.models import Campaign, Message
from fluenzr.core import jobs
from fluenzr.mailboxes.models import Account


def wanted(now: datetime) -> QuerySet[Account]:
    """Return the accounts that have mail to send now, and no sender."""
    due, in_bulk = Message.objects.to_claim(now), scheduler.bulk_lanes_due(now)
    free = Account.objects.usable().exclude(sender_until__gt=now).exclude(retry_at__gt=now)
    return free.filter(Q(pk__in=due.values("account")) | Q(pk__in=in_bulk.order_by().values("account")))


def ask(accounts: QuerySet[Account]) -> None:
    """Ask for a sender for each of these accounts, unless one is asked for already."""
    for account in accounts.values_list("pk", flat=True):
        jobs.kick(f"send:{account}", "campaigns.tasks.send_account", str(account), cluster="send")


def wake(campaign: Campaign, *, now: datetime) -> None:
    """Let the first mails of a campaign that runs from now on leave at once, instead of when the beat finds them."""
    ask(wanted(now).filter(lanes__campaign=campaign))
    jobs.kick("plan", "campaigns.tasks.plan")
