"""All that is known of one person, in every table: what an export shows and an erasure reaches.

Each app registers what it keeps about people. A test goes through all models and fails on one that points at a contact
or holds an address and that no entry covers.
"""

import re
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import models, transaction

from contacts import addresses, facts
from contacts.enums import SuppressionKind, SuppressionReason
from contacts.models import Contact, FieldChange, Suppression
from fluenzr.core import bus, clock
from fluenzr.core.ids import PublicIdMixin
from fluenzr.workspaces import audit
from fluenzr.workspaces.models import Workspace

Shown = dict[str, Any]
_UNDERSCORE = re.compile(r"_([a-z])")


@dataclass(frozen=True)
class Person:
    """Whom it is about: a contact, and every address that it has or had in the workspace, as keys and as hashes."""

    workspace: Workspace
    contact: Contact
    addresses: tuple[str, ...]

    @property
    def hashes(self) -> list[str]:
        """The keyed hashes of the addresses."""
        return [addresses.address_hash(address) for address in self.addresses]


@dataclass(frozen=True)
class Record:
    """What one part of the product keeps about people.

    `name` is its key in an export, `covers` are its tables. `export` gives the rows of a person. `erase` takes the
    person out of rows that stay, for example because they count; without it the rows go with the contact.
    """

    name: str
    covers: Sequence[type[models.Model]]
    export: Callable[[Person], Iterable[Shown]]
    erase: Callable[[Person], None] | None = None


_records: dict[str, Record] = {}


def register(record: Record) -> None:
    """Add what an app keeps about people; done when it starts."""
    if _records.setdefault(record.name, record) is not record:
        raise ValueError(f"there is a record {record.name!r} already")


def registered() -> list[Record]:
    """Return all records, in the order of the apps."""
    return list(_records.values())


def person_of(contact: Contact) -> Person:
    """Return the person behind a contact, with the addresses that it had before: one query."""
    changes = FieldChange.objects.filter(contact=contact, field="email").values_list("old", "new")
    known = {addresses.key(text) for pair in changes for text in (*pair, contact.email) if text}
    if contact.email:
        known.add(addresses.key(contact.email))
    return Person(contact.workspace, contact, tuple(sorted(known)))


def export(contact: Contact, *, by: str, now: datetime) -> Shown:
    """Return all that is known of a person as a JSON document; that it was asked for is written down."""
    person = person_of(contact)
    document: Shown = {"exportedAt": clock.to_iso(now), "workspace": contact.workspace.name}
    for record in registered():
        document[record.name] = list(record.export(person))
    audit.record(workspace=contact.workspace, by=by, action="contact.exported", obj=contact, now=now)
    return document


def erase(contact: Contact, *, by: str, now: datetime, is_barred: bool = True) -> None:
    """Delete a person and all that is known of them, for good; what was sent to them stays in the numbers.

    Keyed hashes of their addresses stay, which nobody can read and by which they are never written to again. Without
    `is_barred` (nobody asked for it, it was only long ago) they may become contacts anew.
    """
    with transaction.atomic():
        # The person first, as everybody who stops people does.
        locked: Contact = Contact.objects.select_related("workspace").select_for_update(of=("self",)).get(pk=contact.pk)
        person = person_of(locked)
        if is_barred:
            _remember_hashes(person)
        bus.publish(facts.ContactsDeleted(workspace_id=locked.workspace_id, contact_ids=(locked.pk,), at=now))
        # From the top down: what points at a mail is found by it.
        for record in reversed(registered()):
            if record.erase is not None:
                record.erase(person)
        audit.record(workspace=locked.workspace, by=by, action="contact.erased", obj=locked, now=now)
        Contact.objects.filter(pk=locked.pk).delete()


def show(row: models.Model, *names: str, **more: Any) -> Shown:
    """Return some columns of a row by their names in camelCase, as JSON values; its public id if it has one."""
    shown = {"id": row.public_id} if isinstance(row, PublicIdMixin) else {}
    values = {name: getattr(row, name) for name in names} | more
    return shown | {
        _UNDERSCORE.sub(lambda found: found[1].upper(), name): plain(value) for name, value in values.items()
    }


def plain(value: Any) -> Any:
    """Return a value as JSON holds it: times in UTC, amounts as text."""
    match value:
        case datetime():
            return clock.to_iso(value)
        case date() | Decimal() | uuid.UUID():
            return str(value)
        case timedelta():
            return int(value.total_seconds())
        case Mapping():
            return {str(key): plain(one) for key, one in value.items()}
        case list() | tuple():
            return [plain(one) for one in value]
        case _:
            return value


def _camel(name: str) -> str:
    return _UNDERSCORE.sub(lambda found: found[1].upper(), name)


def _remember_hashes(person: Person) -> None:
    """Bar the addresses for good, by hash alone; what barred them before keeps its reason."""
    rows = Suppression.objects.in_workspace(person.workspace)
    rows.matching(person.hashes).update(target="", source="")  # keeps the reason of before
    Suppression.objects.bulk_create(
        [
            Suppression(
                workspace=person.workspace,
                kind=SuppressionKind.ADDRESS,
                target_hash=digest,
                reason=SuppressionReason.ERASED,
            )
            for digest in person.hashes
        ],
        ignore_conflicts=True,
    )
