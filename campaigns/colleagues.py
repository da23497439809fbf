"""One conversation per company: once somebody replied, their colleagues get no more mail of that campaign.

Only where the campaign says so (semantics, section 2). A reply ends the journeys of colleagues at once; whoever is
added later ends when their next mail is due, as the planner asks again right before each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from campaigns import events, stopping
from campaigns.enums import RUNNING, EnrolmentStatus, EventType
from campaigns.events import Happening
from campaigns.models import Campaign, Enrolment, Message
from contacts import companies, facts
from contacts.models import Contact, Domain
from fluenzr.core.errors import Text

# They replied nothing and lack nothing: for them the campaign is done.
STATUS = EnrolmentStatus.COMPLETED


def reason(company: str) -> Text:
    """Return why a journey ended, as a sentence."""
    return _("Somebody else at %(company)s replied.") % {"company": company}


@dataclass(frozen=True)
class Others:
    """Journeys of people of one company, locked."""

    company: str = ""
    enrolments: Sequence[Enrolment] = ()


def hold(message: Message, *, now: datetime) -> Others:
    """Take back the waiting mails of colleagues whose journeys a reply to this message ends; return these journeys.

    The first thing that a reply does to journeys: all that it touches are locked in one order, and mails before totals,
    so that two colleagues who reply at once never wait for each other.
    """
    campaign, contact = message.campaign, message.contact
    company = companies.of(contact.email_key) if contact is not None else ""
    if campaign is None or not campaign.one_per_company or not company:
        return Others()
    running = Enrolment.objects.running()
    mine = running.filter(contact=contact).values_list("pk", flat=True)
    people = companies.people(company, workspace=campaign.workspace_id)
    theirs = running.filter(campaign=campaign, contact__in=people).values_list("pk", flat=True)
    keys = {*mine, *theirs, *([message.enrolment_id] if message.enrolment_id else [])}
    found: list[Enrolment] = []
    for chunk in facts.chunks(sorted(keys)):
        rows = Enrolment.objects.filter(pk__in=chunk).order_by("pk").select_for_update(no_key=True)
        found += [row for row in rows if row.status in RUNNING and row.contact_id != message.contact_id]
    for chunk in facts.chunks([row.pk for row in found]):
        stopping.cancel(Message.objects.filter(enrolment__in=chunk), reason=STATUS, now=now)
    return Others(company, found)


def stop(others: Others, *, now: datetime) -> None:
    """End the journeys of people whose colleague replied, in the transaction that holds their rows."""
    words = str(reason(others.company))
    rows = {row.pk: row for row in others.enrolments}
    for chunk in facts.chunks(list(rows)):
        events.record(
            [Happening(EventType.STOPPED, now, enrolment=rows[key], metadata={"reason": words}) for key in chunk]
        )
        stopping.stop(chunk, status=STATUS, reason=words, now=now)


def answered(campaign: Campaign, enrolments: Sequence[Enrolment]) -> dict[UUID, str]:
    """Return the company of those of a campaign's people of which somebody else has replied to it, by journey.

    Nobody's where the campaign writes to all; else one query. Their contacts are loaded.
    """
    if not campaign.one_per_company:
        return {}
    found = {
        row.pk: company
        for row in enrolments
        if row.replied_at is None and row.contact is not None and (company := companies.of(row.contact.email_key))
    }
    people = Contact.objects.in_workspace(campaign.workspace_id).at_domains(set(found.values()))
    rows = Enrolment.objects.filter(campaign=campaign, replied_at__isnull=False, contact__in=people)
    talking = set(rows.values_list(Domain("contact__email_key"), flat=True)) if found else set()
    return {key: company for key, company in found.items() if company in talking}
