"""What campaigns do about facts from below. Subscribers only write rows, in the transaction of the fact."""

from campaigns import stopping
from campaigns.enums import EnrolmentStatus
from campaigns.models import CampaignAccount, Enrolment, Message
from contacts.enums import ContactStatus
from contacts.facts import ContactsDeleted, ContactsStopped, TrackingObjected
from fluenzr.core import bus
from fluenzr.mailboxes.facts import AccountsChanged

_STATUSES = {
    ContactStatus.UNSUBSCRIBED: EnrolmentStatus.UNSUBSCRIBED,
    ContactStatus.BOUNCED: EnrolmentStatus.BOUNCED,
    ContactStatus.BLOCKED: EnrolmentStatus.REMOVED,
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


@bus.subscribe(AccountsChanged)
def look_again(fact: AccountsChanged) -> None:
    """The caps or the state of accounts changed: their lanes find a new slot at the next tick."""
    CampaignAccount.objects.filter(account__in=fact.account_ids).update(next_slot_at=None, wait_reason="")
