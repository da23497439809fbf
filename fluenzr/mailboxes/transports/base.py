"""What every transport promises to the outbox: at most once to the recipient, and a receipt for every parcel.

A transport is one module of this package: a subclass of `Transport`, registered under the provider that it serves.
"""

import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, TypeVar

from fluenzr.mailboxes.models import Account
from fluenzr.mailboxes.verdicts import Verdict


@dataclass(frozen=True)
class Parcel:
    """One mail ready to go: envelope addresses (a domain may be Unicode), and RFC 5322 bytes with CRLF line ends."""

    id: uuid.UUID
    sender: str
    recipient: str
    content: bytes
    message_id: str
    subject: str


class Outcome(StrEnum):
    """What became of a parcel."""

    ACCEPTED = "accepted"  # the server took it
    DEFERRED = "deferred"  # not now: a 4xx reply, or the connection was lost before the body was begun
    REFUSED = "refused"  # never: a 5xx reply, or an envelope that cannot be
    UNKNOWN = "unknown"  # its body was begun, and no answer came: it may have arrived
    UNOPENED = "unopened"  # `open` did not let it through: nothing was said about it


@dataclass(frozen=True)
class Receipt:
    """The answer for one parcel; `code` is the server's, None where it gave none. `verdict` belongs to REFUSED."""

    id: uuid.UUID
    outcome: Outcome
    code: int | None = None
    text: str = ""
    verdict: Verdict | None = None
    provider_message_id: str = ""


class TransportDown(Exception):
    """The account cannot send at all now. Of the parcels without a receipt no body was begun.

    `kind` is `connect`, `tls`, `auth` or `limit`; `permanent` says that trying again changes nothing until a person
    does something. `text` is what the server or the network said, in its words.
    """

    def __init__(self, kind: str, text: str, *, permanent: bool) -> None:
        super().__init__(f"{kind}: {text}")
        self.kind = kind
        self.text = text
        self.permanent = permanent


# Commits `sending` for those of the parcels that may still go, and returns their ids.
Open = Callable[[Sequence[uuid.UUID]], set[uuid.UUID]]
# Notes that the body of an opened parcel may be on the wire from now on.
Begun = Callable[[uuid.UUID], None]


class Transport(ABC):
    """The door of one account. Made for one sender; `close` when done. Never shared between threads."""

    # How many parcels one call of `deliver` may take.
    batch: ClassVar[int] = 1
    # Whether it is the door of an own relay or an ESP: it opens what its connections take next, not one at a time.
    in_bulk: ClassVar[bool] = False

    def __init__(self, account: Account) -> None:
        self.account = account

    @abstractmethod
    def deliver(self, parcels: Sequence[Parcel], open: Open, begun: Begun) -> Iterator[Receipt]:
        """Send the parcels and yield a receipt for each as soon as it is known.

        `open` is called at the last moment at which a parcel can still be held back; only what it returns is sent.
        An error that it raises passes through, and nothing was sent of what it was asked about. `begun` is called for
        each opened parcel right before the first byte of its body is written; without it the body must not be.

        Raises:
            TransportDown: what has no receipt yet was not begun, though it may have been opened.
        """

    @abstractmethod
    def probe(self) -> None:
        """Connect and sign in, and send nothing.

        Raises:
            TransportDown: it did not work; says at what.
        """

    @abstractmethod
    def close(self) -> None:
        """End the connection, if any; never fails."""


Kind = TypeVar("Kind", bound=type[Transport])
_kinds: dict[str, type[Transport]] = {}


def register(provider: str) -> Callable[[Kind], Kind]:
    """Make the decorated class the transport of a provider; a second one refuses to start."""

    def enter(kind: Kind) -> Kind:
        if provider in _kinds:
            raise ValueError(f"two transports for {provider}: {_kinds[provider].__name__} and {kind.__name__}")
        _kinds[provider] = kind
        return kind

    return enter


def of(account: Account) -> Transport:
    """Return a new transport for the account; KeyError when nothing serves its provider."""
    return _kinds[account.provider](account)


def providers() -> frozenset[str]:
    """Return the providers that accounts may have."""
    return frozenset(_kinds)


def bulk_providers() -> frozenset[str]:
    """Return the providers whose transports send in bulk."""
    return frozenset(provider for provider, kind in _kinds.items() if kind.in_bulk)
