"""Words and tones that several pages of campaigns share."""

from campaigns.enums import CampaignStatus, EnrolmentStatus

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
