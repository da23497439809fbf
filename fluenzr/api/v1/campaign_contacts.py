"""`/v1/campaigns/:id/contacts`: who is in a campaign, and what each waits for (contract A29, A35 to A40)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns import audience, explain
from campaigns.enums import LISTED, RUNNING, Phase
from campaigns.explain import Explanation
from campaigns.models import Campaign, Enrolment
from contacts.models import Contact
from fluenzr.api.v1 import answers, paging, values
from fluenzr.api.v1.bodies import Body, Paged, Parameters
from fluenzr.api.v1.resource import Resource
from fluenzr.core import clock, ids, prepared
from fluenzr.core.errors import NotFound
from fluenzr.core.printed import Iso

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


# What a journey is explained by, of an enrolment and of its contact.
_PLACE = ("id", "version_id", "campaign_id", "contact_id", "account_id", "node", "phase", "entered_at", "steps")
_STATE = prepared.columns(Enrolment, only=(*_PLACE, "status", "reason", "next_run_at", "replied_at"))
_CONTACT = prepared.columns(Contact, only=("id", "email", "email_key", "hold_until"))
_TIMES = ("first_opened_at", "first_clicked_at", "replied_at", "added_at", "finished_at")
# What an item shows besides.
_SHOWN = ("emails_sent", *map(Iso, _TIMES))
_LINE: Sequence[Any] = (*_STATE, *prepared.reached("contact", _CONTACT), *_SHOWN)
EVERYBODY = paging.Whole(lambda campaign: audience.people(campaign).values_list(*_LINE))
Row = Sequence[Any]


def show_person(row: Row, explanation: Explanation | None) -> dict[str, Any]:
    """Return the item of one contact in a campaign, of the values of `_LINE`; who is at rest needs no explanation."""
    status, node = row[_STATE.index("status")], row[_STATE.index("node")]
    contact, email = row[len(_STATE)], row[len(_STATE) + _CONTACT.index("email")]
    sent, opened, clicked, replied, added, finished = row[-len(_SHOWN) :]
    return {
        "contactId": ids.public("con", contact),
        "contactEmail": email,
        "status": status,
        "currentNodeId": node or None,
        "nextActionAt": clock.to_iso(explanation.next_action_at) if explanation else None,
        "waitingReason": str(explanation.reason) if explanation and status in RUNNING else None,
        "emailsSent": sent,
        "openedAt": opened,
        "clickedAt": clicked,
        "repliedAt": replied,
        "addedAt": added,
        "finishedAt": finished,
    }


def show_people(rows: Sequence[Row], campaign: Campaign, *, now: datetime) -> list[dict[str, Any]]:
    """Return the items of people of a campaign."""
    moving = [_journey(row, campaign) for row in rows if row[_STATE.index("status")] in RUNNING]
    reasons = _explained(moving, now=now)
    return [show_person(row, reasons.get(row[0])) for row in rows]


def _explained(journeys: Sequence[Enrolment], *, now: datetime) -> dict[UUID, Explanation]:
    # Conditions may read anything of a contact.
    at_steps = [row for row in journeys if row.phase == Phase.STEP]
    whole = Contact.objects.in_bulk([row.contact_id for row in at_steps]) if at_steps else {}
    for row in at_steps:
        row.contact = whole.get(row.contact_id)
    return explain.explain_all(journeys, now=now)


def _journey(row: Row, campaign: Campaign) -> Enrolment:
    """Return the journey of a row with what explains it."""
    journey: Enrolment = prepared.instance(Enrolment, row[: len(_STATE)], _STATE)
    journey.contact = prepared.instance(Contact, row[len(_STATE) : -len(_SHOWN)], _CONTACT)
    journey.campaign, journey.workspace = campaign, campaign.workspace
    return journey


class CampaignContacts(Resource):
    """The people in a campaign."""

    def campaign(self, campaign_id: str) -> Campaign:
        """Return the campaign of this workspace, or raise the 404."""
        campaign: Campaign = self.find(Campaign, campaign_id)
        return campaign

    def get(self, request: Request, campaign_id: str) -> Response:
        """List them."""
        campaign, asked = self.campaign(campaign_id), self.parameters(PeopleQuery)
        rows: answers.Rows = EVERYBODY.of(campaign.pk)
        if "status" in asked:
            rows = audience.people(campaign, statuses=asked["status"]).values_list(*_LINE)
        return answers.page_of(rows, asked, lambda found: show_people(found, campaign, now=self.now))

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
        campaign = self.find(Campaign, campaign_id)
        contact = self.find(Contact, contact_id)
        row = audience.people(campaign).filter(contact=contact).values_list(*_LINE).first()
        if row is None:
            raise NotFound(_("There is no such contact"))
        [explanation] = _explained([_journey(row, campaign)], now=self.now).values()
        more = {"rule": explanation.rule or None, "reason": str(explanation.reason)}
        return answers.one({**show_person(row, explanation), **more})


def _errors(result: audience.Outcome) -> list[dict[str, str]]:
    return [{"id": error.id, "code": error.code, "message": str(error.message)} for error in result.errors]
