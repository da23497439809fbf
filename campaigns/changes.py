"""What became of a campaign, told to those above on `core.bus` inside the transaction that made it true."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Change(StrEnum):
    """What became of a campaign."""

    CREATED = "created"
    STARTED = "started"
    PAUSED = "paused"
    RESUMED = "resumed"
    ARCHIVED = "archived"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class CampaignChanged:
    """A campaign was created or moved to another status."""

    workspace_id: UUID
    campaign_id: UUID
    change: Change
    at: datetime
