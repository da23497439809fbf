"""What campaigns know of a person's past; see `contacts.timeline`."""

from collections.abc import Callable, Collection, Mapping

from django.db.models import QuerySet

from campaigns import activity
from campaigns.enums import EventType
from campaigns.models import Event
from contacts import timeline
from contacts.models import Contact
from contacts.timeline import Entry, Kind, Source

_REPLIES = (EventType.REPLIED, EventType.AUTO_REPLIED)
_JOURNEY = (EventType.ADDED, EventType.REMOVED, EventType.COMPLETED, EventType.STOPPED)
_MAILS = tuple(kind for kind in EventType if kind not in (*_REPLIES, *_JOURNEY))
TONES: Mapping[str, str] = {
    EventType.SENT: "green",
    EventType.REPLIED: "green",
    EventType.OPENED: "blue",
    EventType.CLICKED: "blue",
    EventType.BOUNCED: "red",
    EventType.COMPLAINED: "red",
    EventType.FAILED: "red",
    EventType.UNSUBSCRIBED: "amber",
    EventType.UNCERTAIN: "amber",
}


def _events(kinds: Collection[EventType]) -> "Callable[[Contact], QuerySet[Event]]":
    return lambda contact: activity.of_contact(contact).filter(type__in=kinds)


def _tell(event: Event) -> Entry:
    campaign, message = event.campaign, event.message
    subject = message.subject if message is not None else ""
    return Entry(
        word=event.get_type_display(),
        text=campaign.name if campaign is not None else "",
        detail=subject or str(event.metadata.get("url") or event.metadata.get("reason") or ""),
        tone=TONES.get(event.type, ""),
        page="campaigns:overview" if campaign is not None else "",
        page_id=campaign.public_id if campaign is not None else "",
    )


for kind, types in ((Kind.MAIL, _MAILS), (Kind.REPLY, _REPLIES), (Kind.CAMPAIGN, _JOURNEY)):
    timeline.register(Source(kind, _events(types), "at", _tell))
