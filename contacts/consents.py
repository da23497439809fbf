"""Where the right to write to a person comes from (product.md section 8)."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from contacts.enums import ConsentSource
from contacts.models import Consent, Contact
from fluenzr.core.errors import Invalid

MAX_WORDING = 10_000


@dataclass(frozen=True)
class Basis:
    """A source (a value of `ConsentSource`), and the words that were used, where they are known."""

    source: str
    wording: str = ""


def latest(contact: Contact) -> Consent | None:
    """Return what counts now for a contact, or None when nobody said."""
    found: Consent | None = Consent.objects.filter(contact=contact).order_by("-given_at", "-id").first()
    return found


def latest_of(keys: Sequence[uuid.UUID]) -> dict[uuid.UUID, Consent]:
    """Return what counts now for each of these contacts, but for those of whom nobody said: one query."""
    rows = Consent.objects.filter(contact__in=keys).order_by("given_at", "id")
    return {row.contact_id: row for row in rows.only("contact_id", "source", "wording", "given_at")}


def record(contact: Contact, *, basis: Basis, by: str, now: datetime) -> Consent:
    """Keep the basis as a row of its own, unless it is what counts already; return the row that counts.

    Raises:
        Invalid: the source is unknown, or the wording too long; the details name `consentSource` or `consentWording`.
    """
    known = latest(contact)
    if known is not None and (known.source, known.wording) == (basis.source, basis.wording.strip()):
        return known
    return add(contact, basis=basis, by=by, now=now)


def add(contact: Contact, *, basis: Basis, by: str, now: datetime, notes: str = "") -> Consent:
    """Keep the basis as a row of its own, also where it says again what counts already; raises as `record`."""
    wording = basis.wording.strip()
    if basis.source not in ConsentSource.values:
        words = ", ".join(ConsentSource.values)
        raise Invalid(_("Must be one of: %(words)s") % {"words": words}, field="consentSource")
    for field, text in (("consentWording", wording), ("notes", notes)):
        if len(text) > MAX_WORDING:
            raise Invalid(_("Must have at most %(max)s characters") % {"max": MAX_WORDING}, field=field)
    with transaction.atomic():
        # The lock keeps the contact there until the row is: the database does not check it, as imports write so many.
        Contact.objects.select_for_update(no_key=True).only("pk").get(pk=contact.pk)
        row: Consent = Consent.objects.create(
            workspace_id=contact.workspace_id,
            contact=contact,
            source=basis.source,
            wording=wording,
            notes=notes.strip(),
            by=by,
            given_at=now,
        )
    return row
