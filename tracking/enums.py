"""Choices of what comes back."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class HitKind(TextChoices):
    """What a request to a tracking address was."""

    OPEN = "open", _("Open")
    CLICK = "click", _("Click")


class MailClass(TextChoices):
    """What a mail that came in is; looked for in this order (reliability.md I3)."""

    COMPLAINT = "complaint", _("Complaint")
    BOUNCE = "bounce", _("Bounce")
    AUTO_REPLY = "auto_reply", _("Auto-reply")
    HUMAN = "human", _("Human")
    OWN = "own", _("Our own")
    QUARANTINE = "quarantine", _("Quarantine")


class ConversationStatus(TextChoices):
    """What was done with a conversation."""

    UNREAD = "unread", _("Unread")
    READ = "read", _("Read")
    REPLIED = "replied", _("Replied")
    ARCHIVED = "archived", _("Archived")
