"""Mails that are born in the hands of their sender: made before they are written, and written once."""

from collections.abc import Sequence
from datetime import datetime
from itertools import repeat
from operator import itemgetter, ne
from typing import Any

from campaigns.mail import freezing, published, rendering
from campaigns.mail.freezing import Sources
from campaigns.mail.rendering import Frozen, Made, Unrenderable
from campaigns.models import CampaignAccount, Message
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
    "frozen_at",
    "links",
)
_read = itemgetter(*_COLUMNS)


def make(
    lane: CampaignAccount, messages: Sequence[Message], people: Sequence[Person], *, now: datetime
) -> list[tuple[Message, Made | Unrenderable]]:
    """Make the mails of these people, or say of each why it cannot be made.

    The lane's account, campaign and workspace are loaded. What can be made is frozen in its message. Only the first
    come back where the files of all would fill the memory.
    """
    if not messages:
        return []
    files = rendering.enclosures(messages)
    messages = next(rendering.portions(messages, files))
    made = rendering.make(messages, files, now=now, sources=_sources(lane, people))
    for message in messages:
        one = made[message.pk]
        if isinstance(one, Made):
            freeze(message, one.frozen, now=now)
    return [(message, made[message.pk]) for message in messages]


def _sources(lane: CampaignAccount, people: Sequence[Person]) -> Sources:
    """Return what the mails of these people are made of, most of which is at hand."""
    steps = {(row.version_id, row.node) for row in people}
    following = {(version, node) for version, node in steps if freezing.may_follow(published.known(version, node))}
    return Sources(
        contacts={row.contact.id: row.contact for row in people},
        accounts={lane.account_id: lane.account},
        campaigns={lane.campaign_id: lane.campaign},
        seeds={row.id: row.seed for row in people},
        fields=freezing.fields_of({lane.workspace_id}),
        before=freezing.before([row.id for row in people if (row.version_id, row.node) in following]),
    )


def freeze(message: Message, frozen: Frozen, *, now: datetime) -> None:
    """Note in a message what makes its mail again byte for byte; saving it is the caller's."""
    message.frozen, message.frozen_at, message.links = frozen.values, now, frozen.links
    message.in_reply_to, message.references = frozen.in_reply_to, frozen.references


def write(born: Sequence[tuple[Message, Made | Unrenderable]]) -> None:
    """Write new messages of one lane, which share their slot, their owner and their lease."""
    if not born:
        return
    # The columns are no plain attributes: of hundreds of rows their descriptors would take most of the time.
    rows = [_read(vars(message)) for message, _made in born]
    columns: dict[str, Sequence[Any]] = dict(zip(_COLUMNS, zip(*rows, strict=True), strict=True))
    columns["frozen"] = [made.frozen.written if isinstance(made, Made) else None for _message, made in born]
    # Keys always differ; what does not is sent once for all.
    names = [name for name, found in columns.items() if name == "id" or any(map(ne, found, repeat(found[0])))]
    bulk.insert_like(born[0][0], names, zip(*(columns[name] for name in names), strict=True))
