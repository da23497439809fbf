"""A workspace as it is after a year: very many people, a thousand campaigns, two of them with everybody in it."""

import random
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction

from campaigns.enums import CampaignStatus, EnrolmentStatus, EventType, MessageState, Phase
from campaigns.models import (
    Campaign,
    CampaignAccount,
    CampaignTotal,
    Enrolment,
    Event,
    Message,
    Passage,
    Snippet,
    Tally,
    WorkflowDraft,
    WorkflowVersion,
)
from campaigns.models.event import ALL_TIME, NO_ACCOUNT
from contacts import addresses
from contacts.enums import ConsentSource, ContactStatus, ImportStatus, StageRole
from contacts.models import (
    Consent,
    Contact,
    Group,
    Import,
    Membership,
    PipelineStage,
    RejectedRow,
    Segment,
    StageMove,
    Suppression,
    Tag,
    Tagging,
)
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces.models import Workspace
from tests import builders

BATCH = 2000
GROUPS, TAGS, ACCOUNTS = 60, 30, 12
SEGMENTS, IMPORTS, REJECTED, SUPPRESSED, SNIPPETS = 40, 200, 20_000, 10_000, 100
# People in each campaign but the first two.
A_FEW = 100
DAYS = 30
# Whoever is in the pipeline came to their stage within this time.
YEAR = timedelta(days=365)
SLOTS_A_DAY = 36
FIRST = ("Ada", "Ben", "Chloé", "Dario", "Eve", "Farid", "Grace", "Hugo", "Inès", "Jon")
CITIES = ("Paris", "Lyon", "Berlin")
LAST = ("Martin", "Keller", "Rossi", "Nguyen", "Smith", "Dupont", "Haas", "Costa", "Novak", "Lind")
STATUSES = (
    [CampaignStatus.DRAFT] * 2
    + [CampaignStatus.ACTIVE] * 2
    + [CampaignStatus.PAUSED]
    + [CampaignStatus.COMPLETED] * 4
    + [CampaignStatus.ARCHIVED]
)


def settle(workspace: Workspace, *, people: int, campaigns: int, now: datetime) -> dict[str, str]:
    """Fill the workspace; return the largest of each kind: the public ids of pages, by name in their paths."""
    chance = random.Random(7)
    with transaction.atomic():
        contacts = _contacts(workspace, people, chance, now)
        origin = _around(workspace, now)
        group = _groups(workspace, contacts, chance, now)
        accounts = [builders.make_account(workspace, daily_limit=400) for _number in range(ACCOUNTS)]
        rows = [_campaign(workspace, number, accounts[number % ACCOUNTS], now) for number in range(campaigns)]
        _people(rows, contacts, chance, now)
        _tallies(rows, chance, now)
    return {
        "campaign_id": rows[0].public_id,
        "draft_id": rows[1].public_id,
        "group_id": group.public_id,
        "contact_id": contacts[0].public_id,
        "stage_id": str(contacts[0].stage and contacts[0].stage.public_id),
        "import_id": origin.public_id,
    }


def _save(model: type[models.Model], rows: Iterable[Any]) -> None:
    """Write rows as they are made, so that a million of them need no memory."""
    batch: list[Any] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            model._default_manager.bulk_create(batch)
            batch = []
    model._default_manager.bulk_create(batch)


def _contacts(workspace: Workspace, people: int, chance: random.Random, now: datetime) -> list[Contact]:
    way = stages(workspace)
    builders.make_field(workspace, "city")
    statuses = [ContactStatus.ACTIVE] * 8 + [ContactStatus.REPLIED, ContactStatus.UNSUBSCRIBED]
    found = [
        Contact(
            workspace=workspace,
            email=f"person{number}@company{number % 5000}.example",
            email_key=f"person{number}@company{number % 5000}.example",
            first_name=chance.choice(FIRST),
            last_name=chance.choice(LAST),
            company=f"Company {number % 5000}",
            status=chance.choice(statuses),
            stage=chance.choice(way),
            stage_at=now - chance.random() * YEAR,
            deal_value=chance.randrange(100, 20_000) if number % 3 == 0 else None,
            custom={"city": chance.choice(CITIES)},
        )
        for number in range(people)
    ]
    _save(Contact, found)
    _save(StageMove, _moves(found, way))
    return found


def stages(workspace: Workspace) -> list[PipelineStage]:
    """Make the stages that people come through, from left to right."""
    names = ((StageRole.LEAD, "Lead"), (StageRole.QUALIFIED, "Qualified"), ("", "Offer"), (StageRole.WON, "Won"))
    return [builders.make_stage(workspace, name, role=role, position=at) for at, (role, name) in enumerate(names)]


def _moves(contacts: list[Contact], way: list[PipelineStage]) -> Iterator[StageMove]:
    """Let everybody have come to their stage through each one before."""
    for contact in contacts:
        for place in range(way.index(contact.stage) + 1 if contact.stage else 0):
            yield StageMove(
                workspace_id=contact.workspace_id,
                contact=contact,
                from_stage=way[place - 1] if place else None,
                to_stage=way[place],
                stayed=timedelta(days=1) if place else None,
                by="import",
                at=contact.stage_at,
            )


def _around(workspace: Workspace, now: datetime) -> Import:
    """Make what else lists show: segments, snippets, suppressions, imports; return the import with many bad rows."""
    rules = {"all": [{"field": "company", "operator": "contains", "value": "7"}]}
    known: dict[str, Any] = {"workspace": workspace}
    counts: dict[str, Any] = {"status": ImportStatus.DONE, "finished_at": now, "rejected_rows": REJECTED}
    _save(Segment, (Segment(name=f"Segment {number}", rules=rules, **known) for number in range(SEGMENTS)))
    _save(Snippet, (Snippet(name=f"Snippet {number}", body="Hello", **known) for number in range(SNIPPETS)))
    barred = (f"gone{number}@old.example" for number in range(SUPPRESSED))
    _save(Suppression, (Suppression(target=one, target_hash=addresses.address_hash(one), **known) for one in barred))
    files = [
        Import(file_name=f"leads-{number}.csv", size=1, sha256=f"{number:064x}", by="Ann", **known, **counts)
        for number in range(IMPORTS)
    ]
    _save(Import, files)
    rejects = (
        RejectedRow(origin=files[0], line=number + 2, reason="No email address", cells=["", "Ada"], **known)
        for number in range(REJECTED)
    )
    _save(RejectedRow, rejects)
    return files[0]


def _groups(workspace: Workspace, contacts: list[Contact], chance: random.Random, now: datetime) -> Group:
    groups = [builders.make_group(workspace, f"Group {number}") for number in range(GROUPS)]
    tags = [Tag.objects.create(workspace=workspace, name=f"tag-{number}") for number in range(TAGS)]
    known = {"workspace": workspace}

    def memberships() -> Iterator[Membership]:
        for contact in contacts:
            for group in (groups[0], chance.choice(groups[1:])):
                yield Membership(group=group, contact=contact, added_at=now, **known)

    _save(Membership, memberships())
    _save(Tagging, (Tagging(tag=chance.choice(tags), contact=one, added_at=now, **known) for one in contacts))
    _save(
        Consent,
        (Consent(contact=one, source=ConsentSource.WEB_OPT_IN, given_at=now, by="import", **known) for one in contacts),
    )
    return groups[0]


def _campaign(workspace: Workspace, number: int, account: Account, now: datetime) -> Campaign:
    graph = builders.make_workflow(
        builders.make_email_node("mail_1"),
        {"id": "wait", "type": "delay", "data": {"days": 3}},
        builders.make_email_node("mail_2"),
    )
    status = CampaignStatus.ACTIVE if number == 0 else STATUSES[number % len(STATUSES)]
    campaign = Campaign.objects.create(
        workspace=workspace,
        name=("Everybody", "Everybody soon")[number] if number < 2 else f"Campaign {number}",
        timezone="Europe/Paris",
        status=status,
        started_at=None if status == CampaignStatus.DRAFT else now - timedelta(days=DAYS),
    )
    CampaignAccount.objects.create(workspace=workspace, campaign=campaign, account=account)
    WorkflowDraft.objects.create(workspace=workspace, campaign=campaign, graph=graph)
    campaign.version = WorkflowVersion.objects.create(workspace=workspace, campaign=campaign, number=1, graph=graph)
    campaign.save(update_fields=["version"])
    return campaign


def _people(campaigns: list[Campaign], contacts: list[Contact], chance: random.Random, now: datetime) -> None:
    """Put everybody into a running campaign and a draft, and a few into each other; most got their first mail."""
    journeys = [_journey(campaign, contact, chance, now) for campaign in campaigns[:2] for contact in contacts]
    for campaign in campaigns[2:]:
        journeys += [_journey(campaign, one, chance, now) for one in chance.sample(contacts, min(A_FEW, len(contacts)))]
    _save(Enrolment, journeys)
    mailed = [one for one in journeys if one.first_sent_at]
    mails = {one.pk: _mail(one) for one in mailed}
    _save(Message, mails.values())
    _save(Event, _events(journeys, mails))
    totals: dict[Any, CampaignTotal] = {
        one.pk: CampaignTotal(workspace_id=one.workspace_id, campaign=one) for one in campaigns
    }
    for one in journeys:
        total = totals[one.campaign_id]
        total.contacts += 1
        total.emails_sent += one.emails_sent
        for counter, stamp in (
            ("sent", one.first_sent_at),
            ("opened", one.first_opened_at),
            ("clicked", one.first_clicked_at),
            ("replied", one.replied_at),
        ):
            setattr(total, counter, getattr(total, counter) + bool(stamp))
    _save(CampaignTotal, totals.values())
    _save(
        Passage,
        (
            Passage(workspace_id=total.workspace_id, campaign_id=key, node="mail_1", port="next", passed=total.sent)
            for key, total in totals.items()
        ),
    )


def _journey(campaign: Campaign, contact: Contact, chance: random.Random, now: datetime) -> Enrolment:
    row = Enrolment(
        workspace_id=campaign.workspace_id,
        campaign=campaign,
        contact=contact,
        version=campaign.version,
        seed=chance.randrange(2**32),
        added_at=now - timedelta(days=DAYS),
    )
    draw = chance.random()
    if campaign.status == CampaignStatus.DRAFT:
        return row
    row.node, row.phase = "mail_1", Phase.MAIL
    row.entered_at = row.next_run_at = now - timedelta(days=1)
    if draw < 0.3 and campaign.status in (CampaignStatus.ACTIVE, CampaignStatus.PAUSED):
        return row
    sent = now - timedelta(minutes=chance.randrange(60, DAYS * 24 * 60))
    row.first_sent_at = row.last_sent_at = sent
    row.emails_sent = 1
    row.first_opened_at = sent + timedelta(hours=1) if chance.random() < 0.5 else None
    row.first_clicked_at = sent + timedelta(hours=1) if row.first_opened_at and chance.random() < 0.2 else None
    if draw < 0.6 and campaign.status in (CampaignStatus.ACTIVE, CampaignStatus.PAUSED):
        row.node, row.phase, row.status = "wait", Phase.STEP, EnrolmentStatus.IN_PROGRESS
        row.next_run_at = now + timedelta(hours=chance.randrange(1, 70))
        return row
    row.node, row.phase, row.next_run_at, row.status = "end", Phase.IDLE, None, EnrolmentStatus.COMPLETED
    if draw > 0.95:
        row.status, row.replied_at = EnrolmentStatus.REPLIED, sent + timedelta(hours=5)
    row.finished_at = sent + timedelta(hours=6)
    return row


def _mail(journey: Enrolment) -> Message:
    assert journey.contact is not None, "the crowd is made with contacts"
    return Message(
        workspace_id=journey.workspace_id,
        campaign_id=journey.campaign_id,
        enrolment=journey,
        contact=journey.contact,
        account_id=_account_of(journey.campaign),
        version=journey.version,
        node="mail_1",
        state=MessageState.SENT,
        recipient=journey.contact.email or "",
        recipient_hash=f"{journey.seed:064x}",
        message_id=f"{journey.pk}@acme.example",
        frozen={"subject": "Subject of mail_1"},
        not_before=journey.first_sent_at,
        sending_at=journey.first_sent_at,
        sent_at=journey.first_sent_at,
        settled_at=journey.first_sent_at,
        first_opened_at=journey.first_opened_at,
        first_clicked_at=journey.first_clicked_at,
        replied_at=journey.replied_at,
    )


def _account_of(campaign: Campaign) -> Any:
    # Asked once a campaign: the object is shared by its people.
    if not hasattr(campaign, "account_key"):
        campaign.account_key = campaign.lanes.values_list("account", flat=True)[0]  # type: ignore[attr-defined]
    return campaign.account_key  # type: ignore[attr-defined]


def _events(journeys: list[Enrolment], mails: dict[Any, Message]) -> Iterator[Event]:
    for one in journeys:
        stamps = (
            (EventType.ADDED, one.added_at),
            (EventType.SENT, one.first_sent_at),
            (EventType.OPENED, one.first_opened_at),
            (EventType.CLICKED, one.first_clicked_at),
            (EventType.REPLIED, one.replied_at),
        )
        for kind, at in stamps:
            if at is None:
                continue
            is_of_mail = kind != EventType.ADDED
            yield Event(
                workspace_id=one.workspace_id,
                campaign_id=one.campaign_id,
                enrolment=one,
                contact=one.contact,
                message=mails[one.pk] if is_of_mail else None,
                node="mail_1" if is_of_mail else "",
                type=kind,
                at=at,
            )


def _tallies(campaigns: list[Campaign], chance: random.Random, now: datetime) -> None:
    """Give each campaign that ran its counts: those of the sum for all, those of quarters of hours for a hundred."""
    morning = now.replace(hour=8, minute=0, second=0, microsecond=0)

    def rows() -> Iterator[Tally]:
        for place, campaign in enumerate(campaigns):
            if campaign.status == CampaignStatus.DRAFT:
                continue
            known = {"workspace_id": campaign.workspace_id, "campaign": campaign, "node": "mail_1"}
            total = campaign.total  # as it was written with the people
            yield Tally(**known, account=NO_ACCOUNT, slot=ALL_TIME, sent=total.sent, opened=total.opened)
            for slot in range(DAYS * SLOTS_A_DAY) if place % 10 == 0 else ():
                day, quarter = divmod(slot, SLOTS_A_DAY)
                at = morning - timedelta(days=day) + timedelta(minutes=15 * quarter)
                yield Tally(**known, account=_account_of(campaign), slot=at, sent=chance.randrange(8), opened=2)

    _save(Tally, rows())
