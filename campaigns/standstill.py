"""Why nothing leaves a campaign just now, in words: what the next of its people waits for."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.translation import gettext_lazy as _

from campaigns import explain
from campaigns.enums import CampaignStatus, Phase, Place
from campaigns.models import Campaign, CampaignAccount, Enrolment, Message
from fluenzr.core.errors import Text

_FAR = datetime.max.replace(tzinfo=UTC)
_AT_REST: dict[str, Text] = {
    CampaignStatus.DRAFT: _("The campaign is a draft. Start it, and its emails go out in its sending hours."),
    CampaignStatus.PAUSED: _("The campaign is paused. Nothing leaves until it is resumed."),
    CampaignStatus.COMPLETED: _("Everybody has come to the end. Add contacts, and the campaign goes on."),
    CampaignStatus.ARCHIVED: _("The campaign is archived. Nothing leaves any more."),
    CampaignStatus.CANCELLED: _("The campaign was cancelled. Nothing leaves any more."),
}


@dataclass(frozen=True)
class Standing:
    """What the campaign does next: when (UTC, None where it is not foreseeable), and the rule that holds it."""

    at: datetime | None
    text: Text


def of(campaign: Campaign, *, now: datetime) -> Standing:
    """Return what the campaign waits for; its workspace is loaded. A query an account, and a few more."""
    if campaign.status != CampaignStatus.ACTIVE:
        return Standing(None, campaign.status_reason or _AT_REST[campaign.status])
    rows = _next(campaign)
    if not rows:
        return Standing(None, _("Nobody is on the way. Add contacts, and the campaign goes on."))
    found = explain.explain_all(rows, now=now).values()
    first = min(found, key=lambda one: one.next_action_at or _FAR)
    return Standing(first.next_action_at, first.reason)


def _next(campaign: Campaign) -> list[Enrolment]:
    """Return the first of those who wait at a step, for a mail's slot, and for a mail on its way.

    Each question follows an index to its first row, so it costs the same however many people there are: those who
    wait for a slot are asked for account by account, and those with a mail on its way by the mail.
    """
    people = Enrolment.objects.filter(campaign=campaign, contact__isnull=False)
    # Keys alone: with joins, databases begin at the other tables and sort all the people.
    waiting = people.filter(next_run_at__isnull=False).order_by("next_run_at").values_list("pk", flat=True)
    accounts = [None, *CampaignAccount.objects.filter(campaign=campaign).values_list("account", flat=True)]
    keys = [waiting.filter(phase=Phase.STEP).first()]
    keys += [waiting.filter(phase=Phase.MAIL, account=account).first() for account in accounts]
    mails = Message.objects.filter(campaign=campaign, enrolment__phase=Phase.IDLE)
    for on_their_way in (mails.held(), mails.filter(place=Place.WAITING)):
        keys.extend(on_their_way.values_list("enrolment", flat=True)[:1])
    rows = people.filter(pk__in=[key for key in keys if key])
    return list(rows.select_related("contact", "campaign", "workspace"))
