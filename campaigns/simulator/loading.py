"""Reads all that a simulation needs, in a fixed number of queries; afterwards nothing asks the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from campaigns import drafts, facts, graph, scheduler, workflows
from campaigns.drafts import Card
from campaigns.graph import Graph
from campaigns.mail.rendering import Previews
from campaigns.models import Campaign, CampaignAccount
from campaigns.nodes.base import Facts
from campaigns.simulator.lanes import Lane
from contacts import suppression, whereabouts
from contacts.enums import UNREACHABLE
from contacts.models import Contact
from fluenzr.core.errors import Text
from fluenzr.workspaces.enums import TrackingMode


@dataclass(frozen=True)
class Person:
    """A contact who is simulated; `excluded` says why nobody may write to them, "" when one may."""

    contact: Contact
    facts: Facts
    zone: str
    excluded: Text


@dataclass(frozen=True)
class World:
    """A campaign with its workflow, its lanes and the people who are sent through it."""

    campaign: Campaign
    workflow: Graph
    cards: Mapping[str, Card]
    people: Sequence[Person]
    lanes: Sequence[Lane]
    previews: Previews

    @property
    def blanks_pass(self) -> bool:
        """Whether blank variables without a fallback are left out instead of stopping the person."""
        return self.campaign.workspace.send_with_blanks

    @property
    def knows_moments(self) -> bool:
        """Whether opens and clicks are kept with their time and link, and not by their day alone."""
        return self.campaign.workspace.tracking_mode == TrackingMode.FULL

    def tracked(self, contact: Contact, node: str) -> tuple[bool, bool]:
        """Return whether opens and clicks of a mail to a contact are seen."""
        return facts.tracked(contact, self.campaign.workspace, self.workflow.nodes[node].data)


def workflow(campaign: Campaign) -> Graph:
    """Return the workflow that is simulated: the draft, or the version that runs where nothing may be changed.

    Raises:
        Invalid, PlanLimit: it is the draft and may not run; everything is listed as `start` does.
    """
    if campaign.is_editable or campaign.version is None:
        workflows.require_runnable(campaign)
    return graph.parse(drafts.shown(campaign))


def load(campaign: Campaign, drawn: Graph, contacts: Sequence[Contact]) -> World:
    """Return the campaign and its people; its workspace, draft and version are loaded."""
    return World(
        campaign=campaign,
        workflow=drawn,
        cards=drafts.cards(campaign, drafts.shown(campaign)),
        people=_people(campaign, drawn, contacts),
        lanes=_lanes(campaign),
        previews=Previews(campaign, drawn).read(),
    )


def _people(campaign: Campaign, drawn: Graph, contacts: Sequence[Contact]) -> list[Person]:
    known = facts.of_contacts(contacts, needs=drawn.needs, workspace=campaign.workspace)
    barred = suppression.barred(campaign.workspace, [one.email for one in contacts if one.email])
    return [
        Person(
            one,
            known[one.pk],
            whereabouts.zone(one).value or campaign.timezone,
            _excluded(one, is_barred=one.email in barred),
        )
        for one in contacts
    ]


def _excluded(contact: Contact, *, is_barred: bool) -> Text:
    if not contact.email:
        return _("The contact has no address.")
    if is_barred or contact.status in UNREACHABLE:
        return _("The address must not be written to.")
    return ""


def _lanes(campaign: Campaign) -> list[Lane]:
    rows = CampaignAccount.objects.filter(campaign=campaign).select_related("account__workspace").order_by("position")
    lanes = []
    for row in rows:
        row.campaign = campaign
        lanes.append(Lane(row.account, scheduler.state_of(row), row.last_used_at))
    return lanes
