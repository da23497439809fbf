"""Taking an import back: the contacts that it made and that nobody touched since."""

import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef

from contacts import facts, people
from contacts.enums import IMPORT_MOVES, ImportStatus
from contacts.models import Consent, Contact, ContactQuerySet, Import, Membership, Tagging
from fluenzr.core import clock, states

# Which of these contacts something happened to; asked inside the transaction that deletes the others.
Question = Callable[[Sequence[uuid.UUID]], set[uuid.UUID]]
_questions: list[Question] = []
# By so much the clocks of two hosts may differ.
CLOCKS_DIFFER = timedelta(hours=1)


def ask_also(question: Question) -> Question:
    """Have another app say which contacts must stay. Once, at start."""
    if question not in _questions:
        _questions.append(question)
    return question


def work(origin: Import, *, is_over: Callable[[], bool], renew: Callable[[], None]) -> None:
    """Delete the untouched contacts in chunks until none is left or the time is over."""
    after = uuid.UUID(int=0)
    while not is_over():
        with transaction.atomic():
            renew()
            left = _untouched(origin).filter(pk__gt=after).order_by("pk")
            keys = list(left.values_list("pk", flat=True)[: facts.CHUNK])
            if keys:
                after = keys[-1]
                stay = {key for question in _questions for key in question(keys)}
                going = [key for key in keys if key not in stay]
                now = clock.database_now()
                gone = people.delete(workspace=origin.workspace, contact_ids=going, by=origin.by, now=now)
                Import.objects.filter(pk=origin.pk).update(undone_contacts=F("undone_contacts") + gone)
                continue
            states.move(origin, ImportStatus.UNDONE, IMPORT_MOVES)
            return


def _untouched(origin: Import) -> ContactQuerySet:
    """Return whom the import made and who carries nothing that came from elsewhere."""
    rows: ContactQuerySet = Contact.objects.in_workspace(origin.workspace_id).filter(
        origin=origin.pk, updated_at=F("created_at")
    )
    # The time they were made is indexed, their origin is not.
    rows = rows.filter(created_at__gte=origin.created_at - CLOCKS_DIFFER)
    of_contact = {"contact": OuterRef("pk")}
    return (
        rows.exclude(Exists(Membership.objects.filter(**of_contact).exclude(source=origin.public_id)))
        .exclude(Exists(Tagging.objects.filter(**of_contact).exclude(source=origin.public_id)))
        .exclude(Exists(Consent.objects.filter(**of_contact, given_at__gt=OuterRef("created_at"))))
    )
