"""Mails of a campaign, frozen and made as the outbox does it, and read back by the standard library."""

import email
import email.policy
from email.message import EmailMessage
from typing import Any

from campaigns.mail import rendering
from campaigns.mail.rendering import Frozen, Unrenderable
from campaigns.models import Message
from fluenzr.workspaces.models import Workspace
from tests.builders import (
    NOW,
    make_account,
    make_campaign,
    make_contact,
    make_email_node,
    make_enrolment,
    make_message,
    make_workflow,
)


def freeze(message: Message) -> Message:
    """Prepare the mail of a message as the outbox does."""
    result = rendering.prepare([message], now=NOW)[message.pk]
    assert isinstance(result, Frozen), result
    message.frozen, message.links = result.values, result.links
    message.in_reply_to, message.references = result.in_reply_to, result.references
    message.save()
    return Message.objects.get(pk=message.pk)


def refusal(message: Message) -> str:
    result = rendering.prepare([message], now=NOW)[message.pk]
    assert isinstance(result, Unrenderable)
    return result.reason


def parse(raw: bytes) -> EmailMessage:
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    assert mail.defects == []
    return mail


def mail_of(message: Message) -> EmailMessage:
    return parse(rendering.compose([freeze(message)])[message.pk])


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def html_of(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def make_mail(
    workspace: Workspace, *, contact: dict[str, Any] | None = None, account: dict[str, Any] | None = None, **data: Any
) -> Message:
    """A queued mail of a one-step campaign to Ann Lee, with this data of its node."""
    person = make_contact(
        workspace, **({"email": "ann@lee.example", "first_name": "Ann", "last_name": "Lee"} | (contact or {}))
    )
    sender = make_account(workspace, **({"email": "jane@acme.example", "display_name": "Jane Doe"} | (account or {})))
    campaign = make_campaign(workspace, make_workflow(make_email_node(**data)), sender)
    assert campaign.version is not None
    rendering.publish_links(campaign.version)
    return make_message(make_enrolment(campaign, person))
