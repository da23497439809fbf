"""`/v1/campaigns/:id/preflight` and `/v1/campaigns/:id/test`: what is looked at before a launch."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from campaigns import drafts, trials
from campaigns.preflight import checklist
from campaigns.preflight.findings import Finding
from contacts.models import Contact
from fluenzr.api.v1 import answers, values
from fluenzr.api.v1.bodies import Body
from fluenzr.api.v1.campaigns import CampaignCall
from fluenzr.core import clock


class TrialBody(Body):
    """`POST /campaigns/:id/test`: which mail, as whom, to where; all may be left out."""

    nodeId = values.Text(max_length=64, required=False)  # noqa: N815 - the API's name
    contactId = values.Reference(Contact, source="contact", required=False)  # noqa: N815 - the API's name
    email = values.Text(max_length=254, source="recipient", required=False)


class Preflight(CampaignCall):
    """All that is checked before a launch."""

    def get(self, request: Request, campaign_id: str) -> Response:
        """Return the findings and the forecast."""
        campaign = self.campaign(campaign_id)
        found = checklist.of(campaign, now=self.now)
        told = found.forecast
        return answers.one(
            {
                "ready": found.is_ready,
                "findings": [_shown(one) for one in found.findings],
                "forecast": {
                    "contacts": told.contacts,
                    "mailsLeast": told.mails_least,
                    "mailsMost": told.mails_most,
                    "firstAt": clock.to_iso(told.first_at),
                    "endsAt": clock.to_iso(told.ends_at),
                    "heldBy": str(told.held_by) or None,
                },
            }
        )


class Test(CampaignCall):
    """A test mail, or those of the whole sequence."""

    def post(self, request: Request, campaign_id: str) -> Response:
        """Send it."""
        campaign, given = self.campaign(campaign_id), self.body(TrialBody)
        node = given.pop("nodeId", None)
        nodes = [node] if node is not None else drafts.walk(drafts.shown(campaign), kind="email")
        trial = trials.send(campaign, nodes=nodes, by=self.by, now=self.now, **given)
        mails = [
            {"id": message.public_id, "subject": message.subject, "sendAt": clock.to_iso(message.not_before)}
            for message in trial.messages
        ]
        return answers.one(
            {
                "email": trial.recipient,
                "contactId": trial.contact.public_id,
                "messages": mails,
                "missing": list(trial.missing),
            }
        )


def _shown(one: Finding) -> dict[str, Any]:
    return {
        "code": one.code,
        "level": one.level.value,
        "topic": one.topic.value,
        "message": str(one.text),
        "advice": str(one.advice) or None,
        "nodeId": one.node or None,
        "contactIds": [person.public_id for person in one.people],
    }
