"""What goes out: campaigns and workflows, people's journeys, messages, and what happened to them."""

from campaigns.models.campaign import Campaign, CampaignAccount, DayCount, Link, WorkflowDraft, WorkflowVersion
from campaigns.models.enrolment import Enrolment
from campaigns.models.event import CampaignTotal, Event, Passage, Tally
from campaigns.models.message import Message

__all__ = [
    "Campaign",
    "CampaignAccount",
    "CampaignTotal",
    "DayCount",
    "Enrolment",
    "Event",
    "Link",
    "Message",
    "Passage",
    "Tally",
    "WorkflowDraft",
    "WorkflowVersion",
]
