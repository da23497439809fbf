"""What a check says."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from contacts.models import Contact
from fluenzr.core.errors import Text


class Level(TextChoices):
    """How much a finding weighs, the heaviest first."""

    BLOCKS = "blocks", _("Blocks the launch")
    WARNS = "warns", _("Look at this")
    OK = "ok", _("Fine")


class Topic(TextChoices):
    """What a finding is about, and so where it is put right."""

    CAMPAIGN = "campaign", _("Campaign")
    ACCOUNT = "account", _("Email account")
    HOURS = "hours", _("Sending hours")
    CONTACTS = "contacts", _("Contacts")
    WORKFLOW = "workflow", _("Workflow")
    MAIL = "mail", _("Email")
    WORKSPACE = "workspace", _("Workspace")
    PLAN = "plan", _("Plan")


@dataclass(frozen=True)
class Finding:
    """One line of the list: what was found, and what to do about it ("" where nothing is to be done).

    `node` is the step that it is about, `people` the first of those it concerns.
    """

    code: str
    level: Level
    topic: Topic
    text: Text
    advice: Text = ""
    node: str = ""
    people: Sequence[Contact] = ()
