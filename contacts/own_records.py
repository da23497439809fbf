"""What contacts themselves keep about people; see `contacts.records`."""

from collections.abc import Iterator

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from contacts import records
from contacts.models import (
    Consent,
    Contact,
    FieldChange,
    Membership,
    Note,
    RejectedRow,
    StageMove,
    Suppression,
    Tagging,
    Task,
)
from contacts.records import Person, Record, Shown, show

_COLUMNS = (
    "email",
    "status",
    "status_at",
    "first_name",
    "last_name",
    "company",
    "job_title",
    "phone",
    "website",
    "country",
    "timezone",
    "language",
    "custom",
    "stage_at",
    "deal_value",
    "notes",
    "telegram_chat",
    "objected_at",
    "hold_until",
    "created_at",
    "updated_at",
)


def _contact(person: Person) -> Iterator[Shown]:
    contact = person.contact
    stage = contact.stage.name if contact.stage else None
    owner = contact.owner.email if contact.owner else None
    yield show(contact, *_COLUMNS, stage=stage, owner=owner)


def _memberships(person: Person) -> Iterator[Shown]:
    for row in Membership.objects.filter(contact=person.contact).select_related("group").order_by("pk"):
        yield show(row, "source", "added_at", group=row.group.name)


def _taggings(person: Person) -> Iterator[Shown]:
    for row in Tagging.objects.filter(contact=person.contact).select_related("tag").order_by("pk"):
        yield show(row, "source", "added_at", tag=row.tag.name)


def _moves(person: Person) -> Iterator[Shown]:
    rows = StageMove.objects.filter(contact=person.contact).select_related("from_stage", "to_stage").order_by("pk")
    for row in rows:
        came, went = row.from_stage and row.from_stage.name, row.to_stage and row.to_stage.name
        yield show(row, "by", "at", from_stage=came, to_stage=went)


def _changes(person: Person) -> Iterator[Shown]:
    for row in FieldChange.objects.filter(contact=person.contact).order_by("pk"):
        yield show(row, "field", "old", "new", "by", "at")


def _consents(person: Person) -> Iterator[Shown]:
    for row in Consent.objects.filter(contact=person.contact).order_by("pk"):
        yield show(row, "source", "wording", "notes", "by", "given_at")


def _notes(person: Person) -> Iterator[Shown]:
    for row in Note.objects.filter(contact=person.contact).order_by("pk"):
        yield show(row, "text", "by", "at")


def _tasks(person: Person) -> Iterator[Shown]:
    for row in Task.objects.filter(contact=person.contact).select_related("owner").order_by("pk"):
        yield show(row, "text", "due_date", "by", "created_at", "done_at", owner=row.owner.email if row.owner else None)


def _suppressions(person: Person) -> Iterator[Shown]:
    for row in Suppression.objects.in_workspace(person.workspace).matching(person.hashes).order_by("pk"):
        yield show(row, "kind", "target", "reason", "source", "created_at")


def _rejected(person: Person) -> "QuerySet[RejectedRow]":
    """Return rows of files that became no contact and that hold an address of the person."""
    rows = RejectedRow.objects.in_workspace(person.workspace).annotate(text=Cast("cells", TextField()))
    anywhere = Q(pk__in=[])
    for address in person.addresses:
        anywhere |= Q(text__icontains=address)
    found: QuerySet[RejectedRow] = rows.filter(anywhere).order_by("pk")
    return found


def _rejected_rows(person: Person) -> Iterator[Shown]:
    for row in _rejected(person):
        yield show(row, "line", "reason", "cells")


def _drop_rejected(person: Person) -> None:
    _rejected(person).delete()


records.register(Record("contact", (Contact,), _contact))
records.register(Record("groups", (Membership,), _memberships))
records.register(Record("tags", (Tagging,), _taggings))
records.register(Record("stageMoves", (StageMove,), _moves))
records.register(Record("fieldChanges", (FieldChange,), _changes))
records.register(Record("consents", (Consent,), _consents))
records.register(Record("writtenNotes", (Note,), _notes))
records.register(Record("tasks", (Task,), _tasks))
# Its target was blanked before: `records.erase` remembers the hashes first.
records.register(Record("suppressions", (Suppression,), _suppressions))
records.register(Record("rejectedRows", (RejectedRow,), _rejected_rows, _drop_rejected))
