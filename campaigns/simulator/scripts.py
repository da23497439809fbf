"""What simulated people do with their mails, as plain data."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from campaigns.enums import EventType
from campaigns.graph import Graph
from fluenzr.core import clock
from fluenzr.core.errors import Invalid, Text

DOINGS = (EventType.OPENED, EventType.CLICKED, EventType.REPLIED, EventType.BOUNCED, EventType.UNSUBSCRIBED)
MOST = 20
LONGEST = timedelta(days=730)


@dataclass(frozen=True)
class Script:
    """Something that happens to a mail: a while `after` it was sent, or on a `day` (1 is that of the start).

    Without a `node` or a `number` of the mail it is every mail, on a day the last one sent until then. Without a
    `contact` everybody does it. `url` is the link of a click, "" the first one.
    """

    on: str
    contact: UUID | None = None
    node: str = ""
    number: int | None = None
    after: timedelta = timedelta()
    day: int | None = None
    url: str = ""

    def at(self, sent_at: datetime) -> datetime:
        """Return when it happens to a mail that was sent then."""
        return sent_at + self.after

    def day_at(self, start: datetime, zone: str) -> datetime:
        """Return when its day has come: at the local time of day of the start."""
        assert self.day is not None, "it is on a day"
        local = start.astimezone(clock.zone(zone))
        if self.day == 1:
            return start
        return clock.instant(local.date() + timedelta(days=self.day - 1), local.hour * 60 + local.minute, zone)


def checked(scripts: Sequence[Script], *, workflow: Graph, contacts: Collection[UUID]) -> list[Script]:
    """Return the scripts with numbers of mails turned into their nodes.

    Raises:
        Invalid: its details name each problem as `events.<index>.<key>`.
    """
    emails = [node.id for node in workflow.emails()]
    found: dict[str, list[Text]] = defaultdict(list)
    if len(scripts) > MOST:
        found["events"].append(_("At most %(count)d events can be simulated at once.") % {"count": MOST})
    for index, script in enumerate(scripts):
        for key, text in _problems(script, emails, contacts):
            found[f"events.{index}.{key}"].append(text)
    if found:
        raise Invalid(next(iter(found.values()))[0], details=found)
    return [replace(one, node=emails[one.number - 1]) if one.number is not None else one for one in scripts]


def _problems(script: Script, emails: Sequence[str], contacts: Collection[UUID]) -> list[tuple[str, Text]]:
    found: list[tuple[str, Text]] = []
    if script.on not in DOINGS:
        found.append(("on", _("Must be one of: %(words)s") % {"words": ", ".join(DOINGS)}))
    if script.contact is not None and script.contact not in contacts:
        found.append(("contactId", _("This contact is not simulated.")))
    if script.node and script.node not in emails:
        found.append(("nodeId", _("There is no email with this id in the workflow")))
    if script.node and script.number is not None:
        found.append(("emailNumber", _("Give either the id of an email or its number.")))
    elif script.number is not None and not 1 <= script.number <= len(emails):
        found.append(("emailNumber", _("The workflow has %(count)d emails.") % {"count": len(emails)}))
    if script.day is not None and script.after:
        found.append(("day", _("Give either a day or a time after the email.")))
    if script.day is not None and not 1 <= script.day <= LONGEST.days:
        found.append(("day", _("Must be a day from 1 to %(days)d.") % {"days": LONGEST.days}))
    if not timedelta() <= script.after <= LONGEST:
        found.append(("after", _("Must be at most %(days)d days.") % {"days": LONGEST.days}))
    if script.url and script.on != EventType.CLICKED:
        found.append(("url", _("Only a click has a link.")))
    return found
