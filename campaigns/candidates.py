"""Whom somebody means to add to a campaign, and who of them may be."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns import linked_groups
from campaigns.enums import CAMPAIGN_SENTENCES, ENROLLING
from campaigns.models import Campaign, Enrolment
from contacts import filters as contact_filters
from contacts import suppression
from contacts.models import Contact, ContactQuerySet, Group, Suppression
from fluenzr.core import among
from fluenzr.core.errors import Conflict, Invalid, Text

# As many as are added in half a second on a slow machine: so long others wait for the campaign.
CHUNK = 3000


class Asked(TypedDict, total=False):
    """Who is meant: exactly one of contacts, groups and a filter, without the members of some groups.

    Contacts and groups are named by public ids. `filters` are those of `contacts.filters`, and `query` the words that
    a person searches by; a filter may be the words alone.
    """

    contact_ids: Sequence[str] | None
    group_ids: Sequence[str] | None
    filters: Mapping[str, Any] | None
    query: str
    without_group_ids: Sequence[str]


@dataclass(frozen=True)
class Unknown:
    """An id that names nothing in the workspace; `code` is that of the API."""

    id: str
    message: Text
    code: str = "NOT_FOUND"


@dataclass(frozen=True)
class Estimate:
    """How many contacts are meant, and how many of them would be added now.

    Without `is_exact` it may be fewer: of many, nobody looks up each address among those never to be written to.
    """

    asked: int
    fit: int
    is_exact: bool = True

    @property
    def skipped(self) -> int:
        """Those who are in already or in an excluded group, have no address, or may not be written to."""
        return self.asked - self.fit


def estimate(campaign: Campaign, **asked: Unpack[Asked]) -> Estimate:
    """Count whom `audience.add` would add, taking what it takes and raising as it does; changes nothing."""
    require_open(campaign)
    meant = _meant(campaign, asked, [])
    if meant is None or (number := meant.count()) <= CHUNK:
        found = keys(campaign, asked, [])
        return Estimate(len(found), sum(len(fit(campaign, chunk)) for chunk in chunks(found)))
    is_exact = not Suppression.objects.in_workspace(campaign.workspace_id).exists()
    return Estimate(number, _mailable(campaign, meant.filter(~Exists(_journeys(campaign)))).count(), is_exact)


def require_open(campaign: Campaign) -> None:
    """Refuse a campaign whose people stay as they are.

    Raises:
        Conflict: it is archived or cancelled.
    """
    if campaign.status not in ENROLLING:
        raise Conflict(f"{CAMPAIGN_SENTENCES[campaign.status]} {gettext('The people in it are fixed.')}")


def keys(campaign: Campaign, asked: Asked, unknown: list[Unknown]) -> list[UUID]:
    """Return the keys of the contacts that are meant, each once; ids that name nothing are added to `unknown`.

    Raises:
        Invalid: not exactly one way was given, the filter is wrong, or there is no such group to leave out.
    """
    meant = _meant(campaign, asked, unknown)
    if meant is not None:
        return list(meant.order_by("pk").values_list("pk", flat=True))
    found = known(campaign, asked.get("contact_ids") or (), unknown)
    left_out = _left_out(campaign, asked)
    return found if left_out is None else _without(found, left_out)


def count(campaign: Campaign, asked: Asked) -> int:
    """Return how many contacts are meant; raises as `keys`."""
    meant = _meant(campaign, asked, [])
    return len(keys(campaign, asked, [])) if meant is None else meant.count()


def fit(campaign: Campaign, contacts: Sequence[UUID]) -> list[UUID]:
    """Return the keys of those contacts that are not in, have an address, and may be written to."""
    rows = Contact.objects.in_workspace(campaign.workspace_id).filter(among.keys("pk", contacts))
    # Looked up one by one: of a campaign that is being filled PostgreSQL believes yet that hardly anybody is in it, and
    # would join each piece with all who are.
    rows = rows.annotate(journey=Subquery(_journeys(campaign).values("pk")[:1])).filter(journey=None)
    people = list(_mailable(campaign, rows).order_by("pk").values_list("pk", "email"))
    barred = suppression.barred(campaign.workspace, [email for _key, email in people])
    return [key for key, email in people if email not in barred]


def _journeys(campaign: Campaign) -> QuerySet[Enrolment]:
    """Return a contact's journey through the campaign, for a subquery."""
    return Enrolment.objects.filter(campaign=campaign, contact=OuterRef("pk"))


def _mailable(campaign: Campaign, rows: ContactQuerySet) -> ContactQuerySet:
    """Keep those who are in no excluded group, have an address, and may be written to by their own status."""
    return rows.filter(~linked_groups.is_kept_out(campaign), email__isnull=False).reachable()


def known(campaign: Campaign, public_ids: Sequence[str], unknown: list[Unknown]) -> list[UUID]:
    """Return the keys of the workspace's contacts with these ids, each once; the others are added to `unknown`."""
    return _resolve(Contact, campaign, public_ids, unknown, _("There is no such contact"))


def chunks(keys: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    """Cut keys into pieces of one transaction each."""
    return (keys[first : first + CHUNK] for first in range(0, len(keys), CHUNK))


def _meant(campaign: Campaign, asked: Asked, unknown: list[Unknown]) -> ContactQuerySet | None:
    """Return who is meant by groups or by a filter; None where contacts are named one by one."""
    contact_ids, group_ids, filters = asked.get("contact_ids"), asked.get("group_ids"), asked.get("filters")
    if [contact_ids, group_ids, filters].count(None) != 2:
        raise Invalid(_("Give exactly one of contactIds, groupIds and filters"), field="")
    if contact_ids is not None:
        return None
    if group_ids is not None:
        rows = Contact.objects.in_workspace(campaign.workspace_id).in_groups(_groups(campaign, group_ids, unknown))
    else:
        rows = _matching(campaign, filters or {}, asked.get("query", ""))
    left_out = _left_out(campaign, asked)
    return rows if left_out is None else rows.exclude(pk__in=left_out.values("pk"))


def _matching(campaign: Campaign, filters: Mapping[str, Any], query: str) -> ContactQuerySet:
    if not query.strip():
        return contact_filters.audience(campaign.workspace, filters)
    rows = Contact.objects.in_workspace(campaign.workspace_id)
    return contact_filters.matching(contact_filters.narrowed(rows, campaign.workspace, filters), query)


def _left_out(campaign: Campaign, asked: Asked) -> ContactQuerySet | None:
    """Return the members of the groups that are left out, or None where there are no such groups."""
    unknown: list[Unknown] = []
    groups = _groups(campaign, asked.get("without_group_ids", ()), unknown)
    if unknown:
        raise Invalid(unknown[0].message, field="withoutGroupIds")
    return Contact.objects.in_workspace(campaign.workspace_id).in_groups(groups) if groups else None


def _without(found: list[UUID], left_out: ContactQuerySet) -> list[UUID]:
    gone = set(left_out.values_list("pk", flat=True))
    return [key for key in found if key not in gone]


def _groups(campaign: Campaign, public_ids: Sequence[str], unknown: list[Unknown]) -> list[UUID]:
    return _resolve(Group, campaign, public_ids, unknown, _("There is no such group")) if public_ids else []


def _resolve(
    model: type[Contact] | type[Group],
    campaign: Campaign,
    public_ids: Sequence[str],
    unknown: list[Unknown],
    words: Text,
) -> list[UUID]:
    asked = {text: model.key_of(text) for text in public_ids}
    here: set[UUID] = set()
    rows = model.objects.in_workspace(campaign.workspace_id)
    for chunk in chunks([key for key in asked.values() if key is not None]):
        here.update(rows.filter(among.keys("pk", chunk)).values_list("pk", flat=True))
    unknown.extend(Unknown(text, words) for text, key in asked.items() if key not in here)
    return [key for key in asked.values() if key in here]
