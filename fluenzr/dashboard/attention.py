"""What a person should look at, worst first."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.enums import CampaignStatus
from campaigns.models import Campaign, CampaignTotal
from fluenzr.mailboxes.enums import AccountStatus
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces.models import Workspace
from fluenzr.workspaces.usage import Use
from tracking import conversations
from tracking.models import Conversation

# How many of one kind are named; the lists hold the rest.
MOST = 5


@dataclass(frozen=True)
class Matter:
    """One thing to look at: what it is, why (may be blank), and the page it is about, by URL name and id."""

    tone: str
    name: str
    text: str
    reason: str = ""
    page: str = ""
    id: str = ""
    since: datetime | None = None


def matters(workspace: Workspace, *, accounts: Iterable[Account], uses: Iterable[Use]) -> list[Matter]:
    """Return what needs attention: accounts in error, mails in doubt, paused campaigns, limits. Two queries."""
    return [*_broken(accounts), *_doubts(workspace), *_paused(workspace), *_limits(uses)]


@dataclass(frozen=True)
class Replies:
    """People who wait for an answer: the newest threads, and how many there are in all."""

    newest: list[Conversation]
    total: int


def replies(workspace: Workspace) -> Replies:
    """Return the replies that nobody has dealt with. Two queries."""
    rows = conversations.waiting(workspace)
    return Replies(list(rows.select_related("contact", "campaign", "account")[:MOST]), rows.count())


def _broken(accounts: Iterable[Account]) -> Iterator[Matter]:
    for one in accounts:
        if one.status == AccountStatus.ERROR:
            text = _("cannot send: its campaigns wait")
            yield Matter("red", one.email, text, one.status_reason, "mailboxes:account", one.public_id)


def _doubts(workspace: Workspace) -> Iterator[Matter]:
    rows = CampaignTotal.objects.in_workspace(workspace).filter(uncertain__gt=0)
    for total in rows.select_related("campaign").order_by("-uncertain", "campaign")[:MOST]:
        text = ngettext(
            "%(count)s mail may or may not have arrived", "%(count)s mails may or may not have arrived", total.uncertain
        )
        reason = _("The server did not answer in time. They count as sent and are not sent again.")
        campaign = total.campaign
        words = text % {"count": total.uncertain}
        yield Matter("amber", campaign.name, words, reason, "campaigns:overview", campaign.public_id)


def _paused(workspace: Workspace) -> Iterator[Matter]:
    rows = Campaign.objects.in_workspace(workspace).filter(status=CampaignStatus.PAUSED)
    for one in rows.order_by("-paused_at", "-pk")[:MOST]:
        reason = one.status_reason
        yield Matter("amber", one.name, _("is paused"), reason, "campaigns:overview", one.public_id, one.paused_at)


def _limits(uses: Iterable[Use]) -> Iterator[Matter]:
    for use in uses:
        # One seat, one account: that some are used is what they are for.
        if use.is_near and (use.allowed or 0) > 1:
            text = _("%(used)s of %(allowed)s used") % {"used": use.used, "allowed": use.allowed}
            label = str(use.limit.label)
            yield Matter("amber", label[:1].upper() + label[1:], text, page="workspaces:plan")
