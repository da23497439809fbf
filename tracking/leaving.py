"""What a recipient asks for by the links of a mail: no more mails, or no more tracking."""

import uuid
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from campaigns import outcomes
from campaigns.models import Message
from contacts import addresses, standing, suppression
from contacts.enums import SuppressionReason
from contacts.models import Contact

ONE_CLICK = "one_click"
PAGE = "page"
MAIL = "mail"
REPLY = "reply"
# By link while the database was down; the spool kept it.
LATER = "spool"


class Wish(StrEnum):
    """What may be asked for."""

    LEAVE = "leave"
    OBJECT = "object"


def act(wish: Wish, message_id: uuid.UUID, *, source: str, now: datetime) -> bool:
    """Do what the recipient of a message asked for; doing it again changes nothing.

    Works however old the mail is, and after its contact was deleted. Returns False when there is no such message.
    """
    message = Message.objects.select_related("workspace", "contact", "enrolment").filter(pk=message_id).first()
    if message is None:
        return False
    with transaction.atomic():
        if wish is Wish.LEAVE:
            outcomes.unsubscribed(message, at=now, now=now, metadata={"source": source})
            _bar_address(message, now=now)
        elif message.contact is not None:
            standing.object_to_tracking(contacts=[message.contact], now=now)
    return True


def _bar_address(message: Message, *, now: datetime) -> None:
    """Bar the address that the mail went to, where its contact is gone or has another address now."""
    address = message.recipient
    if not address or (message.contact is not None and message.contact.email_key == addresses.key(address)):
        return
    people = Contact.objects.in_workspace(message.workspace_id).filter(email_key=addresses.key(address))
    standing.unsubscribe(contacts=people.select_related("workspace"), source=message.public_id, now=now)
    suppression.suppress(
        workspace=message.workspace,
        targets=[address],
        reason=SuppressionReason.UNSUBSCRIBED,
        source=message.public_id,
        now=now,
    )
