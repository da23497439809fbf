"""`/v1/campaigns/:id/contacts`: who is in a campaign, and what each waits for (contract A29, A35 to A40)."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns import audience, explain
from campaigns.enums import LISTED, RUNNING
from campaigns.explain import Explanation
from campaigns.models import Campaign, Enrolment
from contacts.models import Contact
from fluenzr.api.v1 import answers, values
from fluenzr.api.v1.bodies import Body, Paged, Parameters
from fluenzr.api.v1.resource import Resource
from fluenzr.core import clock
from fluenzr.core.errors import NotFound

WAYS = ("contactIds", "groupIds", "groupId", "filters")


class PeopleQuery(Paged):
    """`GET /campaigns/:id/contacts`: in the order in which they were added."""

    default_ordering: ClassVar[tuple[str, ...]] = ("pk",)
    status = values.CommaList(values.Choice(LISTED), required=False)


class PeopleBody(Body):
    """`POST /campaigns/:id/contacts`: exactly one way of naming people (contract A35); `groupId` is one group."""

    contactIds = values.Texts(source="contact_ids", required=False)  # noqa: N815 - the API's name
    groupIds = values.Texts(source="group_ids", required=False)  # noqa: N815 - the API's name
    groupId = values.Text(required=False, max_length=200)  # noqa: N815 - the API's name
    filters = values.Document(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Make one group a list of one."""
        if len(attrs) != 1:
            raise ValidationError({"": [_("Give exactly one of: %(ways)s") % {"ways": ", ".join(WAYS)}]})
        return {"group_ids": [attrs["groupId"]]} if "groupId" in attrs else attrs


class RemovalBody(Body):
    """`DELETE /campaigns/:id/contacts` with a body."""

    contactIds = values.Texts(source="contact_ids")  # noqa: N815 - the API's name


class RemovalQuery(Parameters):
    """`DELETE /campaigns/:id/contacts?contactIds=a,b`, for proxies that drop the body of a DELETE."""

    contactIds = values.CommaList(values.Text(max_length=200), source="contact_ids", required=False)  # noqa: N815


def show_person(enrolment: Enrolment, explanation: Explanation) -> dict[str, Any]:
    """Return the item of one contact in a campaign."""
    contact = enrolment.contact
    waits = enrolment.status in RUNNING
    return {
        "contactId": contact.public_id if contact is not None else None,
        "contactEmail": contact.email if contact is not None else None,
        "status": enrolment.status,
        "currentNodeId": enrolment.node or None,
        "nextActionAt": clock.to_iso(explanation.next_action_at),
        "waitingReason": str(explanation.reason) if waits else None,
        "emailsSent": enrolment.emails_sent,
        "openedAt": clock.to_iso(enrolment.first_opened_at),
        "clickedAt": clock.to_iso(enrolment.first_clicked_at),
        "repliedAt": clock.to_iso(enrolment.replied_at),
        "addedAt": clock.to_iso(enrolment.added_at),
        "finishedAt": clock.to_iso(enrolment.finished_at),
    }


class CampaignContacts(Resource):
    """The people in a campaign."""

    def campaign(self, campaign_id: str) -> Campaign:
        """Return the campaign of this workspace, or raise the 404."""
        campaign: Campaign = self.find(Campaign.objects.all(), campaign_id)
        return campaign

    def get(self, request: Request, campaign_id: str) -> Response:
        """List them."""
        campaign, asked = self.campaign(campaign_id), self.parameters(PeopleQuery)
        # All are in one campaign, which need not come again with each.
        rows = (
            audience.people(campaign, statuses=asked.get("status", ())).select_related(None).select_related("contact")
        )

        def show_all(found: Sequence[Enrolment]) -> list[dict[str, Any]]:
            for row in found:
                row.campaign, row.workspace = campaign, campaign.workspace
            reasons = explain.explain_all(found, now=self.now)
            return [show_person(row, reasons[row.pk]) for row in found]

        return answers.page_of(rows, asked, show_all)

    def post(self, request: Request, campaign_id: str) -> Response:
        """Add people; the answer is final."""
        campaign, asked = self.campaign(campaign_id), self.body(PeopleBody)
        result = audience.add(campaign, by=self.by, batch="api", now=self.now, **asked)
        return answers.one({"added": result.done, "skipped": result.skipped, "errors": _errors(result)})

    def delete(self, request: Request, campaign_id: str) -> Response:
        """Take people out."""
        campaign = self.campaign(campaign_id)
        asked = self.parameters(RemovalQuery) or self.body(RemovalBody)
        result = audience.remove(campaign, contact_ids=asked["contact_ids"], by=self.by, now=self.now)
        return answers.one({"removed": result.done, "skipped": result.skipped, "errors": _errors(result)})


class CampaignContact(Resource):
    """One person in a campaign."""

    def get(self, request: Request, campaign_id: str, contact_id: str) -> Response:
        """Show where the person stands, what comes next and when, and which rule holds it."""
        campaign = self.find(Campaign.objects.all(), campaign_id)
        contact = self.find(Contact.objects.all(), contact_id)
        row = audience.people(campaign).filter(contact=contact).first()
        if row is None:
            raise NotFound(_("There is no such contact"))
        explanation = explain.explain(row, now=self.now)
        more = {"rule": explanation.rule or None, "reason": str(explanation.reason)}
        return answers.one({**show_person(row, explanation), **more})


def _errors(result: audience.Outcome) -> list[dict[str, str]]:
    return [{"id": error.id, "code": error.code, "message": str(error.message)} for error in result.errors]
