"""Choices about people."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ContactStatus(TextChoices):
    """Where a contact stands in the workspace."""

    ACTIVE = "active", _("Active")
    UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")
    BOUNCED = "bounced", _("Bounced")
    REPLIED = "replied", _("Replied")
    BLOCKED = "blocked", _("Blocked")


# Nobody in these states gets a mail of any campaign; `replied` does not bar later campaigns (design.md section 3).
UNREACHABLE = (ContactStatus.UNSUBSCRIBED, ContactStatus.BOUNCED, ContactStatus.BLOCKED)


class GroupKind(TextChoices):
    """How people get into a group."""

    STATIC = "static", _("Static")
    DYNAMIC = "dynamic", _("Dynamic")


class FieldType(TextChoices):
    """The type of a custom field; fixed once the field exists."""

    TEXT = "text", _("Text")
    NUMBER = "number", _("Number")
    DATE = "date", _("Date")
    DROPDOWN = "dropdown", _("Dropdown")
    CHECKBOX = "checkbox", _("Checkbox")
    URL = "url", _("URL")


class ConsentSource(TextChoices):
    """Where the right to write to a person comes from."""

    WEB_OPT_IN = "web_opt_in", _("Web opt-in")
    EVENT = "event", _("Event")
    BUSINESS_CARD = "business_card", _("Business card")
    SOCIAL_NETWORK = "social_network", _("Social network")
    REFERRAL = "referral", _("Referral")
    EXISTING = "existing", _("Existing relation")
    OTHER = "other", _("Other")
    NOT_SPECIFIED = "not_specified", _("Not specified")


class StageRole(TextChoices):
    """What a stage of the pipeline is for the product, whatever its name."""

    LEAD = "lead", _("Where people begin who are added to a campaign")
    QUALIFIED = "qualified", _("Where people go who answer")
    WON = "won", _("Won")
    LOST = "lost", _("Lost")


class SuppressionKind(TextChoices):
    """What a suppression names."""

    ADDRESS = "address", _("Address")
    DOMAIN = "domain", _("Domain")


class SuppressionReason(TextChoices):
    """Why nobody may write there."""

    UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")
    BOUNCED = "bounced", _("Bounced")
    COMPLAINED = "complained", _("Complained")
    BY_HAND = "by_hand", _("Added by hand")
    ERASED = "erased", _("Erased")


# What somebody may give as the reason; erased people come to the list by their erasure alone.
GIVEN_REASONS = [(value, label) for value, label in SuppressionReason.choices if value != SuppressionReason.ERASED]


class ImportStatus(TextChoices):
    """Where an import stands; only a draft still has everything to be chosen."""

    DRAFT = "draft", _("Draft")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    UNDOING = "undoing", _("Being undone")
    UNDONE = "undone", _("Undone")


IMPORT_MOVES: dict[str, tuple[str, ...]] = {
    ImportStatus.DRAFT: (ImportStatus.RUNNING, ImportStatus.CANCELLED),
    ImportStatus.RUNNING: (ImportStatus.DONE, ImportStatus.FAILED, ImportStatus.CANCELLED),
    ImportStatus.DONE: (ImportStatus.UNDOING,),
    ImportStatus.FAILED: (ImportStatus.UNDOING,),
    ImportStatus.CANCELLED: (ImportStatus.UNDOING,),
    ImportStatus.UNDOING: (ImportStatus.UNDONE,),
}


class OnDuplicate(TextChoices):
    """What an import does with an address that is known."""

    SKIP = "skip", _("Skip: leave the contact as it is")
    UPDATE = "update", _("Update: the file wins")
    FILL = "fill", _("Update empty fields only")


class Doubtful(TextChoices):
    """What an import does with addresses of a role (info@), of throw-away mailboxes and of domains without mail."""

    TAG = "tag", _("Import and tag them")
    REJECT = "reject", _("Reject them")
