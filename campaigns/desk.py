"""What senders want of the database: to have mails made, opened and settled, by threads beside them or in turn."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError, connection
from django.db.models import Q

from campaigns.answers import Answers
from campaigns.enums import MessageState
from campaigns.models import Message
from campaigns.overlap import Aside
from campaigns.settling import Held
from fluenzr.core import bulk


class Desk:
    """The desk of one sender: it opens in the sender's own thread. Close it when done."""

    def __init__(self, *, owner: str, is_apart: bool) -> None:
        self.owner = owner
        self.maker, self.writer = Aside(is_apart=is_apart), Aside(is_apart=is_apart)
        self.answers = Answers(self.writer)

    def open(self, mails: Sequence[Held], *, now: datetime) -> set[UUID]:
        """Commit `sending` for those that nobody stopped, and return their keys; only they may be sent."""
        return commit_open(mails, owner=self.owner, now=now)

    def close(self) -> None:
        """Write down all that is known."""
        try:
            self.answers.settle()
        finally:
            self.maker.close()
            self.writer.close()


def commit_open(mails: Sequence[Held], *, owner: str, now: datetime) -> set[UUID]:
    """Commit `sending` in one statement for those of the claimed mails that nobody stopped; return their keys."""
    changes = {"state": MessageState.SENDING, "sending_at": now}
    where = {"owner": owner, "state": MessageState.CLAIMED}
    rows = [(held.fence, held.key) for held in sorted(mails, key=lambda held: held.key)]
    try:
        opened = bulk.update_where(Message, (), rows, matching=("fence",), where=where, same=changes)
    except DatabaseError:
        opened = _reread(mails, owner, now)
    for held in mails:
        if held.key in opened:
            held.message.sending_at = now
    return opened


def _reread(mails: Sequence[Held], owner: str, now: datetime) -> set[UUID]:
    """The answer to COMMIT was lost: go on only with what the row says, and with nothing if it cannot be read."""
    connection.close()
    fenced = Q()
    for held in mails:
        fenced |= Q(pk=held.key, fence=held.fence)
    rows = Message.objects.filter(fenced, owner=owner, state=MessageState.SENDING, sending_at=now)
    try:
        return set(rows.values_list("pk", flat=True))
    except DatabaseError:
        return set()
