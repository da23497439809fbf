"""Takes a mail in: raw, parsed, classified, matched, and its consequences, in one transaction with the checkpoint.

Only what concerns our mails is kept. A mailbox also holds private mail of its owner: what matches nothing leaves no
trace but the checkpoint.
"""

import logging
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import DataError, IntegrityError, transaction
from django.db.models import Q

from campaigns import outcomes
from campaigns.enums import Purpose
from campaigns.models import Message
from contacts import addresses
from contacts.models import Contact
from fluenzr.core import blobs, signing
from fluenzr.mailboxes.inbox import Fetched
from fluenzr.mailboxes.models import Account, RawMail
from tracking import classifying, conversations, leaving, matching, parsing, quoting
from tracking.classifying import Finding
from tracking.enums import MailClass
from tracking.matching import Match
from tracking.models import InboundMail
from tracking.parsing import Parsed, Unreadable

log = logging.getLogger(__name__)

# What answers these moves no numbers and stops nobody.
_PRIVATE = (Purpose.TEST, Purpose.NOTICE, Purpose.WARMING)
# What a mail may provoke; that the database is away is not among it.
UNFORESEEN = (
    DataError,
    IntegrityError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
_TOKEN = re.compile(r"(?<![\w-])[\w-]{42}(?![\w-])", re.ASCII)


def take_in(account: Account, fetched: Fetched, *, uid_validity: int, now: datetime) -> MailClass | None:
    """Take one fetched mail in and return what it is; None when it was taken in before or leaves no trace.

    Whatever a mail holds, it never stops the next: what nobody foresaw goes to quarantine.

    Raises:
        OperationalError: the database does not answer; the mail is fetched again.
    """
    try:
        with transaction.atomic():
            if not advance(account, uid_validity=uid_validity, uid=fetched.uid):
                return None
            try:
                return _understand(account, fetched, uid_validity, now)
            except Unreadable as error:
                return _quarantine(account, fetched, uid_validity, str(error), now)
    except UNFORESEEN as error:
        log.exception("A mail of %s could not be taken in", account)
        reason = f"{type(error).__name__}: {error}"
    with transaction.atomic():
        if not advance(account, uid_validity=uid_validity, uid=fetched.uid):
            return None
        return _quarantine(account, fetched, uid_validity, parsing.clean(reason)[:500], now)


def advance(account: Account, *, uid_validity: int, uid: int) -> bool:
    """Move the checkpoint to this mail; False when another reader of the mailbox was here first."""
    behind = Q(uid_validity__isnull=True) | ~Q(uid_validity=uid_validity) | Q(last_uid__lt=uid)
    return bool(Account.objects.filter(behind, pk=account.pk).update(uid_validity=uid_validity, last_uid=uid))


def _understand(account: Account, fetched: Fetched, uid_validity: int, now: datetime) -> MailClass | None:
    parsed = parsing.parse(fetched.content)
    if _is_known(account, parsed):
        return None
    finding = classifying.classify(parsed, own_address=account.email)
    if finding.kind == MailClass.OWN:
        return None
    match = _match(parsed, finding, account)
    contact = match.message.contact if match else _contact(account, parsed, finding)
    if match is None and contact is None:
        return None
    raw = _keep(account, fetched, uid_validity, finding.kind, "" if match else "unmatched", now)
    mail = _record(account, fetched, raw, parsed, finding, match, contact)
    if match is not None and match.acts and match.message.purpose not in _PRIVATE:
        _act(mail, parsed, finding, match.message, now)
    return finding.kind


def _is_known(account: Account, parsed: Parsed) -> bool:
    """Whether this mail came before, under another number."""
    known = InboundMail.objects.filter(account=account, message_id=parsed.message_id)
    return bool(parsed.message_id) and known.exists()


def _match(parsed: Parsed, finding: Finding, account: Account) -> Match | None:
    if finding.kind in (MailClass.BOUNCE, MailClass.COMPLAINT) or not finding.acts:
        return matching.of_report(parsed, finding, account)
    return _by_token(parsed, account) or matching.of_answer(parsed, account)


def _by_token(parsed: Parsed, account: Account) -> Match | None:
    """Return the message whose unsubscribe token stands in the subject, as our `mailto:` address puts it there."""
    for word in _TOKEN.findall(parsed.subject):
        claim = signing.verify("leave", word)
        if claim is not None:
            rows = Message.objects.in_workspace(account.workspace_id).filter(pk=claim.message_id)
            message = rows.select_related("contact", "enrolment", "workspace", "campaign").first()
            return Match(message, acts=True, by="token") if message else None
    return None


def _contact(account: Account, parsed: Parsed, finding: Finding) -> Contact | None:
    """Return the contact who wrote although nothing was sent to them from here: a reply that nobody tracked."""
    if finding.kind != MailClass.HUMAN or not parsed.sender:
        return None
    people = Contact.objects.in_workspace(account.workspace_id)
    contact: Contact | None = people.filter(email_key=addresses.key(parsed.sender)).first()
    return contact


def _record(
    account: Account,
    fetched: Fetched,
    raw: RawMail,
    parsed: Parsed,
    finding: Finding,
    match: Match | None,
    contact: Contact | None,
) -> InboundMail:
    text = quoting.reply_of(parsed)
    mail = InboundMail(
        workspace_id=account.workspace_id,
        account=account,
        raw=raw,
        contact=contact,
        answers=match.message if match else None,
        kind=finding.kind,
        message_id=parsed.message_id[:998],
        sender=parsed.sender,
        subject=parsed.subject,
        text=parsed.text,
        preview=quoting.preview_of(text),
        details=_details(finding, match),
        received_at=fetched.received_at,
    )
    mail.conversation = conversations.for_mail(mail)
    mail.save(force_insert=True)
    return mail


def _details(finding: Finding, match: Match | None) -> dict[str, Any]:
    known = {
        "recognised_by": finding.reason,
        "matched_by": match.by if match else "",
        "ignored": bool(match) and not match.acts if match else False,
        "bounce": finding.bounce,
        "status": finding.status,
        "diagnostic": finding.diagnostic,
        "recipients": list(finding.recipients),
    }
    return {name: value for name, value in known.items() if value}


def _act(mail: InboundMail, parsed: Parsed, finding: Finding, message: Message, now: datetime) -> None:
    """Carry out what the mail means for the message, its person and their journeys."""
    at = min(mail.received_at, now)
    if finding.kind == MailClass.COMPLAINT:
        outcomes.complained(message, at=at, now=now, metadata={})
    elif finding.kind == MailClass.BOUNCE:
        metadata = {"status": finding.status, "reason": finding.diagnostic}
        outcomes.bounced(message, kind=finding.bounce, at=at, now=now, metadata=metadata)
    elif finding.kind == MailClass.AUTO_REPLY:
        _note_machine(finding, message, at, now)
    elif matching.wants_to_leave(parsed, mail.preview):
        leaving.act(leaving.Wish.LEAVE, message.pk, source=leaving.REPLY, now=now)
    else:
        outcomes.replied(message, at=at, now=now, metadata=_reply_metadata(mail))


def _note_machine(finding: Finding, message: Message, at: datetime, now: datetime) -> None:
    if finding.acts:
        outcomes.auto_replied(message, at=at, now=now, metadata={})
    elif finding.is_evidence:
        outcomes.arrived(message, now=now)


def _reply_metadata(mail: InboundMail) -> Mapping[str, Any]:
    conversation = mail.conversation
    return {
        "replyPreview": mail.preview[:200],
        "replySubject": mail.subject[:200],
        "conversationId": conversation.public_id if conversation else None,
    }


def _keep(account: Account, fetched: Fetched, uid_validity: int, outcome: str, reason: str, now: datetime) -> RawMail:
    raw: RawMail = RawMail.objects.create(
        workspace_id=account.workspace_id,
        account=account,
        uid_validity=uid_validity,
        uid=fetched.uid,
        blob=blobs.put(fetched.content),
        fetched_at=now,
        outcome=outcome,
        reason=reason,
    )
    return raw


def _quarantine(account: Account, fetched: Fetched, uid_validity: int, reason: str, now: datetime) -> MailClass:
    raw = _keep(account, fetched, uid_validity, MailClass.QUARANTINE, reason, now)
    InboundMail.objects.create(
        workspace_id=account.workspace_id,
        account=account,
        raw=raw,
        kind=MailClass.QUARANTINE,
        details={"reason": reason},
        received_at=fetched.received_at,
    )
    return MailClass.QUARANTINE
