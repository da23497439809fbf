"""Whether a person may be written to: the only place that changes a contact's status.

Each function takes contacts of one workspace, does nothing to those who stand so already, and runs in one transaction
with its fact, so that whatever is queued for them is stopped by the same commit.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from contacts import addresses, facts, suppression
from contacts.enums import ContactStatus, SuppressionKind, SuppressionReason
from contacts.models import Contact, Suppression
from fluenzr.core import bus
from fluenzr.workspaces import audit


def unsubscribe(*, contacts: Iterable[Contact], source: str, now: datetime) -> int:
    """Note that these people want no more mail; return how many had not said so before."""
    return _stop(
        contacts, status=ContactStatus.UNSUBSCRIBED, reason=SuppressionReason.UNSUBSCRIBED, source=source, now=now
    )


def bounced(*, contacts: Iterable[Contact], source: str, now: datetime) -> int:
    """Note that mail to these people is returned for good; return how many are new."""
    return _stop(contacts, status=ContactStatus.BOUNCED, reason=SuppressionReason.BOUNCED, source=source, now=now)


def complained(*, contacts: Iterable[Contact], source: str, now: datetime) -> int:
    """Note that these people called a mail spam: unsubscribed too (contract A39). Returns how many are new."""
    return _stop(
        contacts, status=ContactStatus.UNSUBSCRIBED, reason=SuppressionReason.COMPLAINED, source=source, now=now
    )


def block(*, contacts: Iterable[Contact], source: str, now: datetime) -> int:
    """Bar these people by hand, whatever address they have; return how many are new."""
    people = list(contacts)
    with transaction.atomic():
        changed = _change(people, ContactStatus.BLOCKED, now)
        _audit(people, changed, action="contact.blocked", by=source, now=now)
        _publish_stopped(people, changed, ContactStatus.BLOCKED, "blocked", now)
    return len(changed)


def replied(*, contacts: Iterable[Contact], now: datetime) -> int:
    """Note a human reply: active people become `replied`, nobody else changes. Returns how many did.

    Campaigns are not told: a reply stops journeys by its own way, and bars no later campaign.
    """
    with transaction.atomic():
        active = Contact.objects.filter(pk__in=[contact.pk for contact in contacts], status=ContactStatus.ACTIVE)
        return active.update(status=ContactStatus.REPLIED, status_at=now, updated_at=now)


def restore(*, contacts: Iterable[Contact], by: str, now: datetime) -> int:
    """Let these people be written to again, for example after a new consent; return how many could not be before.

    Suppressions of their own addresses are lifted; one of a whole domain stays.
    """
    people = list(contacts)
    with transaction.atomic():
        changed = _change(people, ContactStatus.ACTIVE, now)
        hashes = [addresses.address_hash(contact.email) for contact in people if contact.email]
        if hashes:
            Suppression.objects.in_workspace(people[0].workspace_id).matching(hashes).delete()
        _audit(people, changed, action="contact.restored", by=by, now=now)
    return len(changed)


def object_to_tracking(*, contacts: Iterable[Contact], now: datetime) -> int:
    """Note that these people object to pixel and tracked links; return how many had not before."""
    people = list(contacts)
    with transaction.atomic():
        rows = Contact.objects.filter(pk__in=[contact.pk for contact in people], objected_at=None)
        changed = list(rows.select_for_update(no_key=True).values_list("pk", flat=True))
        Contact.objects.filter(pk__in=changed).update(objected_at=now, updated_at=now)
        for chunk in facts.chunks(changed):
            bus.publish(facts.TrackingObjected(workspace_id=people[0].workspace_id, contact_ids=chunk, at=now))
    return len(changed)


def _stop(contacts: Iterable[Contact], *, status: ContactStatus, reason: str, source: str, now: datetime) -> int:
    people = list(contacts)
    if not people:
        return 0
    with transaction.atomic():
        changed = _change(people, status, now)
        suppression.write(
            workspace=people[0].workspace,
            targets=[contact.email for contact in people if contact.email],
            kind=SuppressionKind.ADDRESS,
            reason=reason,
            source=source,
        )
        _publish_stopped(people, changed, status, reason, now)
    return len(changed)


def _change(people: Sequence[Contact], status: ContactStatus, now: datetime) -> list[uuid.UUID]:
    """Set the status of those who have another, under a lock on their rows, and return their keys."""
    rows = Contact.objects.filter(pk__in=[contact.pk for contact in people]).exclude(status=status)
    changed = list(rows.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
    Contact.objects.filter(pk__in=changed).update(status=status, status_at=now, updated_at=now)
    return changed


def _publish_stopped(
    people: Sequence[Contact], changed: Sequence[uuid.UUID], status: ContactStatus, reason: str, now: datetime
) -> None:
    for chunk in facts.chunks(changed):
        bus.publish(
            facts.ContactsStopped(
                workspace_id=people[0].workspace_id, contact_ids=chunk, status=status, reason=reason, at=now
            )
        )


def _audit(people: Sequence[Contact], changed: Sequence[uuid.UUID], *, action: str, by: str, now: datetime) -> None:
    for contact in people:
        if contact.pk in changed:
            audit.record(workspace=contact.workspace, by=by, action=action, obj=contact, now=now)
