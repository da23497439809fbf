"""Mails that are born in the hands of their sender: made before they are written, and written once."""

from collections.abc import Sequence
from datetime import datetime

from campaigns.mail import freezing, rendering
from campaigns.mail.rendering import Frozen, Made, Unrenderable
from campaigns.models import Message
from campaigns.waiting import Person
from fluenzr.core import bulk

_COLUMNS = (
    "id",
    "enrolment_id",
    "contact_id",
    "version_id",
    "node",
    "recipient",
    "recipient_hash",
    "recipient_provider",
    "local_minute",
    "message_id",
    "in_reply_to",
    "references",
    "frozen",
    "frozen_at",
    "links",
)


def make(
    messages: Sequence[Message], people: Sequence[Person], *, now: datetime
) -> list[tuple[Message, Made | Unrenderable]]:
    """Make the mails of these people, or say of each why it cannot be made.

    What can be made is frozen in its message. Only the first come back where the files of all would fill the memory.
    """
    if not messages:
        return []
    files = rendering.enclosures(messages)
    messages = next(rendering.portions(messages, files))
    contacts = {row.contact.id: row.contact for row in people}
    sources = freezing.load(messages, contacts=contacts, seeds={row.id: row.seed for row in people})
    made = rendering.make(messages, files, now=now, sources=sources)
    for message in messages:
        one = made[message.pk]
        if isinstance(one, Made):
            freeze(message, one.frozen, now=now)
    return [(message, made[message.pk]) for message in messages]


def freeze(message: Message, frozen: Frozen, *, now: datetime) -> None:
    """Note in a message what makes its mail again byte for byte; saving it is the caller's."""
    message.frozen, message.frozen_at, message.links = frozen.values, now, frozen.links
    message.in_reply_to, message.references = frozen.in_reply_to, frozen.references


def write(messages: Sequence[Message]) -> None:
    """Write new messages of one lane, which share their slot, their owner and their lease."""
    if not messages:
        return
    first = messages[0]
    differing = [name for name in _COLUMNS if any(getattr(one, name) != getattr(first, name) for one in messages)]
    # Keys always differ; what does not is sent once for all.
    columns = ["id", *(name for name in differing if name != "id")]
    bulk.insert_like(first, columns, ([getattr(message, name) for name in columns] for message in messages))
