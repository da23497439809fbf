"""Who waits for a mail, as light rows: of hundreds, the models alone would take as long as making their mails."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from campaigns.mail import freezing, published
from campaigns.models import Enrolment
from contacts.models import Contact
from fluenzr.core import among, bulk

# What decides whether and when a contact is written to; what their mail is made of comes to it.
_DECIDING = ("id", "email", "email_key", "status", "hold_until", "timezone", "country", "phone")


class Person(NamedTuple):
    """What is read of a person's journey to plan their mail. `contact` is a row of some columns, None where it is gone.

    The fields have the names of the models' columns.
    """

    id: UUID
    contact_id: UUID | None
    workspace_id: UUID
    campaign_id: UUID
    version_id: UUID | None
    node: str
    seed: int
    replied_at: datetime | None
    contact: Any = None

    def journey(self) -> Enrolment:
        """Return this as a model, with its contact."""
        journey = bulk.loaded(Enrolment, dict(zip(COLUMNS, self, strict=False)))
        journey.contact = bulk.loaded(Contact, self.contact._asdict()) if self.contact is not None else None
        return journey


# What is read of journeys, in this order.
COLUMNS = Person._fields[:-1]


def with_contacts(rows: Iterable[Sequence[Any]]) -> list[Person]:
    """Return rows of COLUMNS with their contacts.

    The journeys are locked: whoever objects to tracking, say, has said so before this reads, or finds the mail.
    """
    bare = [Person(*row) for row in rows]
    asked = among.keys("pk", (one.contact_id for one in bare if one.contact_id is not None))
    columns = sorted({*_DECIDING, *freezing.columns(_names(bare))})
    contacts = {one.id: one for one in Contact.objects.filter(asked).values_list(*columns, named=True)} if bare else {}
    return [Person(*one[:-1], contacts.get(one.contact_id)) for one in bare]


def _names(people: Iterable[Person]) -> frozenset[str]:
    """Return the variables that the mails of these people may need."""
    steps = {(one.version_id, one.node) for one in people if one.version_id is not None}
    moulds = [published.known(version, node) for version, node in steps]
    return frozenset[str]().union(*(mould.names for mould in moulds if mould is not None))
