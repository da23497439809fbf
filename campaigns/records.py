"""What campaigns keep about people; see `contacts.records`. What was sent stays in the numbers, without the person."""

from collections.abc import Iterator

from django.db.models import Q, QuerySet

from campaigns.models import Enrolment, Event, Message
from contacts import records
from contacts.records import Person, Record, Shown, show


def messages_of(person: Person) -> "QuerySet[Message]":
    """Return the mails to a person, also those to an address that they had before, or as another contact."""
    mails = Q(contact=person.contact) | Q(recipient_hash__in=person.hashes)
    return Message.objects.in_workspace(person.workspace).filter(mails)


def _events_of(person: Person) -> "QuerySet[Event]":
    theirs = Q(contact=person.contact) | Q(message__in=messages_of(person).values("pk"))
    return Event.objects.in_workspace(person.workspace).filter(theirs)


def _journeys(person: Person) -> Iterator[Shown]:
    for row in Enrolment.objects.filter(contact=person.contact).select_related("campaign").order_by("pk"):
        yield show(
            row,
            "status",
            "reason",
            "batch",
            "added_at",
            "finished_at",
            "emails_sent",
            "first_sent_at",
            "last_sent_at",
            "first_opened_at",
            "first_clicked_at",
            "replied_at",
            "bounced_at",
            "unsubscribed_at",
            campaign=row.campaign.name,
        )


def _messages(person: Person) -> Iterator[Shown]:
    for row in messages_of(person).select_related("campaign", "account").order_by("pk").iterator(chunk_size=500):
        yield show(
            row,
            "purpose",
            "state",
            "recipient",
            "subject",
            "message_id",
            "created_at",
            "sent_at",
            "first_opened_at",
            "open_count",
            "first_clicked_at",
            "click_count",
            "replied_at",
            "bounced_at",
            "unsubscribed_at",
            campaign=row.campaign.name if row.campaign else None,
            account=row.account.email,
            content=row.frozen or row.content,
        )


def _events(person: Person) -> Iterator[Shown]:
    for row in _events_of(person).order_by("pk").iterator(chunk_size=500):
        yield show(row, "type", "at", "is_bot", "link", "metadata")


def _forget_journeys(person: Person) -> None:
    Enrolment.objects.filter(contact=person.contact).update(contact=None, reason="")


def _forget_events(person: Person) -> None:
    _events_of(person).update(contact=None, metadata={})


def _forget_messages(person: Person) -> None:
    messages_of(person).update(contact=None, recipient="", frozen=None, content=None, links={}, smtp_text="")


records.register(Record("journeys", (Enrolment,), _journeys, _forget_journeys))
records.register(Record("messages", (Message,), _messages, _forget_messages))
# Forgotten before the mails, by which some of them are found.
records.register(Record("events", (Event,), _events, _forget_events))
