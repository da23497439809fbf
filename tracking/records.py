"""What came back from people; see `contacts.records`."""

from collections.abc import Iterator
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet

from campaigns.records import messages_of
from contacts import records
from contacts.records import Person, Record, Shown, show
from fluenzr.core import blobs
from fluenzr.mailboxes.models import RawMail
from tracking.models import Conversation, InboundMail, RawHit


def _mails(person: Person) -> "QuerySet[InboundMail]":
    theirs = Q(contact=person.contact) | Q(answers__in=messages_of(person).values("pk"))
    senders = reduce(or_, [Q(sender__iexact=address) for address in person.addresses], theirs)
    return InboundMail.objects.in_workspace(person.workspace).filter(senders)


def _conversations(person: Person) -> "QuerySet[Conversation]":
    theirs = Q(contact=person.contact) | Q(mails__in=_mails(person).values("pk"))
    return Conversation.objects.in_workspace(person.workspace).filter(theirs).distinct()


def _hits(person: Person) -> "QuerySet[RawHit]":
    return RawHit.objects.filter(message__in=messages_of(person).values("pk"))


def _show_mails(person: Person) -> Iterator[Shown]:
    rows = _mails(person).select_related("conversation", "account").order_by("pk")
    for row in rows.iterator(chunk_size=200):
        status = row.conversation.status if row.conversation else None
        yield show(
            row,
            "kind",
            "sender",
            "subject",
            "text",
            "details",
            "received_at",
            account=row.account.email,
            conversation_status=status,
        )


def _show_hits(person: Person) -> Iterator[Shown]:
    for row in _hits(person).order_by("pk").iterator(chunk_size=500):
        yield show(row, "kind", "at", "ip", "user_agent", "headers")


def _forget_mails(person: Person) -> None:
    """Empty what came in and delete the threads.

    The rows of the mails stay, by their Message-ID alone: a mailbox that is read anew would else bring them back.
    """
    threads = list(_conversations(person).values_list("pk", flat=True))
    # The mails of the threads too, whoever wrote them: they quote the person.
    theirs = Q(pk__in=_mails(person).values("pk")) | Q(conversation__in=threads)
    mails = list(InboundMail.objects.filter(theirs).values_list("pk", "raw", "raw__blob"))
    empty = {"sender": "", "subject": "", "text": "", "preview": "", "details": {}}
    InboundMail.objects.filter(pk__in=[key for key, *_raw in mails]).update(
        **empty, contact=None, conversation=None, raw=None
    )
    RawMail.objects.filter(pk__in=[raw for _key, raw, _blob in mails if raw]).delete()
    blobs.drop([blob for _key, _raw, blob in mails if blob])
    Conversation.objects.filter(pk__in=threads).delete()


def _forget_hits(person: Person) -> None:
    _hits(person).delete()


records.register(Record("receivedMails", (Conversation, InboundMail, RawMail), _show_mails, _forget_mails))
records.register(Record("hits", (RawHit,), _show_hits, _forget_hits))
