"""What campaigns do about facts from below. Subscribers only write rows, in the transaction of the fact."""

import uuid
from collections.abc import Sequence

from django.utils.translation import gettext as _

from campaigns import feeding, linked_groups, stopping
from campaigns.enums import STOPPABLE, CampaignStatus, EnrolmentStatus, MessageState
from campaigns.models import CampaignAccount, Enrolment, Message
from contacts.enums import ContactStatus
from contacts.facts import (
    ContactsDeleted,
    ContactsStopped,
    GroupFeedsNoMore,
    GroupJoined,
    HoldChanged,
    TrackingObjected,
)
from contacts.importing import undoing
from fluenzr.core import bus
from fluenzr.core.errors import Conflict
from fluenzr.mailboxes import accounts
from fluenzr.mailboxes.facts import AccountsChanged
from fluenzr.mailboxes.models import Account

_STATUSES = {
    ContactStatus.UNSUBSCRIBED: EnrolmentStatus.UNSUBSCRIBED,
    ContactStatus.BOUNCED: EnrolmentStatus.BOUNCED,
    ContactStatus.BLOCKED: EnrolmentStatus.UNSUBSCRIBED,
}


@bus.subscribe(ContactsStopped)
def end_journeys(fact: ContactsStopped) -> None:
    """Nobody may write to these people any more: every running journey ends, every waiting mail is taken back."""
    status = _STATUSES[fact.status]
    stopping.stop_people(fact.contact_ids, status=status, reason=fact.reason, now=fact.at)
    waiting = Message.objects.filter(contact__in=fact.contact_ids)
    stopping.cancel(waiting, reason=fact.reason, now=fact.at)


@bus.subscribe(ContactsDeleted)
def forget(fact: ContactsDeleted) -> None:
    """People are about to be deleted: their journeys end; what was sent to them stays in the numbers."""
    stopping.stop_people(fact.contact_ids, status=EnrolmentStatus.REMOVED, reason="deleted", now=fact.at)
    # Their journeys leave the lists: a list shows whom it can name.
    Enrolment.objects.filter(contact__in=fact.contact_ids).update(status=EnrolmentStatus.REMOVED)


@bus.subscribe(TrackingObjected)
def make_anew(fact: TrackingObjected) -> None:
    """Mails not yet on the wire are made again, without pixel and tracked links."""
    stopping.render_anew(fact.contact_ids)


@bus.subscribe(HoldChanged)
def hold_or_wake(fact: HoldChanged) -> None:
    """A hold puts off what is queued; one that ends earlier than said lets its people go on now."""
    if fact.before is not None:
        stopping.wake(fact.contact_ids, held_until=fact.before, now=fact.at)
    if fact.until is not None:
        stopping.postpone(fact.contact_ids, until=fact.until)


@bus.subscribe(GroupJoined)
def take_out_and_in(fact: GroupJoined) -> None:
    """Who joins a group leaves the campaigns that exclude it, and is enrolled in those that it feeds."""
    linked_groups.exclude(fact.group_id, fact.contact_ids, now=fact.at)
    feeding.enrol(fact.group_id, fact.contact_ids, workspace_id=fact.workspace_id, now=fact.at)


@bus.subscribe(GroupFeedsNoMore)
def wait_no_longer(fact: GroupFeedsNoMore) -> None:
    """A campaign that only waited for this group is complete."""
    feeding.end(fact.group_id, now=fact.at)


@bus.subscribe(AccountsChanged)
def look_again(fact: AccountsChanged) -> None:
    """The caps or the state of accounts changed: their lanes find a new slot at the next tick."""
    CampaignAccount.objects.filter(account__in=fact.account_ids).update(next_slot_at=None, wait_reason="")


@undoing.ask_also
def have_been_written_to(contact_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Of the contacts that an undone import made, those stay who may have got a mail."""
    messages = Message.objects.filter(contact__in=contact_ids).exclude(
        state__in=(*STOPPABLE, MessageState.CANCELLED, MessageState.FAILED)
    )
    return set(messages.values_list("contact", flat=True))


@accounts.guard
def keep_senders(account: Account) -> None:
    """Refuse to remove an account that a running campaign sends from."""
    lanes = CampaignAccount.objects.filter(account=account, campaign__status=CampaignStatus.ACTIVE)
    name = lanes.values_list("campaign__name", flat=True).first()
    if name is not None:
        raise Conflict(_("The campaign “%(name)s” sends from this account; pause it first") % {"name": name})
