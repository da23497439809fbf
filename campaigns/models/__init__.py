"""What goes out: campaigns and workflows, people's journeys, messages, and what happened to them."""

from campaigns.models.addition import Addition
from campaigns.models.attachment import Attachment
from campaigns.models.campaign import Campaign, CampaignAccount, DayCount, Link, WorkflowDraft, WorkflowVersion
from campaigns.models.claim import Claim
from campaigns.models.enrolment import Enrolment
from campaigns.models.event import CampaignTotal, Event, Passage, Tally
from campaigns.models.linked_group import CampaignGroup
from campaigns.models.message import Message
from campaigns.models.snippet import Snippet

__all__ = [
    "Addition",
    "Attachment",
    "Campaign",
    "CampaignAccount",
    "CampaignGroup",
    "CampaignTotal",
    "Claim",
    "DayCount",
    "Enrolment",
    "Event",
    "Link",
    "Message",
    "Passage",
    "Snippet",
    "Tally",
    "WorkflowDraft",
    "WorkflowVersion",
]
