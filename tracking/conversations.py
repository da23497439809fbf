"""Threads with people, as the Inbox shows them."""

from django.db.models import QuerySet

from fluenzr.workspaces import access
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import Member, Workspace
from tracking.enums import ConversationStatus, MailClass
from tracking.models import Conversation, InboundMail


def for_mail(mail: InboundMail) -> Conversation | None:
    """Return the conversation that a mail belongs to, made or brought up to date by it; None for what is none.

    A person's mail opens one and makes it unread; a machine's answer only joins one that is there.
    """
    if mail.kind not in (MailClass.HUMAN, MailClass.AUTO_REPLY):
        return None
    conversation = _find(mail)
    if mail.kind == MailClass.AUTO_REPLY:
        return conversation
    if conversation is None:
        return _begin(mail)
    conversation.preview = mail.preview
    conversation.status = ConversationStatus.UNREAD
    conversation.last_at = max(conversation.last_at, mail.received_at)
    conversation.save(update_fields=["preview", "status", "last_at"])
    return conversation


def waiting(workspace: Workspace) -> QuerySet[Conversation]:
    """Return the threads with a reply that nobody has dealt with, newest first."""
    rows: QuerySet[Conversation] = Conversation.objects.in_workspace(workspace).filter(status=ConversationStatus.UNREAD)
    return rows.order_by("-last_at", "-pk")


def mark_read(conversation: Conversation, *, by: Member) -> None:
    """Note that somebody saw to a reply; what was dealt with already stays as it is.

    Raises:
        Forbidden: the role only sees.
    """
    access.require_role(by, Role.MEMBER)
    unread = Conversation.objects.filter(pk=conversation.pk, status=ConversationStatus.UNREAD)
    if unread.update(status=ConversationStatus.READ):
        conversation.status = ConversationStatus.READ


def _find(mail: InboundMail) -> Conversation | None:
    """Return the latest thread with this person in this mailbox, about the same journey if the mail names one."""
    threads = Conversation.objects.filter(account=mail.account_id, contact=mail.contact_id)
    if mail.contact_id is None:
        threads = threads.filter(mails__sender__iexact=mail.sender)
    if mail.answers is not None and mail.answers.enrolment_id is not None:
        threads = threads.filter(enrolment=mail.answers.enrolment_id)
    # The account's row is locked by the checkpoint, so nobody begins the same thread meanwhile.
    found: Conversation | None = threads.order_by("-last_at").first()
    return found


def _begin(mail: InboundMail) -> Conversation:
    answers = mail.answers
    conversation: Conversation = Conversation.objects.create(
        workspace_id=mail.workspace_id,
        account=mail.account,
        contact=mail.contact,
        campaign=answers.campaign if answers else None,
        enrolment=answers.enrolment if answers else None,
        subject=mail.subject,
        preview=mail.preview,
        last_at=mail.received_at,
    )
    return conversation
