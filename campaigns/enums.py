"""States of what goes out, and the tables of allowed moves."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from fluenzr.core.errors import Text


class CampaignStatus(TextChoices):
    """Where a campaign stands. Each API face shows only its own five (contract A44)."""

    DRAFT = "draft", _("Draft")
    ACTIVE = "active", _("Active")
    PAUSED = "paused", _("Paused")
    COMPLETED = "completed", _("Completed")
    ARCHIVED = "archived", _("Archived")
    CANCELLED = "cancelled", _("Cancelled")


# What is said of a campaign in a sentence; the labels are for badges.
CAMPAIGN_SENTENCES: dict[str, Text] = {
    CampaignStatus.DRAFT: _("The campaign has not started yet."),
    CampaignStatus.ACTIVE: _("The campaign is active."),
    CampaignStatus.PAUSED: _("The campaign is paused."),
    CampaignStatus.COMPLETED: _("The campaign is completed."),
    CampaignStatus.ARCHIVED: _("The campaign is archived."),
    CampaignStatus.CANCELLED: _("The campaign was cancelled."),
}
CAMPAIGN_MOVES: dict[str, tuple[str, ...]] = {
    CampaignStatus.DRAFT: (CampaignStatus.ACTIVE, CampaignStatus.ARCHIVED, CampaignStatus.CANCELLED),
    CampaignStatus.ACTIVE: (CampaignStatus.PAUSED, CampaignStatus.COMPLETED, CampaignStatus.CANCELLED),
    CampaignStatus.PAUSED: (CampaignStatus.ACTIVE, CampaignStatus.CANCELLED),
    CampaignStatus.COMPLETED: (CampaignStatus.ACTIVE, CampaignStatus.ARCHIVED),
    CampaignStatus.ARCHIVED: (),
    CampaignStatus.CANCELLED: (),
}
EDITABLE = (CampaignStatus.DRAFT, CampaignStatus.PAUSED)
ENROLLING = (CampaignStatus.DRAFT, CampaignStatus.ACTIVE, CampaignStatus.PAUSED, CampaignStatus.COMPLETED)


class GroupRole(TextChoices):
    """What a group is to a campaign."""

    FEEDS = "feeds", _("Feeds")
    EXCLUDED = "excluded", _("Is excluded from")


class EnrolmentStatus(TextChoices):
    """Where a contact stands in a campaign (contract A39)."""

    PENDING = "pending", _("Added")
    IN_PROGRESS = "in_progress", _("In progress")
    COMPLETED = "completed", _("Completed")
    REPLIED = "replied", _("Replied")
    BOUNCED = "bounced", _("Bounced")
    UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")
    ERROR = "error", _("Error")
    REMOVED = "removed", _("Removed")


# The statuses of people that lists show; `removed` is ours alone (contract A39).
LISTED = tuple(status for status in EnrolmentStatus if status != EnrolmentStatus.REMOVED)
RUNNING = (EnrolmentStatus.PENDING, EnrolmentStatus.IN_PROGRESS)
# What a reply, an unsubscribe or a bounce may still change: those on their way, and those who came to the end (A41).
REVISABLE = (*RUNNING, EnrolmentStatus.COMPLETED)


class Did(TextChoices):
    """What somebody in a campaign did, or what became of the mails to them: the people behind each number."""

    SENT = "sent", _("Got a mail")
    DELIVERED = "delivered", _("Got a mail that did not bounce")
    OPENED = "opened", _("Opened")
    CLICKED = "clicked", _("Clicked")
    REPLIED = "replied", _("Replied")
    BOUNCED = "bounced", _("Bounced")
    UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")


class Phase(TextChoices):
    """What an enrolment's `next_run_at` is for."""

    IDLE = "", _("Nothing")
    STEP = "step", _("A step of the workflow")
    MAIL = "mail", _("A slot to send the mail of its node")


class Purpose(TextChoices):
    """Why a message leaves."""

    SEQUENCE = "sequence", _("Sequence")
    ANSWER = "answer", _("Answer")
    TEST = "test", _("Test")
    WARMING = "warming", _("Warming")
    NOTICE = "notice", _("Notice")


class MessageState(TextChoices):
    """How far a message is on its way (reliability.md section 3)."""

    QUEUED = "queued", _("Queued")
    CLAIMED = "claimed", _("Claimed")
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    UNCERTAIN = "uncertain", _("Uncertain")
    CANCELLED = "cancelled", _("Cancelled")


class Place(TextChoices):
    """Where messages are looked for by their campaign or account: their state, as coarse as indexes need it."""

    WAITING = "waiting"
    BACK = "back"


# A stop may still take these back; once `sending` is committed the body may be on the wire.
STOPPABLE = (MessageState.QUEUED, MessageState.CLAIMED)
# A sender has these in its hands.
HELD = (MessageState.CLAIMED, MessageState.SENDING)
# The mail reached, or may have reached, its recipient.
COUNTED = (MessageState.SENT, MessageState.UNCERTAIN)


class EventType(TextChoices):
    """One vocabulary for what happens to a message, whatever the channel."""

    SENT = "sent", _("Sent")
    DELIVERED = "delivered", _("Delivered")
    OPENED = "opened", _("Opened")
    CLICKED = "clicked", _("Clicked")
    REPLIED = "replied", _("Replied")
    AUTO_REPLIED = "auto_replied", _("Auto-reply")
    BOUNCED = "bounced", _("Bounced")
    UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")
    COMPLAINED = "complained", _("Complained")
    FAILED = "failed", _("Failed")
    UNCERTAIN = "uncertain", _("Uncertain")
    ADDED = "added", _("Added")
    REMOVED = "removed", _("Removed")
    COMPLETED = "completed", _("Completed")
    STOPPED = "stopped", _("Stopped")
