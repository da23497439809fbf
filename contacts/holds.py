"""A contact on hold: no campaign writes until a date, and all go on from there by themselves."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from contacts import facts, history
from contacts.models import Contact
from fluenzr.core import bus, clock
from fluenzr.core.errors import Invalid


def change(contact: Contact, *, until: datetime | None, by: str, now: datetime) -> None:
    """Let no campaign write to a contact before `until` (an instant), or lift the hold with None.

    Raises:
        Invalid: the hold would be over already; the details name `holdUntil`.
    """
    if until is not None and until <= now:
        raise Invalid(_("The hold must end later than now"), field="holdUntil")
    with transaction.atomic():
        row: Contact = Contact.objects.select_for_update(no_key=True).get(pk=contact.pk)
        before = row.hold_until
        if before == until:
            return
        row.hold_until = until
        row.save(update_fields=["hold_until", "updated_at"])
        history.record([(row, {"holdUntil": (_plain(before), _plain(until))})], by=by, now=now)
        bus.publish(
            facts.HoldChanged(workspace_id=row.workspace_id, contact_ids=(row.pk,), before=before, until=until, at=now)
        )
    contact.hold_until = until


def _plain(moment: datetime | None) -> str | None:
    return None if moment is None else clock.to_iso(moment)
