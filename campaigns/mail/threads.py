"""Whether a follow-up continues the conversation of the mails before it (semantics.md, section 9)."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from campaigns.mail.moulds import Mould
from campaigns.models import Message

# The first Message-ID names the thread; of the others the last ones are enough (RFC 5322, 3.6.4).
MAX_REFERENCES = 10
_REPLY = re.compile(r"(re|aw|sv|tr|antw)\s*:\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    """Where a mail stands. `subject` is what it says as rendered before; "" means that its own template says it."""

    subject: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()


_ALONE = Place()


def place(message: Message, mould: Mould, before: Sequence[Message], *, mould_of: Callable[[Message], Any]) -> Place:
    """Return the place of a mail behind those that this person got before, in the order sent.

    It goes on in the thread when it says so, or its subject is empty or unchanged; from the same mailbox, and when the
    mail before did not bounce. Else a new thread begins, with the old subject if it has none of its own.
    """
    if not before:
        return _ALONE
    parent = before[-1]
    if not (mould.same_thread or not mould.subject_source or _is_unchanged(mould, before, mould_of)):
        return Place()
    known = _bare(parent.subject)
    if parent.account_id != message.account_id or parent.bounced_at is not None or not known:
        return Place() if mould.subject_source else Place(subject=known)
    parent_id = parent.provider_message_id or parent.message_id
    chain = [*parent.references, parent_id]
    return Place(f"Re: {known}", parent_id, (*chain[:1], *chain[1:][-MAX_REFERENCES:]))


def _is_unchanged(mould: Mould, before: Sequence[Message], mould_of: Callable[[Message], Any]) -> bool:
    for message in reversed(before):
        earlier = mould_of(message)
        if earlier is None:
            return False
        if earlier.subject_source:
            return _bare(earlier.subject_source) == _bare(mould.subject_source)
    return False


def _bare(subject: str) -> str:
    """Return a subject without `Re:` at its beginning, however often it stands there."""
    while match := _REPLY.match(subject):
        subject = subject[match.end() :]
    return subject.strip()
