"""All that is checked before a launch: what keeps a campaign from starting, what may go wrong, and what is fine.

`blocks` is exactly what `lifecycle.start` and `lifecycle.resume` refuse; everything else only warns.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from campaigns import drafts, forecast, graph, workflows
from campaigns.enums import EDITABLE, CampaignStatus
from campaigns.forecast import Forecast
from campaigns.models import Campaign
from campaigns.preflight import mails, people, sending
from campaigns.preflight.findings import Finding, Level, Topic


@dataclass(frozen=True)
class Preflight:
    """What was found, the heaviest first, and what would leave if it started now."""

    findings: Sequence[Finding]
    forecast: Forecast

    @property
    def blocks(self) -> list[Finding]:
        """What keeps the campaign from starting."""
        return self.at(Level.BLOCKS)

    @property
    def is_ready(self) -> bool:
        """Whether `start` (or `resume`) would let it run."""
        return not self.blocks

    def at(self, level: Level) -> list[Finding]:
        """Return the findings of one level."""
        return [finding for finding in self.findings if finding.level == level]


def of(campaign: Campaign, *, now: datetime) -> Preflight:
    """Check a campaign with its draft and workspace loaded; writes nothing, and looks at no more than the first people.

    A fixed number of queries, whatever the number of contacts.
    """
    told = forecast.of(campaign, now=now)
    order = list(Level)
    found = sorted(_all(campaign, told, now), key=lambda finding: order.index(finding.level))
    return Preflight(found, told)


def _all(campaign: Campaign, told: Forecast, now: datetime) -> Iterator[Finding]:
    if campaign.status not in EDITABLE:
        state = CampaignStatus(campaign.status).label.lower()
        text = _("The campaign is %(state)s: only a draft can be launched.") % {"state": state}
        yield Finding("status", Level.BLOCKS, Topic.CAMPAIGN, text)
    document = workflows.document(campaign)
    problems = drafts.problems(campaign, document)
    cards = drafts.cards(campaign, document) if problems else {}
    for problem in problems:
        text = drafts.sentence(problem, cards)
        topic = Topic.ACCOUNT if problem.field == "emailAccountId" else Topic.WORKFLOW
        yield Finding("workflow", Level.BLOCKS, topic, text, node=problem.node)
    yield from sending.account(campaign, workflows.sender(campaign))
    yield from sending.hours(campaign, told, now=now)
    yield from sending.plan(campaign, told)
    yield from people.contacts(campaign, on_the_way=told.contacts, now=now)
    if not problems:
        workflow = graph.parse(document)
        yield Finding("workflow_ok", Level.OK, Topic.WORKFLOW, _("Every step of the workflow is complete."))
        yield from people.gaps(campaign, workflow, on_the_way=told.contacts, now=now)
        yield from mails.contents(campaign, workflow, now=now)
    yield from mails.footer(campaign)
