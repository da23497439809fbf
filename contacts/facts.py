"""What other apps are told about contacts: always many at once, inside the transaction that made it true."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from contacts.enums import ContactStatus

# At most so many contacts in one fact, so that no subscriber builds an endless statement.
CHUNK = 1000


@dataclass(frozen=True)
class ContactsCreated:
    """People are known now."""

    workspace_id: uuid.UUID
    contact_ids: tuple[uuid.UUID, ...]
    at: datetime


@dataclass(frozen=True)
class ContactsUpdated:
    """Fields, tags, groups or the stage of people changed."""

    workspace_id: uuid.UUID
    contact_ids: tuple[uuid.UUID, ...]
    at: datetime


@dataclass(frozen=True)
class ContactsDeleted:
    """People are about to be deleted; their rows are still there."""

    workspace_id: uuid.UUID
    contact_ids: tuple[uuid.UUID, ...]
    at: datetime


@dataclass(frozen=True)
class ContactsStopped:
    """Nobody may write to these people any more, in any campaign. `reason` is a word such as `complained`."""

    workspace_id: uuid.UUID
    contact_ids: tuple[uuid.UUID, ...]
    status: ContactStatus
    reason: str
    at: datetime


@dataclass(frozen=True)
class TrackingObjected:
    """These people object to being tracked; mails not yet on their way must be made without."""

    workspace_id: uuid.UUID
    contact_ids: tuple[uuid.UUID, ...]
    at: datetime


@dataclass(frozen=True)
class GroupJoined:
    """People are in a group who were not before."""

    workspace_id: uuid.UUID
    group_id: uuid.UUID
    contact_ids: tuple[uuid.UUID, ...]
    at: datetime


@dataclass(frozen=True)
class HoldChanged:
    """No campaign may write to these people before `until`; None lifts the hold that lasted until `before`."""

    workspace_id: uuid.UUID
    contact_ids: tuple[uuid.UUID, ...]
    before: datetime | None
    until: datetime | None
    at: datetime


@dataclass(frozen=True)
class GroupFeedsNoMore:
    """A group is no longer dynamic, or was deleted."""

    workspace_id: uuid.UUID
    group_id: uuid.UUID
    at: datetime


def chunks(keys: Sequence[uuid.UUID]) -> Iterator[tuple[uuid.UUID, ...]]:
    """Cut keys into tuples of at most `CHUNK`."""
    for start in range(0, len(keys), CHUNK):
        yield tuple(keys[start : start + CHUNK])
