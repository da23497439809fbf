"""Asking for senders: one task for a relay or some mailboxes that have mail, never a task per mail."""

import math
from datetime import datetime

from django.db import connection
from django.db.models import Q, QuerySet

from campaigns import scheduler
from campaigns.models import Campaign, Message
from fluenzr.core import jobs
from fluenzr.mailboxes import transports
from fluenzr.mailboxes.enums import Provider
from fluenzr.mailboxes.models import Account

# How many mailboxes one task sends from at once, at most (see `fleet`): each has a thread.
TOGETHER = 16


def wanted(now: datetime) -> QuerySet[Account]:
    """Return the accounts that have mail to send now, and no sender."""
    due, in_bulk = Message.objects.to_claim(now), scheduler.bulk_lanes_due(now)
    free = Account.objects.usable().exclude(sender_until__gt=now).exclude(retry_at__gt=now)
    return free.filter(Q(pk__in=due.values("account")) | Q(pk__in=in_bulk.order_by().values("account")))


def of_mailboxes(accounts: QuerySet[Account]) -> QuerySet[Account]:
    """Return those of the accounts that may be sent from together, as their senders mostly wait for a server.

    A relay is a task's whole work, and a sandbox has no server. SQLite has one writer, and nothing to be shared.
    """
    if connection.vendor != "postgresql":
        return accounts.none()
    return accounts.exclude(provider__in={*transports.bulk_providers(), Provider.SANDBOX})


def ask(accounts: QuerySet[Account]) -> None:
    """Ask for a sender for each of these accounts, unless one is asked for already.

    Mailboxes share tasks, as few to each as there are workers here.
    """
    mailboxes = list(of_mailboxes(accounts).values_list("pk", flat=True))
    for account in accounts.exclude(pk__in=mailboxes).values_list("pk", flat=True):
        jobs.kick(f"send:{account}", "campaigns.tasks.send_account", str(account), cluster="send")
    size = min(TOGETHER, math.ceil(len(mailboxes) / jobs.workers("send")))
    for first in range(0, len(mailboxes), size or 1):
        keys = [str(key) for key in mailboxes[first : first + size]]
        jobs.kick_each("send", "campaigns.tasks.send_mailboxes", keys, cluster="send")


def wake(campaign: Campaign, *, now: datetime) -> None:
    """Let the first mails of a campaign that runs from now on leave at once, instead of when the beat finds them."""
    ask(wanted(now).filter(lanes__campaign=campaign))
    jobs.kick("plan", "campaigns.tasks.plan")
