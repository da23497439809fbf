"""Words and tones that several pages of campaigns share."""

from django.utils.translation import gettext as _

from campaigns.enums import CAMPAIGN_SENTENCES, CampaignStatus, EnrolmentStatus
from campaigns.models import Campaign

_CAMPAIGN: dict[str, str] = {CampaignStatus.ACTIVE: "blue", CampaignStatus.PAUSED: "amber"}
_PERSON: dict[str, str] = {
    EnrolmentStatus.IN_PROGRESS: "blue",
    EnrolmentStatus.REPLIED: "green",
    EnrolmentStatus.BOUNCED: "red",
    EnrolmentStatus.ERROR: "red",
}


def campaign_tone(status: str) -> str:
    """Return the tone of the badge of a campaign."""
    return _CAMPAIGN.get(status, "")


def person_tone(status: str) -> str:
    """Return the tone of the badge of somebody in a campaign."""
    return _PERSON.get(status, "")


def why_fixed(campaign: Campaign) -> str:
    """Return why the reader may not change the workflow and the settings of a campaign, and what helps."""
    if campaign.is_editable:
        return _("Read only: your role here changes nothing.")
    if campaign.status == CampaignStatus.ACTIVE:
        return _("Read only while the campaign runs: pause it to change it.")
    return f"{CAMPAIGN_SENTENCES[campaign.status]} {_('Duplicate it to change the copy.')}"
