"""Checks of who is written to: whether there is anybody, and who of them gets nothing."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from campaigns.enums import EnrolmentStatus
from campaigns.graph import Graph
from campaigns.models import Campaign, Enrolment
from campaigns.preflight import blanks
from campaigns.preflight.findings import Finding, Level, Topic
from contacts.enums import UNREACHABLE
from contacts.models import Contact
from fluenzr.core.errors import Text

# Those who stopped because they must not be written to.
_LEFT = (EnrolmentStatus.UNSUBSCRIBED, EnrolmentStatus.BOUNCED)
# So many people are named with a finding.
NAMED = 3


def contacts(campaign: Campaign, *, on_the_way: int, now: datetime) -> Iterator[Finding]:
    """Yield how many people there are, and how many of them get nothing, or nothing yet."""
    if not on_the_way:
        yield Finding(
            "contacts_none",
            Level.WARNS,
            Topic.CONTACTS,
            _("Nobody is in the campaign."),
            _("Add contacts now, or launch and add them later."),
        )
    else:
        text = ngettext_lazy(
            "%(count)d contact is in the campaign.", "%(count)d contacts are in the campaign.", "count"
        )
        yield Finding("contacts_ok", Level.OK, Topic.CONTACTS, text % {"count": on_the_way})
    yield from _left_out(_counted(campaign, now))


def _counted(campaign: Campaign, now: datetime) -> Mapping[str, int]:
    """Return how many cannot be written to.

    Found among the few contacts that this is true of, each by an index, and not among all people of the campaign.
    """
    journeys = Enrolment.objects.filter(campaign=campaign)
    people = Contact.objects.in_workspace(campaign.workspace_id).filter(
        Exists(journeys.running().filter(contact=OuterRef("pk")))
    )
    # Whoever unsubscribed, bounced or was suppressed since they were added has left the way already.
    left = journeys.filter(status__in=_LEFT).count()
    return {
        "barred": left + people.filter(status__in=UNREACHABLE).count(),
        "blank": people.filter(email_key=None).count(),
        "held": people.filter(hold_until__gt=now).count(),
    }


def _left_out(counted: Mapping[str, int]) -> Iterator[Finding]:
    lines: list[tuple[str, int, Any, Text]] = [
        (
            "contacts_barred",
            counted["barred"],
            ngettext_lazy(
                "%(count)d contact unsubscribed, bounced or is suppressed.",
                "%(count)d contacts unsubscribed, bounced or are suppressed.",
                "count",
            ),
            _("They get nothing."),
        ),
        (
            "contacts_no_address",
            counted["blank"],
            ngettext_lazy("%(count)d contact has no address.", "%(count)d contacts have no address.", "count"),
            _("They get nothing until they have one."),
        ),
        (
            "contacts_held",
            counted["held"],
            ngettext_lazy("%(count)d contact is on hold.", "%(count)d contacts are on hold.", "count"),
            _("They are written to when their hold ends."),
        ),
    ]
    for code, count, text, follows in lines:
        if count:
            yield Finding(code, Level.WARNS, Topic.CONTACTS, text % {"count": count}, follows)


def gaps(campaign: Campaign, workflow: Graph, *, on_the_way: int, now: datetime) -> Iterator[Finding]:
    """Yield, by variable, how many people lack a value that a mail needs."""
    found = blanks.look(campaign, workflow, now=now)
    lacking: dict[str, dict[Any, Contact]] = defaultdict(dict)
    nodes: dict[str, str] = {}
    for gap in found.gaps:
        for name in gap.names:
            lacking[name][gap.contact.pk] = gap.contact
            nodes.setdefault(name, gap.node)
    for name, people in lacking.items():
        yield Finding(
            "variable_blank",
            Level.WARNS,
            Topic.MAIL,
            _said_of(name, len(people), found.looked_at, on_the_way),
            _gap_advice(campaign, name),
            node=nodes[name],
            people=tuple(people.values())[:NAMED],
        )
    if found.looked_at and not lacking:
        text: Text = _("Every variable has a value or a fallback for all contacts.")
        if found.looked_at < on_the_way:
            text = _("Every variable has a value or a fallback for the first %(count)d contacts.")
            text = text % {"count": found.looked_at}
        yield Finding("variables_ok", Level.OK, Topic.MAIL, text)


def _said_of(name: str, count: int, looked_at: int, total: int) -> Text:
    text: Text
    if looked_at < total:
        text = ngettext_lazy(
            "%(count)d of the first %(all)d contacts has no “%(name)s”.",
            "%(count)d of the first %(all)d contacts have no “%(name)s”.",
            "count",
        )
    else:
        text = ngettext_lazy(
            "%(count)d of %(all)d contacts has no “%(name)s”.",
            "%(count)d of %(all)d contacts have no “%(name)s”.",
            "count",
        )
    return text % {"count": count, "all": looked_at, "name": name}


def _gap_advice(campaign: Campaign, name: str) -> Text:
    if campaign.workspace.send_with_blanks:
        return _("Their mails leave with a gap. A fallback fills it: {{%(name)s|your words}}.") % {"name": name}
    return _("Their sequence stops there. Fill the value, or give a fallback: {{%(name)s|your words}}.") % {
        "name": name
    }
