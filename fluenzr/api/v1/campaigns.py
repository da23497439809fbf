"""`/v1/campaigns`: the resource, its life, and what it would do (seeds 000 and 001)."""

from typing import Any, ClassVar

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns import campaign_settings, lifecycle, linked_groups, previews, statistics, workflows
from campaigns.enums import CampaignStatus
from campaigns.models import Campaign, CampaignAccount
from contacts.models import Contact, Group
from fluenzr.api.v1 import answers, values
from fluenzr.api.v1.bodies import Body, Nothing, Paged
from fluenzr.api.v1.resource import Resource
from fluenzr.core import clock, ids
from fluenzr.mailboxes.models import Account

# This face shows five statuses; what the marketing face cancelled is archived here (contract A44).
STATUSES = ("draft", "active", "paused", "completed", "archived")
_SHOWN_AS = {CampaignStatus.CANCELLED: "archived"}
# The call that leads to a status, for those who try to write it (contract A25).
_CALLS = {"active": "start (or resume, when it is paused)", "paused": "pause", "archived": "archive"}


def shown_status(campaign: Campaign) -> str:
    """Return the status as this face shows it."""
    return _SHOWN_AS.get(CampaignStatus(campaign.status), campaign.status)


def for_answers() -> "QuerySet[Any]":
    """Return campaigns with all that `show` reads, in a fixed number of queries."""
    lanes = CampaignAccount.objects.order_by("position")
    return Campaign.objects.select_related("total").prefetch_related(Prefetch("lanes", queryset=lanes))


def show(campaign: Campaign) -> dict[str, Any]:
    """Return the Campaign object of both seeds, keys in their order."""
    lanes = sorted(campaign.lanes.all(), key=lambda lane: lane.position)
    return {
        "id": campaign.public_id,
        "name": campaign.name,
        "description": campaign.description,
        "status": shown_status(campaign),
        "emailAccountId": ids.public(Account.prefix(), lanes[0].account_id) if lanes else None,
        "settings": campaign_settings.document(campaign),
        "stats": statistics.people(getattr(campaign, "total", None)),
        "createdAt": clock.to_iso(campaign.created_at),
        "startedAt": clock.to_iso(campaign.started_at),
        "updatedAt": clock.to_iso(campaign.updated_at),
    }


def show_whole(campaign: Campaign) -> dict[str, Any]:
    """Return the Campaign object with its groups and workflow, for answers about one campaign (contract M15)."""
    linked = linked_groups.of(campaign)
    return {
        **show(campaign),
        "groupIds": [group.public_id for group in linked.feeding],
        "excludeGroupIds": [group.public_id for group in linked.excluded],
        "workflow": workflows.document(campaign),
    }


def _groups(*, source: str) -> serializers.ListField:
    return serializers.ListField(child=values.Reference(Group), source=source, required=False, max_length=100)


class CampaignQuery(Paged):
    """`GET /campaigns`."""

    sorts: ClassVar[dict[str, str]] = {
        "createdAt": "created_at",
        "updatedAt": "updated_at",
        "startedAt": "started_at",
        "name": "name",
        "status": "status",
    }
    status = values.CommaList(values.Choice(STATUSES), required=False)


class CampaignBody(Body):
    """`POST /campaigns` and `PUT /campaigns/:id`; `status` may come back as it is, and is changed by calls only."""

    ignored: ClassVar[tuple[str, ...]] = ("id", "stats", "createdAt", "startedAt", "updatedAt")

    name = values.Text(max_length=lifecycle.NAME_LENGTH)
    description = values.Text(max_length=10_000, required=False, allow_null=True, allow_blank=True)
    emailAccountId = values.Reference(Account, only="listed", source="account")  # noqa: N815 - the API's name
    settings = values.Document(required=False, allow_null=True)
    workflow = values.Document(required=False, allow_null=True)
    groupIds = _groups(source="feeding")  # noqa: N815 - the API's name
    excludeGroupIds = _groups(source="excluded")  # noqa: N815 - the API's name
    status = values.Text(required=False)


class ResumeBody(Body):
    """`POST /campaigns/:id/resume`: people in flight stay on their workflow or move to the new one."""

    inFlight = values.Choice(("stay", "move"), source="in_flight", default="stay")  # noqa: N815 - the API's name


class CloneBody(Body):
    """`POST /campaigns/:id/clone`."""

    name = values.Text(max_length=lifecycle.NAME_LENGTH, required=False)


class ValidateBody(Body):
    """`POST /campaigns/:id/validate`: the campaign as it is, or with another workflow."""

    workflow = values.Document(required=False)


class PreviewBody(Body):
    """`POST /campaigns/:id/preview`: for whom, of which mail, of which workflow; all may be left out."""

    contactId = values.Reference(Contact, source="contact", required=False)  # noqa: N815 - the API's name
    nodeId = values.Text(source="node", max_length=64, required=False)  # noqa: N815 - the API's name
    workflow = values.Document(source="document", required=False)


class Campaigns(Resource):
    """All campaigns."""

    def get(self, request: Request) -> Response:
        """List those that match."""
        asked = self.parameters(CampaignQuery)
        rows = for_answers().filter(workspace=self.workspace)
        if "status" in asked:
            rows = rows.filter(status__in=[s for s in CampaignStatus if _SHOWN_AS.get(s, s) in asked["status"]])
        return answers.page(rows, asked, show)

    def post(self, request: Request) -> Response:
        """Create a draft."""
        given = self.body(CampaignBody)
        _check_status(given, "draft")
        campaign = lifecycle.create(workspace=self.workspace, by=self.by, now=self.now, **given)
        return answers.created(show_whole(campaign))


class OneCampaign(Resource):
    """One campaign; the base of what is done with it."""

    def campaign(self, campaign_id: str) -> Campaign:
        """Return the campaign of this workspace, or raise the 404."""
        campaign: Campaign = self.find(for_answers().select_related("draft", "workspace"), campaign_id)
        return campaign

    def get(self, request: Request, campaign_id: str) -> Response:
        """Show it with its workflow."""
        return answers.one(show_whole(self.campaign(campaign_id)))

    def put(self, request: Request, campaign_id: str) -> Response:
        """Change what is given (contract A24)."""
        campaign = self.campaign(campaign_id)
        changes: Any = self.body(CampaignBody, partial=True)
        _check_status(changes, shown_status(campaign))
        return answers.one(show_whole(lifecycle.update(campaign, changes=changes, by=self.by, now=self.now)))

    def delete(self, request: Request, campaign_id: str) -> Response:
        """Delete a draft."""
        campaign = self.campaign(campaign_id)
        self.body(Nothing)
        lifecycle.delete(campaign, by=self.by, now=self.now)
        return answers.one({"id": campaign_id, "deleted": True})


class CampaignCall(Resource):
    """Something that is done with one campaign by POST."""

    def campaign(self, campaign_id: str) -> Campaign:
        """Return the campaign of this workspace, or raise the 404."""
        campaign: Campaign = self.find(Campaign.objects.select_related("draft", "workspace"), campaign_id)
        return campaign


class Start(CampaignCall):
    """Launch a draft."""

    def post(self, request: Request, campaign_id: str) -> Response:
        """Start it."""
        campaign = self.campaign(campaign_id)
        self.body(Nothing)
        return answers.one(show_whole(lifecycle.start(campaign, by=self.by, now=self.now)))


class Pause(CampaignCall):
    """Suspend an active campaign."""

    def post(self, request: Request, campaign_id: str) -> Response:
        """Pause it."""
        campaign = self.campaign(campaign_id)
        self.body(Nothing)
        return answers.one(show_whole(lifecycle.pause(campaign, by=self.by, now=self.now)))


class Resume(CampaignCall):
    """Let a paused campaign run again."""

    def post(self, request: Request, campaign_id: str) -> Response:
        """Resume it."""
        campaign, given = self.campaign(campaign_id), self.body(ResumeBody)
        return answers.one(show_whole(lifecycle.resume(campaign, by=self.by, now=self.now, **given)))


class Archive(CampaignCall):
    """Put a completed campaign away."""

    def post(self, request: Request, campaign_id: str) -> Response:
        """Archive it."""
        campaign = self.campaign(campaign_id)
        self.body(Nothing)
        return answers.one(show_whole(lifecycle.archive(campaign, by=self.by, now=self.now)))


class Clone(CampaignCall):
    """Copy a campaign into a new draft."""

    def post(self, request: Request, campaign_id: str) -> Response:
        """Clone it."""
        campaign, given = self.campaign(campaign_id), self.body(CloneBody)
        return answers.created(show_whole(lifecycle.clone(campaign, by=self.by, now=self.now, **given)))


class Validate(CampaignCall):
    """Everything that `start` would refuse."""

    post_reads = True

    def post(self, request: Request, campaign_id: str) -> Response:
        """Return whether it could start, and each problem by its path."""
        campaign, given = self.campaign(campaign_id), self.body(ValidateBody)
        problems = workflows.problems(campaign, given.get("workflow"))
        sentences = {path: [str(text) for text in texts] for path, texts in problems.items()}
        return answers.one({"valid": not sentences, "problems": sentences})


class PreviewMails(CampaignCall):
    """The mails as one contact would get them."""

    post_reads = True

    def post(self, request: Request, campaign_id: str) -> Response:
        """Return the mails in their order."""
        campaign, given = self.campaign(campaign_id), self.body(PreviewBody)
        contact, emails = previews.preview(campaign, now=self.now, **given)
        mails = [
            {
                "nodeId": email.node,
                "emailNumber": email.number,
                "subject": email.mail.subject,
                "text": email.mail.text,
                "html": email.mail.html,
                "missing": list(email.mail.missing),
            }
            for email in emails
        ]
        return answers.one({"contactId": contact.public_id, "contactEmail": contact.email, "emails": mails})


def _check_status(given: dict[str, Any], current: str) -> None:
    """Take `status` out of a body; one that differs is refused with the call that is meant."""
    asked = given.pop("status", current)
    if asked == current:
        return
    if asked not in _CALLS:
        raise ValidationError({"status": [_("Status is read-only")]})
    message = _("Status is read-only; call POST /v1/campaigns/:id/%(call)s") % {"call": _CALLS[asked]}
    raise ValidationError({"status": [message]})
