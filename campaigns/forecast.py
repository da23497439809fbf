"""What a campaign will still send, and by when: for its launch, and while it runs.

Everything here is an estimate for the case that nobody stops on the way: replies, bounces and unsubscribes make it
fewer mails and an earlier end. Other campaigns of the same account are not looked at.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min, TextField
from django.db.models.functions import Cast, Substr
from django.utils.translation import gettext_lazy as _

from campaigns import explain, graph, routes, scheduler, throughput, workflows
from campaigns.enums import CampaignStatus, Phase
from campaigns.graph import Graph
from campaigns.models import Campaign, CampaignAccount, Enrolment
from campaigns.throughput import Course, Crowd
from fluenzr.core.errors import Text

# The day of a time as the database writes it: SQLite asks Python for anything else, for each row.
_DAY = Substr(Cast("next_run_at", TextField()), 1, len("2026-03-02"))
_OVER = (CampaignStatus.COMPLETED, CampaignStatus.ARCHIVED, CampaignStatus.CANCELLED)


@dataclass(frozen=True)
class Forecast:
    """What is still to come. Times are UTC, None where they cannot be foreseen; `held_by` then says why.

    `contacts` are the people still on their way. `mails_least` and `mails_most` are theirs, on the shortest and on the
    longest way from where each stands. `ends_at` is when the last of them is through, on the slowest way.
    """

    contacts: int
    mails_least: int
    mails_most: int
    first_at: datetime | None
    ends_at: datetime | None
    held_by: Text = ""


@dataclass(frozen=True)
class _Stand:
    """People at one place: `node` is the mail they wait for or, with `is_past`, the step that they leave next."""

    count: int
    workflow: Graph
    node: str
    first: datetime
    last: datetime
    is_past: bool
    is_new: bool
    mailed_at: datetime | None


def of(campaign: Campaign, *, now: datetime) -> Forecast:
    """Return what is to come of a campaign: of a draft or a paused one as if it went on at `now`.

    Its draft and workspace are loaded. At most four queries, and the work does not grow with the number of people.
    """
    if campaign.status in _OVER:
        return Forecast(0, 0, 0, None, None, _("The campaign is over."))
    begun = _workflow(campaign)
    if begun is None:
        people = Enrolment.objects.filter(campaign=campaign).running().count()
        return Forecast(people, 0, 0, None, None, _("The workflow cannot run as it is."))
    stands = list(_stands(campaign, begun, now))
    contacts = sum(stand.count for stand in stands)
    if not contacts:
        return Forecast(0, 0, 0, None, None, _("Nobody is on the way."))
    least, most = _mails(stands)
    slowest = _slowest(campaign, stands, now)
    return Forecast(contacts, least, most, slowest.first_at, slowest.ends_at, _why(slowest.reason))


def _workflow(campaign: Campaign) -> Graph | None:
    """Return the workflow that new people get, or None when it may not run."""
    if campaign.status == CampaignStatus.ACTIVE:
        return graph.of_version(campaign.version_id) if campaign.version_id else None
    drawn = workflows.document(campaign)
    return None if graph.problems(drawn, workspace=campaign.workspace) else graph.parse(drawn)


def _stands(campaign: Campaign, begun: Graph, now: datetime) -> Iterator[_Stand]:
    """Yield where people stand, those of one day together."""
    for group in _groups(campaign):
        workflow = graph.of_version(group["version"]) if group["node"] else begun
        node = workflow.nodes.get(group["node"] or workflow.start.id)
        if node is not None:
            first = max(now, group["first"] or now)
            yield _Stand(
                count=group["count"],
                workflow=workflow,
                node=node.id,
                first=first,
                last=max(first, group["last"] or now),
                is_past=group["phase"] != Phase.MAIL,
                is_new=group["account"] is None,
                mailed_at=group["mailed_at"],
            )


def _groups(campaign: Campaign) -> Iterable[dict[str, Any]]:
    """Return how many people are where, with the first and last time of what they wait for."""
    rows = Enrolment.objects.filter(campaign=campaign).running()
    if campaign.status == CampaignStatus.DRAFT:
        # Nobody has gone anywhere yet: to count them takes a fifth of the time.
        nowhere = dict.fromkeys(("version", "account", "first", "last", "mailed_at"))
        count = rows.count()
        return [{**nowhere, "node": "", "phase": Phase.IDLE, "count": count}] if count else []
    found: Iterable[dict[str, Any]] = (
        rows.annotate(day=_DAY)
        .values("version", "node", "phase", "account", "day")
        .annotate(count=Count("pk"), first=Min("next_run_at"), last=Max("next_run_at"), mailed_at=Max("last_sent_at"))
        .order_by("first", "node")
    )
    return found


def _mails(stands: list[_Stand]) -> tuple[int, int]:
    """Return the fewest and the most mails that these people still get."""
    known = {id(stand.workflow): routes.mails(stand.workflow) for stand in stands}
    least = most = 0
    for stand in stands:
        fewest, greatest = known[id(stand.workflow)][stand.node]
        own = int(stand.is_past and stand.workflow.nodes[stand.node].kind == "email")
        least, most = least + stand.count * (fewest - own), most + stand.count * (greatest - own)
    return least, most


def _slowest(campaign: Campaign, stands: list[_Stand], now: datetime) -> Course:
    """Return the later of two courses: everybody goes the way with the most mails, or that with the longest waits."""
    lane = CampaignAccount.objects.filter(campaign=campaign).select_related("account", "workspace")
    sender = lane.order_by("position").first()
    if sender is None:
        return Course(None, None, "no_account")
    sender.campaign = campaign
    state, found = scheduler.state_of(sender), []
    for straight in (routes.with_most_mails, routes.longest):
        ways = _ways(straight, stands, campaign.timezone, now)
        crowds = [_crowd(stand, ways[id(stand.workflow)]) for stand in stands]
        course = throughput.course(crowds, state, zone=campaign.timezone, now=now)
        if course.ends_at is None:
            return course
        found.append((course.ends_at, course))
    return max(found, key=lambda one: one[0])[1]


def _ways(straight: Callable[..., Graph], stands: list[_Stand], zone: str, now: datetime) -> dict[int, Graph]:
    workflows = {id(stand.workflow): stand.workflow for stand in stands}
    return {key: straight(workflow, zone=zone, now=now) for key, workflow in workflows.items()}


def _crowd(stand: _Stand, way: Graph) -> Crowd:
    """Return the crowd of a place: who is past its step begins at the next."""
    node = stand.node
    if stand.is_past:
        node = next((edge.target for edge in way.edges if edge.source == node), node)
    mail = stand.node if stand.is_past and way.nodes[stand.node].kind == "email" else ""
    at = stand.mailed_at or (stand.first if mail else None)
    mails = [(mail, at, at)] if at is not None else []
    return Crowd(stand.count, way, node, stand.first, stand.last, mails, stand.is_new)


def _why(reason: str) -> Text:
    if reason == throughput.TOO_FAR:
        return _("At this pace it would take more than a year.")
    if reason == "no_account":
        return _("No email account sends for this campaign; choose one.")
    return explain.RULES[reason] if reason else ""
