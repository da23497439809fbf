"""What a simulation tells: of each person a path, moment by moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from campaigns.enums import EnrolmentStatus
from campaigns.mail.rendering import Preview
from contacts.models import Contact
from fluenzr.core.errors import Text


class What(TextChoices):
    """What happens in a moment."""

    BEGINS = "begins", _("Begins")
    WAITS = "waits", _("Waits")
    QUEUES = "queues", _("Waits to be sent")
    SENT = "sent", _("Email sent")
    BRANCHES = "branches", _("Branches")
    HAPPENS = "happens", _("Happens")
    MISSED = "misses", _("Does not happen")
    ENDS = "ends", _("Ends")


class Ending(TextChoices):
    """How a path ends: as journeys do, or because it did not begin, or did not come to an end."""

    COMPLETED = EnrolmentStatus.COMPLETED.value, EnrolmentStatus.COMPLETED.label
    REPLIED = EnrolmentStatus.REPLIED.value, EnrolmentStatus.REPLIED.label
    BOUNCED = EnrolmentStatus.BOUNCED.value, EnrolmentStatus.BOUNCED.label
    UNSUBSCRIBED = EnrolmentStatus.UNSUBSCRIBED.value, EnrolmentStatus.UNSUBSCRIBED.label
    ERROR = EnrolmentStatus.ERROR.value, EnrolmentStatus.ERROR.label
    EXCLUDED = "excluded", _("Not mailed")
    UNFINISHED = "unfinished", _("Still on the way")


@dataclass(frozen=True)
class Moment:
    """Something in a person's path. `at` and `until` are UTC; `text` says why, `rule` names what holds a mail.

    `node` is the step it is about, "" for none; `title` and `summary` are the words of its card. `port` and `way` are
    the branch taken and its word, `event` and `url` what the person does, `mail` what was sent and `number` counts it.
    """

    at: datetime
    what: What
    node: str = ""
    icon: str = ""
    title: str = ""
    summary: str = ""
    text: Text = ""
    until: datetime | None = None
    rule: str = ""
    port: str = ""
    way: Text = ""
    event: str = ""
    url: str = ""
    number: int = 0
    mail: Preview | None = None


@dataclass(frozen=True)
class Path:
    """What becomes of one person; `zone` is the one that local times are in."""

    contact: Contact
    zone: str
    moments: Sequence[Moment]
    ending: Ending
    reason: Text
    ended_at: datetime

    @property
    def mails(self) -> list[Moment]:
        """The moments at which a mail is sent."""
        return [moment for moment in self.moments if moment.what == What.SENT]


@dataclass(frozen=True)
class Simulation:
    """What becomes of everybody, from a start (UTC) on; `cut` says why it ends early, "" when it does not."""

    start: datetime
    paths: Sequence[Path]
    cut: Text = ""

    @property
    def mails(self) -> int:
        """How many mails are sent."""
        return sum(len(path.mails) for path in self.paths)

    @property
    def last_at(self) -> datetime:
        """When the last thing happens."""
        return max((path.moments[-1].at for path in self.paths), default=self.start)
