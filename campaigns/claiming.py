"""Who may send what: one sender an account, and a lease on the mails that it holds."""

import threading
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Exists, OuterRef, Q

from campaigns.enums import HELD, MessageState
from campaigns.models import Claim, Message
from fluenzr.core import bulk, clock
from fluenzr.mailboxes.models import Account

# How late a mail may be for its slot.
SLOT_LASTS = timedelta(minutes=15)


def take_account(account_id: UUID, *, owner: str) -> Account | None:
    """Become the one sender of an account, or return None when it has one or may not send now."""
    now = clock.database_now()
    free = Q(sender="") | Q(sender_until__lt=now)
    ready = Q(retry_at__isnull=True) | Q(retry_at__lte=now)
    rows = Account.objects.usable().filter(free, ready, pk=account_id)
    if not rows.update(sender=owner, sender_until=lease_end(now)):
        return None
    account: Account = Account.objects.select_related("workspace").get(pk=account_id)
    return account


def release_account(account_id: UUID, *, owner: str) -> None:
    """Let another sender take the account; a database that is away frees it by the lease."""
    with suppress(DatabaseError):
        Account.objects.filter(pk=account_id, sender=owner).update(sender="", sender_until=None)
        let_go(owner)


def claim(account: Account, *, owner: str, count: int, now: datetime) -> list[Message]:
    """Take up to `count` due messages of an account for this sender.

    The UPDATE repeats the condition: SQLite ignores row locks silently, so the WHERE alone must suffice.
    """
    with transaction.atomic():
        # An account that got into trouble sends nothing more, not even for the sender that holds it.
        usable = Account.objects.usable().filter(pk=account.pk)
        due = Message.objects.to_claim(now).filter(account__in=usable).order_by("not_before", "id")
        rows = list(
            due.select_related("campaign").select_for_update(no_key=True, skip_locked=True, of=("self",))[:count]
        )
        over = [row.pk for row in rows if _missed_its_slot(row, now)]
        if over:
            Message.objects.to_claim(now).filter(pk__in=over).update(has_slot=False, not_before=now)
        return _hold(account, [row for row in rows if row.pk not in over], owner, now)


def _hold(account: Account, rows: Sequence[Message], owner: str, now: datetime) -> list[Message]:
    if not rows:
        return []
    taken = Claim.objects.create(account=account, owner=owner, lease_until=lease_end(now))
    changes = {"state": MessageState.CLAIMED, "owner": owner, "claim_id": taken.pk}
    mine = bulk.update_where(
        Message,
        ("fence",),
        [(row.fence + 1, row.fence, row.pk) for row in rows],
        matching=("fence",),
        where={"state": MessageState.QUEUED, "has_slot": True},
        same=changes,
    )
    held = [row for row in rows if row.pk in mine]
    for row in held:
        row.fence += 1
        for name, value in changes.items():
            setattr(row, name, value)
    return held


def _missed_its_slot(message: Message, now: datetime) -> bool:
    """Whether a mail of a sequence is too late for its slot: the planner gives it another, inside hours and limits.

    What a person sends again, knowingly, goes at once.
    """
    if message.campaign is None or message.sent_at is not None:
        return False
    return now - message.not_before > SLOT_LASTS or not message.campaign.window().is_open(now)


def lease_end(now: datetime) -> datetime:
    """Return until when what is taken now is held, unless the lease is renewed."""
    return now + timedelta(seconds=settings.FLUENZR_LEASE_SECONDS)


def let_go(owner: str) -> None:
    """Drop those of the owner's claims that hold nothing any more."""
    held = Message.objects.filter(claim=OuterRef("pk"), state__in=HELD)
    Claim.objects.filter(~Exists(held), owner=owner).delete()


class Keeper:
    """Renews the leases of a sender while it works, also while it waits ten minutes for a server.

    `accounts` are those that it holds; who changes them meanwhile need not say so.
    """

    def __init__(self, accounts: Collection[UUID], owner: str) -> None:
        self._accounts, self._owner = accounts, owner
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._done.wait(settings.FLUENZR_LEASE_SECONDS / 4):
                with suppress(DatabaseError):
                    self._renew()
        finally:
            connection.close()

    def _renew(self) -> None:
        until = lease_end(clock.database_now())
        accounts = tuple(self._accounts)
        Account.objects.filter(pk__in=accounts, sender=self._owner).update(sender_until=until)
        let_go(self._owner)
        # Only of these: what an account left behind that ended in an error is recovery's.
        Claim.objects.filter(owner=self._owner, account__in=accounts).update(lease_until=until)
