"""Who would get a mail with a gap: people for whom a variable without a fallback is blank.

Only the first people are looked at, and a mail is rendered only where a value that it needs is missing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.graph import Graph
from campaigns.mail import freezing, moulds, rendering, variables
from campaigns.mail.moulds import Mould
from campaigns.models import Campaign, Enrolment
from contacts.models import Contact, CustomField

MOST_PEOPLE = 500
# Where tags decide what a mail says, it is rendered for each person; so many times at most.
MOST_RENDERED = 100


@dataclass(frozen=True)
class Gap:
    """One person, one mail, and the variables that are blank in it."""

    contact: Contact
    node: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """The gaps among the first `looked_at` people."""

    gaps: Sequence[Gap]
    looked_at: int


def look(campaign: Campaign, workflow: Graph, *, now: datetime) -> Found:
    """Return the gaps of a sound workflow's mails for the first people under way, in a fixed number of queries."""
    rows = Enrolment.objects.filter(campaign=campaign, contact__isnull=False).running()
    people = list(Contact.objects.filter(pk__in=rows.order_by("id").values("contact")[:MOST_PEOPLE]).order_by("id"))
    return _Look(campaign, workflow, now).run(people)


class _Look:
    def __init__(self, campaign: Campaign, workflow: Graph, now: datetime) -> None:
        self.now = now
        self.mails = {node.id: moulds.make(node.id, node.data) for node in workflow.emails()}
        self.needed = {name: _needed(mould) for name, mould in self.mails.items()}
        self.previews = rendering.Previews(campaign, workflow)
        self.fields: Mapping[str, CustomField] = freezing.fields_of({campaign.workspace_id})[campaign.workspace_id]
        self.known: dict[tuple[str, frozenset[str]], tuple[str, ...]] = {}
        self.rendered = 0

    def run(self, people: Sequence[Contact]) -> Found:
        gaps: list[Gap] = []
        for number, person in enumerate(people):
            found = self._of(person)
            if found is None:
                return Found(gaps, number)
            gaps += found
        return Found(gaps, len(people))

    def _of(self, person: Contact) -> list[Gap] | None:
        """Return the gaps of one person, or None when enough was rendered."""
        values = variables.contact_values(person, self.fields)
        gaps = []
        for node in self.mails:
            names = self._missing(person, node, values)
            if names is None:
                return None
            if names:
                gaps.append(Gap(person, node, names))
        return gaps

    def _missing(self, person: Contact, node: str, values: Mapping[str, Any]) -> tuple[str, ...] | None:
        blank = frozenset(name for name in self.needed[node] if values.get(name) is None)
        if not blank:
            return ()
        # Without tags the same blanks make the same gaps, whoever it is.
        key = (node, blank)
        if key in self.known:
            return self.known[key]
        if self.rendered >= MOST_RENDERED:
            return None
        self.rendered += 1
        missing = self.previews.of(node, person, now=self.now).missing
        if not _has_tags(self.mails[node]):
            self.known[key] = missing
        return missing


def _needed(mould: Mould) -> frozenset[str]:
    """Return the variables that must have a value where they stand in a mail."""
    templates = (mould.subject, mould.text, *mould.targets.values())
    return frozenset().union(*(one.required for one in templates)) & mould.names - variables.OPTIONAL


def _has_tags(mould: Mould) -> bool:
    return any(one.has_tags for one in (mould.subject, mould.text, *mould.targets.values()))
