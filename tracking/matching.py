"""Whose a mail is: the message of ours that it answers or reports about.

A report acts only on a message whose own Message-ID it names, and only when it speaks of the address that this message
went to; a stranger cannot guess the one, and gains nothing by the other (reliability.md I6).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from campaigns.enums import MessageState
from campaigns.models import Message
from campaigns.models.message import MessageQuerySet
from contacts import addresses, companies
from fluenzr.mailboxes.models import Account
from tracking import phrases, reports
from tracking.classifying import Finding
from tracking.parsing import Parsed

# A report may name many ids; ours stands among the first.
MAX_IDS = 50
# What may come back: what left, and what may have left.
GONE = (MessageState.SENDING, MessageState.SENT, MessageState.UNCERTAIN)


@dataclass(frozen=True)
class Match:
    """A message of ours. `acts`: whether the mail may change anything, or is only shown."""

    message: Message
    acts: bool
    by: str


def of_report(parsed: Parsed, finding: Finding, account: Account) -> Match | None:
    """Return the message that a bounce, a complaint or a delivery notice is about, or None."""
    message = _first(reports.own_ids(parsed), account)
    if message is None:
        return None
    named = {addresses.key(address) for address in finding.recipients}
    named |= {addresses.key(address) for failure in finding.failures for address in failure.recipients}
    return Match(message, acts=not named or addresses.key(message.recipient) in named, by="message-id")


def of_answer(parsed: Parsed, account: Account) -> Match | None:
    """Return the message that a person's or a machine's reply answers, or None.

    By the thread first: from the address written to, or from another of the same company. Then by the address alone:
    the latest mail that this account sent to it.
    """
    # The nearest ancestor stands last in References (RFC 5322, section 3.6.4).
    message = _first([*parsed.in_reply_to, *reversed(parsed.references)], account)
    if message is not None:
        return Match(message, acts=_may_speak(parsed.sender, message.recipient), by="thread")
    if not parsed.sender:
        return None
    sent = _gone(account).filter(
        account=account, recipient_hash=addresses.address_hash(parsed.sender), contact__isnull=False
    )
    latest: Message | None = sent.order_by("-created_at", "-id").first()
    return None if latest is None else Match(latest, acts=True, by="address")


def wants_to_leave(parsed: Parsed, reply: str) -> bool:
    """Whether a reply says nothing but that, or comes by the mail address of `List-Unsubscribe`."""
    if len(reply) < 120 and phrases.LEAVE.fullmatch(reply.strip()):
        return True
    return bool(phrases.LEAVE_SUBJECT.match(parsed.subject))


def _gone(account: Account) -> MessageQuerySet:
    rows = Message.objects.in_workspace(account.workspace_id).filter(state__in=GONE)
    return rows.select_related("contact", "enrolment", "workspace", "campaign")


def _first(ids: Iterable[str], account: Account) -> Message | None:
    wanted = list(dict.fromkeys(ids))[:MAX_IDS]
    if not wanted:
        return None
    found = {row.message_id: row for row in _gone(account).filter(message_id__in=wanted)}
    return next((found[name] for name in wanted if name in found), None)


def _may_speak(sender: str, recipient: str) -> bool:
    company = companies.of(recipient)
    return addresses.key(sender) == addresses.key(recipient) or (company != "" and companies.of(sender) == company)
