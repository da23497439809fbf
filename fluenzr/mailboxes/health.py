"""How an account does: failures to connect, refusals that mean the mailbox, and when it works again."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Q

from fluenzr.mailboxes.enums import AccountStatus
from fluenzr.mailboxes.models import Account

# Wrong passwords lock accounts: three tries, five minutes apart, then a person has to look (reliability.md S8).
LOGIN_TRIES = 3
LOGIN_WAIT = timedelta(minutes=5)
# A server that is away is tried again soon, then less often.
CONNECT_WAITS = tuple(timedelta(seconds=seconds) for seconds in (10, 30, 60, 120, 300, 600))


def down(account: Account, *, kind: str, text: str, now: datetime) -> None:
    """Note that the account could not send at all; it rests, and after three refused logins it is in error.

    `kind` is that of `TransportDown`. What it should have sent waits.
    """
    failures = account.login_failures + 1
    if kind == "auth" and failures >= LOGIN_TRIES:
        trouble(account.pk, reason=text, now=now)
        return
    wait = LOGIN_WAIT if kind == "auth" else CONNECT_WAITS[min(failures, len(CONNECT_WAITS)) - 1]
    rows = Account.objects.filter(pk=account.pk)
    rows.update(login_failures=F("login_failures") + 1, retry_at=now + wait, status_reason=text[:1000])


def trouble(account_id: UUID, *, reason: str, now: datetime) -> None:
    """Stop using an account until a person reconnects it: its password, its standing or its quota is at fault."""
    rows = Account.objects.filter(pk=account_id, status=AccountStatus.CONNECTED)
    rows.update(status=AccountStatus.ERROR, status_reason=reason[:1000], retry_at=None, updated_at=now)


def up(account: Account) -> None:
    """Note that the account works, so that an old failure does not count."""
    rows = Account.objects.filter(Q(login_failures__gt=0) | Q(retry_at__isnull=False), pk=account.pk)
    rows.update(login_failures=0, retry_at=None, status_reason="")


def note_sent(account_id: UUID, *, now: datetime) -> None:
    """Remember when the account last sent a mail."""
    Account.objects.filter(pk=account_id).update(last_sent_at=now)
