"""Where the right to write to a person comes from (product.md section 8)."""

from dataclasses import dataclass
from datetime import datetime

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


def record(contact: Contact, *, basis: Basis, by: str, now: datetime) -> Consent:
    """Keep the basis as a row of its own, unless it is what counts already; return the row that counts.

    Raises:
        Invalid: the source is unknown, or the wording too long; the details name `consentSource` or `consentWording`.
    """
    wording = basis.wording.strip()
    if basis.source not in ConsentSource.values:
        words = ", ".join(ConsentSource.values)
        raise Invalid(_("Must be one of: %(words)s") % {"words": words}, field="consentSource")
    if len(wording) > MAX_WORDING:
        raise Invalid(_("Must have at most %(max)s characters") % {"max": MAX_WORDING}, field="consentWording")
    known = latest(contact)
    if known is not None and (known.source, known.wording) == (basis.source, wording):
        return known
    row: Consent = Consent.objects.create(
        workspace_id=contact.workspace_id, contact=contact, source=basis.source, wording=wording, by=by, given_at=now
    )
    return row
