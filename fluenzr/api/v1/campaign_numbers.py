"""`/v1/campaigns/:id/stats`, its parts, and `/activity` (contract A1 to A11, A23)."""

from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from campaigns import activity, periods, statistics, timeline
from campaigns.enums import EventType
from campaigns.models import Campaign
from campaigns.periods import Period
from contacts.models import Contact
from fluenzr.api.v1 import answers, paging, values
from fluenzr.api.v1.bodies import Paged, Parameters
from fluenzr.api.v1.resource import Resource

HAPPENED = paging.Whole(lambda campaign: activity.events(campaign).values_list(*activity.LINE))


class _Between(Parameters):
    """`from` and `to`."""

    to = values.Text(required=False)

    def get_fields(self) -> dict[str, Any]:
        """Return the fields with `from`, which no attribute can be called."""
        return {**super().get_fields(), "from": values.Text(required=False)}


class TimelineQuery(_Between):
    """`GET /campaigns/:id/stats/timeline`."""

    interval = values.Choice(timeline.INTERVALS, default="day")


class ActivityQuery(_Between, Paged):
    """`GET /campaigns/:id/activity`."""

    default_ordering: ClassVar[tuple[str, ...]] = ("-at", "-pk")
    type = values.CommaList(values.Choice(EventType.values), required=False)
    contactId = values.Reference(Contact, required=False)  # noqa: N815 - the API's name
    includeBots = values.Choice(("true", "false"), default="false")  # noqa: N815 - the API's name


class Numbers(Resource):
    """The base of what only reads numbers of one campaign."""

    def campaign(self, campaign_id: str) -> Campaign:
        """Return the campaign of this workspace, or raise the 404."""
        campaign: Campaign = self.find(Campaign, campaign_id)
        return campaign


class Stats(Numbers):
    """Totals of people, with their rates."""

    def get(self, request: Request, campaign_id: str) -> Response:
        """Show them."""
        campaign = self.campaign(campaign_id)
        self.parameters(Parameters)
        return answers.one(statistics.overview(campaign))


class EmailStats(Numbers):
    """Figures of each e-mail."""

    def get(self, request: Request, campaign_id: str) -> Response:
        """List them; never paged (contract M32)."""
        campaign = self.campaign(campaign_id)
        self.parameters(Parameters)
        return answers.one(statistics.emails(campaign))


class Timeline(Numbers):
    """What happened when."""

    def get(self, request: Request, campaign_id: str) -> Response:
        """List the buckets; never paged (contract M32)."""
        campaign, asked = self.campaign(campaign_id), self.parameters(TimelineQuery)
        period = _period(asked, campaign)
        return answers.one(timeline.buckets(campaign, period=period, interval=asked["interval"], now=self.now))


class Activity(Numbers):
    """Event by event."""

    def get(self, request: Request, campaign_id: str) -> Response:
        """List the events that match, newest first."""
        campaign, asked = self.campaign(campaign_id), self.parameters(ActivityQuery)
        mode = self.workspace.tracking_mode
        rows = HAPPENED.of(campaign.pk) if asked["is_whole"] else self._narrowed(campaign, asked)
        return answers.page(rows, asked, lambda row: activity.line(row, mode=mode))

    def _narrowed(self, campaign: Campaign, asked: dict[str, Any]) -> Any:
        rows = activity.events(
            campaign,
            types=asked.get("type", ()),
            contact_id=asked["contactId"].pk if "contactId" in asked else None,
            period=_period(asked, campaign),
            bots=asked["includeBots"] == "true",
        )
        return rows.values_list(*activity.LINE)


def _period(asked: dict[str, Any], campaign: Campaign) -> Period:
    return periods.parse(since=asked.get("from"), until=asked.get("to"), zone=campaign.timezone)
