"""Why nothing leaves a campaign just now, in words: what the next of its people waits for."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.translation import gettext_lazy as _

from campaigns import explain
from campaigns.enums import CampaignStatus, EnrolmentStatus, Phase
from campaigns.models import Campaign, Enrolment
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
    """Return what the campaign waits for; its workspace is loaded. A fixed number of queries."""
    if campaign.status != CampaignStatus.ACTIVE:
        return Standing(None, campaign.status_reason or _AT_REST[campaign.status])
    rows = _next(campaign)
    if not rows:
        return Standing(None, _("Nobody is on the way. Add contacts, and the campaign goes on."))
    found = explain.explain_all(rows, now=now).values()
    first = min(found, key=lambda one: one.next_action_at or _FAR)
    return Standing(first.next_action_at, first.reason)


def _next(campaign: Campaign) -> list[Enrolment]:
    """Return the first of those who wait at a step, for a mail's slot, and for a mail on its way."""
    running = Enrolment.objects.filter(campaign=campaign, contact__isnull=False).running()
    rows = running.select_related("contact", "campaign", "workspace")
    found = [
        rows.filter(phase=phase, next_run_at__isnull=False).order_by("next_run_at").first()
        for phase in (Phase.STEP, Phase.MAIL)
    ]
    found.append(rows.filter(phase=Phase.IDLE, status=EnrolmentStatus.IN_PROGRESS).order_by("id").first())
    return [row for row in found if row is not None]
