"""`/v1/campaigns/:id/simulate`: what would become of people, by a fake clock."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.simulator import simulation
from campaigns.simulator.scripts import DOINGS, Script
from campaigns.simulator.stories import Moment, Path, Simulation, What
from contacts.models import Contact
from fluenzr.api.v1 import answers, references, values
from fluenzr.api.v1.bodies import Body
from fluenzr.api.v1.campaigns import CampaignCall
from fluenzr.core import clock

# Stands for an id that is none: nobody has it.
_NOBODY = UUID(int=0)


class SpanBody(Body):
    """A length of time."""

    days = values.Whole(max_value=730, default=0)
    hours = values.Whole(max_value=17_520, default=0)
    minutes = values.Whole(max_value=1_051_200, default=0)


class EventBody(Body):
    """Something that simulated people do."""

    on = values.Choice(DOINGS)
    contactId = values.Text(max_length=64, required=False)  # noqa: N815 - the API's name
    nodeId = values.Text(max_length=64, required=False)  # noqa: N815 - the API's name
    emailNumber = values.Whole(required=False)  # noqa: N815 - the API's name
    after = SpanBody(required=False)
    day = values.Whole(required=False)
    url = values.Text(max_length=2000, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the event as the simulator takes it."""
        contact = attrs.get("contactId")
        script = Script(
            on=attrs["on"],
            contact=None if contact is None else Contact.key_of(contact) or _NOBODY,
            node=attrs.get("nodeId", ""),
            number=attrs.get("emailNumber"),
            after=timedelta(**attrs.get("after", {})),
            day=attrs.get("day"),
            url=attrs.get("url", ""),
        )
        return {"script": script}


class SimulateBody(Body):
    """`POST /campaigns/:id/simulate`: with whom, from when on, and what they do; all may be left out."""

    contactIds = values.Texts(max_length=simulation.MOST_PEOPLE, allow_empty=False, required=False)  # noqa: N815
    startAt = values.Instant(required=False)  # noqa: N815 - the API's name
    events = EventBody(many=True, required=False)


class Simulate(CampaignCall):
    """Send people through the workflow by a fake clock; nothing is sent or stored."""

    post_reads = True

    def post(self, request: Request, campaign_id: str) -> Response:
        """Return everybody's path."""
        campaign = self.campaign(campaign_id)
        given = self.body(SimulateBody, zone=campaign.timezone)
        asked = given.get("contactIds")
        found = simulation.simulate(
            campaign,
            now=self.now,
            contacts=references.all_known(Contact, self.workspace, asked, path="contactIds") if asked else None,
            start=given.get("startAt"),
            events=[event["script"] for event in given.get("events", ())],
        )
        return answers.one(_show(found))


def _show(found: Simulation) -> dict[str, Any]:
    return {
        "startAt": clock.to_iso(found.start),
        "lastAt": clock.to_iso(found.last_at),
        "emailsSent": found.mails,
        "cut": str(found.cut) or None,
        "contacts": [_show_path(path) for path in found.paths],
    }


def _show_path(path: Path) -> dict[str, Any]:
    return {
        "contactId": path.contact.public_id,
        "contactEmail": path.contact.email,
        "timezone": path.zone,
        "outcome": path.ending.value,
        "reason": str(path.reason),
        "endedAt": clock.to_iso(path.ended_at),
        "emailsSent": len(path.mails),
        "steps": [_show_moment(moment, path.zone) for moment in path.moments],
    }


def _show_moment(moment: Moment, zone: str) -> dict[str, Any]:
    """Return a moment with the keys that its kind has; what says nothing is left out."""
    shown: dict[str, Any] = {
        "at": clock.to_iso(moment.at),
        "localTime": _local(moment, zone),
        "what": moment.what.value,
        "nodeId": moment.node or None,
        "title": moment.title,
        "reason": str(moment.text),
    }
    if moment.until is not None:
        shown["until"] = clock.to_iso(moment.until)
    more = {"rule": moment.rule, "branch": moment.port, "event": moment.event, "url": moment.url}
    shown |= {key: value for key, value in more.items() if value}
    if moment.what == What.SENT and moment.mail is not None:
        shown["email"] = {
            "emailNumber": moment.number,
            "subject": moment.mail.subject,
            "text": moment.mail.text,
            "html": moment.mail.html,
            "missing": list(moment.mail.missing),
        }
    return shown


def _local(moment: Moment, zone: str) -> str:
    """Return the time on the clock of the person, without an offset: the path names the zone."""
    return timezone.make_naive(moment.at, clock.zone(zone)).isoformat(timespec="seconds")
