"""What sandbox accounts keep about people; see `contacts.records`."""

from collections.abc import Iterator
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet

from contacts import records
from contacts.records import Person, Record, Shown, show
from fluenzr.mailboxes.models import SandboxMail, SandboxReply


def _mails(person: Person) -> "QuerySet[SandboxMail]":
    theirs = [Q(recipient__iexact=address) for address in person.addresses]
    return SandboxMail.objects.in_workspace(person.workspace).filter(reduce(or_, theirs, Q(pk__in=[])))


def _replies(person: Person) -> Iterator[SandboxReply]:
    """Find the raw replies that name an address of the person; a database cannot look into them, so this reads all."""
    wanted = [address.encode() for address in person.addresses]
    for row in SandboxReply.objects.in_workspace(person.workspace).iterator(chunk_size=100):
        raw = bytes(row.raw).lower()
        if any(address in raw for address in wanted):
            yield row


def _export(person: Person) -> Iterator[Shown]:
    for row in _mails(person).order_by("pk").iterator(chunk_size=100):
        yield show(row, "recipient", "subject", "received_at", raw=bytes(row.raw).decode(errors="replace"))
    for reply in _replies(person):
        yield show(reply, "received_at", raw=bytes(reply.raw).decode(errors="replace"))


def _erase(person: Person) -> None:
    _mails(person).delete()
    SandboxReply.objects.filter(pk__in=[row.pk for row in _replies(person)]).delete()


records.register(Record("sandboxMails", (SandboxMail, SandboxReply), _export, _erase))
