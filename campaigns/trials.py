"""Test mails: what a sequence would say to one contact, sent to somebody who judges it.

They leave by the campaign's account at once, outside its sending hours too, but inside the limits of the account and
the plan. They belong to no journey and no campaign, so they are in no number and move nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns import drafts, explain, previews, scheduler, slots
from campaigns.enums import Purpose
from campaigns.mail.rendering import Preview
from campaigns.models import Campaign, CampaignAccount, Message
from contacts import addresses, suppression
from contacts.models import Contact
from fluenzr.core import clock, ids
from fluenzr.core.errors import Conflict, Invalid, RateLimited
from fluenzr.core.ids import uuid7
from fluenzr.mailboxes.enums import AccountStatus
from fluenzr.workspaces import audit
from fluenzr.workspaces.models import AuditEntry, Member

# So many test mails an hour may leave a workspace, so that nobody sends a campaign by them.
MOST_AN_HOUR = 50
HOUR = timedelta(hours=1)
# A test is for now: what the limits put off for longer is refused with the reason.
SOON = timedelta(minutes=15)
ACTION = "campaign.tested"
_ALWAYS = clock.Window("UTC", frozenset(range(7)), 0, clock.MINUTES_A_DAY)


@dataclass(frozen=True)
class Trial:
    """What was sent: the messages in their order, for whom they were written, and what was blank in them."""

    messages: Sequence[Message]
    contact: Contact
    recipient: str
    missing: Sequence[str]


def send(
    campaign: Campaign,
    *,
    nodes: Sequence[str],
    by: str,
    now: datetime,
    recipient: str = "",
    contact: Contact | None = None,
) -> Trial:
    """Send the mails of these nodes of the shown workflow, as a contact would get them, to an address.

    Without a contact it is the first of the campaign's previews; without an address, the campaign's own mailbox. Blank
    variables are left out. A suppressed address gets tests only when it is that of a member.

    Raises:
        Invalid: no such email, one that cannot be made yet, nobody to write as, or a wrong or suppressed address.
        Conflict: the account cannot send now, or its limits or the plan's put a mail off for longer than `SOON`.
        RateLimited: the workspace sent too many tests within the hour.
    """
    lane = CampaignAccount.objects.filter(campaign=campaign).order_by("position").select_related("account").first()
    if lane is None:
        raise Conflict(_("No email account sends for this campaign; choose one."))
    if not nodes:
        raise Invalid(_("Choose at least one email"), field="nodeId")
    address = _allowed(campaign, recipient or lane.account.email)
    person = contact or previews.people(campaign)[0]
    document = drafts.shown(campaign)
    mails = [
        previews.draft_mail(campaign, document=document, node=node, contact=person, now=now)
        for node in dict.fromkeys(nodes)
    ]
    with transaction.atomic():
        lane, state = scheduler.lock_lane(lane.pk)
        _require_able(lane)
        # The lock of the account is held, so of two calls at once the second counts what the first sent.
        _require_few(campaign, len(mails), now)
        messages = _queue(lane, state, mails, address, now)
        changes = {"to": address, "mails": len(mails)}
        audit.record(workspace=campaign.workspace, by=by, action=ACTION, obj=campaign, now=now, changes=changes)
    missing = dict.fromkeys(name for mail in mails for name in mail.missing)
    return Trial(messages, person, address, list(missing))


def _allowed(campaign: Campaign, recipient: str) -> str:
    """Return the address as mails are sent to it."""
    address = addresses.normalise(recipient)
    members = Member.objects.in_workspace(campaign.workspace_id).filter(user__email__iexact=address)
    if suppression.barred(campaign.workspace, [address]) and not members.exists():
        raise Invalid(_("This address is suppressed: nothing is sent to it"), field="email")
    return address


def _require_able(lane: CampaignAccount) -> None:
    account = lane.account
    if account.status != AccountStatus.CONNECTED:
        reason = explain.RULES[f"account_{account.status}"]
        raise Conflict(f"{reason} {account.status_reason}".strip() if account.status_reason else reason)


def _require_few(campaign: Campaign, count: int, now: datetime) -> None:
    rows = AuditEntry.objects.in_workspace(campaign.workspace_id).filter(action=ACTION, at__gt=now - HOUR)
    sent = list(rows.order_by("at").values_list("at", "changes"))
    if sum(changes["mails"] for _at, changes in sent) + count > MOST_AN_HOUR:
        text = gettext("A workspace may send %(most)d test mails an hour; wait a while") % {"most": MOST_AN_HOUR}
        ends = sent[0][0] + HOUR if sent else now + HOUR
        raise RateLimited(text, retry_after=max(1, int((ends - now).total_seconds())))


def _queue(
    lane: CampaignAccount, state: slots.Lane, mails: Sequence[Preview], recipient: str, now: datetime
) -> list[Message]:
    """Give each mail a slot of the account and put it into the queue."""
    state = replace(state, window=_ALWAYS, campaign_pace=slots.Pace(timedelta()))
    times, after = slots.take(state, now=now, until=now + SOON, count=len(mails))
    if len(times) < len(mails):
        raise Conflict(explain.RULES[slots.slot(after, now).reason])
    messages = [_message(lane, mail, recipient, at) for mail, at in zip(mails, times, strict=True)]
    Message.objects.bulk_create(messages)
    scheduler.charge_account(lane.account, after, times)
    return messages


def _message(lane: CampaignAccount, mail: Preview, recipient: str, at: datetime) -> Message:
    key = uuid7()
    return Message(
        id=key,
        workspace_id=lane.workspace_id,
        purpose=Purpose.TEST,
        account_id=lane.account_id,
        recipient=recipient,
        recipient_hash=addresses.address_hash(recipient),
        recipient_provider=recipient.rpartition("@")[2].lower()[:100],
        message_id=f"{ids.encode(key)}@{lane.account.domain}",
        not_before=at,
        content={
            "subject": mail.subject,
            "text": mail.text,
            "html": mail.html,
            "attachments": [one["id"] for one in mail.attachments],
        },
    )
