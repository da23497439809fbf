"""Reads the mailboxes that are due, each by itself: what is wrong with one is written on it and holds up no other."""

import logging
import time
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from fluenzr.core import jobs
from fluenzr.core.crypto import Unsealable
from fluenzr.mailboxes import inbox
from fluenzr.mailboxes.enums import AccountStatus, Provider
from fluenzr.mailboxes.inbox import MailboxDown, Visit
from fluenzr.mailboxes.models import Account, AccountQuerySet
from tracking import inbound

log = logging.getLogger(__name__)

# A refused password is not tried often: servers lock accounts out.
_RETRY = {"auth": timedelta(minutes=15)}
_RETRY_ELSE = timedelta(minutes=5)
# A visit ends after this long; the worker has other mailboxes to read.
SECONDS_A_VISIT = 60


def _due(now: datetime) -> AccountQuerySet:
    """Return the mailboxes to read now; one that was never read is due at once.

    Also of accounts that cannot send: whoever answered must be known before they send again.
    """
    readable = Account.objects.exclude(status=AccountStatus.DISABLED)
    due = readable.filter(Q(next_poll_at__lte=now) | Q(next_poll_at__isnull=True))
    return due.filter(Q(provider=Provider.SANDBOX) | ~Q(imap_host=""))


def is_due(now: datetime) -> bool:
    """Whether any mailbox is due to be read."""
    return _due(now).exists()


def ask_all(*, now: datetime) -> int:
    """Ask for a visit of each mailbox that is due, one task each; return how many."""
    asked = 0
    for account_id in list(_due(now).values_list("pk", flat=True)):
        # Moving the due time first takes the turn: of two who ask at once, one asks.
        turn = _due(now).filter(pk=account_id)
        if turn.update(next_poll_at=now + timedelta(seconds=settings.FLUENZR_POLL_SECONDS)):
            jobs.kick(f"poll:{account_id}", "tracking.tasks.poll_account", str(account_id), cluster="io", now=now)
            asked += 1
    return asked


def visit(account_id: uuid.UUID, *, now: datetime) -> int:
    """Read what is new in one mailbox; return how many mails were fetched.

    A mailbox that cannot be read says so on its account and is tried again later.
    """
    account: Account | None = Account.objects.select_related("workspace").filter(pk=account_id).first()
    if account is None:
        return 0
    try:
        with inbox.visit(account) as opened:
            fetched, is_finished = _read(account, opened, now)
        _finish(account, opened, is_finished=is_finished, now=now)
    except MailboxDown as error:
        log.warning("The mailbox %s cannot be read: %s", account, error)
        _postpone(account, str(error), _RETRY.get(error.kind, _RETRY_ELSE), now)
        return 0
    except Unsealable:
        _postpone(account, "its password cannot be opened with the keys of this installation", _RETRY_ELSE, now)
        return 0
    return fetched


def _read(account: Account, opened: Visit, now: datetime) -> tuple[int, bool]:
    end = time.monotonic() + SECONDS_A_VISIT
    fetched = 0
    for mail in opened.mails:
        inbound.take_in(account, mail, uid_validity=opened.uid_validity, now=now)
        fetched += 1
        if time.monotonic() > end or jobs.stopping():
            return fetched, False
    return fetched, True


def _finish(account: Account, opened: Visit, *, is_finished: bool, now: datetime) -> None:
    if is_finished:
        # What was skipped has been seen too: mails of before the account was connected.
        inbound.advance(account, uid_validity=opened.uid_validity, uid=opened.up_to)
    changes: dict[str, datetime] = {} if is_finished and not opened.has_more else {"next_poll_at": now}
    Account.objects.filter(pk=account.pk).update(last_polled_at=now, poll_error="", **changes)


def _postpone(account: Account, error: str, wait: timedelta, now: datetime) -> None:
    Account.objects.filter(pk=account.pk).update(poll_error=error[:1000], next_poll_at=now + wait)
