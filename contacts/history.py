"""What changed on contacts, by whom: rows for their timeline."""

from collections.abc import Iterable
from datetime import datetime

from contacts.drafts import Changes
from contacts.models import Contact, FieldChange

BATCH = 1000


def record(changed: Iterable[tuple[Contact, Changes]], *, by: str, now: datetime) -> None:
    """Keep one row for each field that changed; one query for each thousand."""
    FieldChange.objects.bulk_create(
        [
            FieldChange(
                workspace_id=contact.workspace_id,
                contact=contact,
                field=name.removeprefix("customFields."),
                old=old,
                new=new,
                by=by,
                at=now,
            )
            for contact, changes in changed
            for name, (old, new) in changes.items()
        ],
        batch_size=BATCH,
    )
