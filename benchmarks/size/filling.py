"""Five million people in campaigns and as many mails, made by PostgreSQL itself: no row passes through Python."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F

from benchmarks.multitude import insert, without_checks, without_indexes
from campaigns.enums import CampaignStatus, EnrolmentStatus, EventType, MessageState, Phase
from campaigns.models import Campaign, CampaignTotal, Enrolment, Event, Message, Tally
from campaigns.models.event import ALL_TIME
from contacts.models import Contact, Group, Membership
from fluenzr.core import clock
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces.models import Workspace
from tests import builders
from tracking.models import RawHit

# Of a campaign that is over: it sent for so long, in so many mails of its workflow and from so many accounts.
DAYS = 60
STEPS = 2
ACCOUNTS = 3
# Quarters of an hour of a day in which it sent.
QUARTERS = 36
# Campaigns with everybody in them: one over, one whose people are due, the others are over, too.
CAMPAIGNS = 5
PLANNED = 20_000
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"
_FAR = timedelta(days=100)
# The planned mails have their slots within so many microseconds: none has missed it.
_MOMENTS = 300_000_000
_MINE = '(SELECT *, row_number() OVER () AS number FROM "{table}" WHERE {where}) AS given'


@dataclass(frozen=True)
class Filled:
    """What the measurements are about: a campaign that is over, whose people are due, and the account of each lane."""

    workspace: Workspace
    past: Campaign
    relay: Account
    mailbox: Account
    now: datetime


def fill(people: int, *, now: datetime) -> Filled:
    """Make so many people in each campaign: five million in all for a million."""
    workspace = builders.make_workspace(postal_address="1 Example Street")
    relay = builders.make_account(workspace, "relay@acme.example", provider="relay", channel="email")
    mailbox = builders.make_account(workspace, "ada@acme.example", provider="smtp", channel="email")
    mails = [builders.make_email_node(f"mail_{number + 1}") for number in range(STEPS)]
    anytime = {
        "send_days": list(clock.DAY_NAMES),
        "send_hours_start": 0,
        "send_hours_end": 24,
        "max_emails_per_hour": None,
    }
    over = {"status": CampaignStatus.COMPLETED, "started_at": now - _FAR}
    graph = builders.make_workflow(*mails)
    past = [builders.make_campaign(workspace, graph, mailbox, **over) for _one in range(CAMPAIGNS - 1)]
    going = {"status": CampaignStatus.ACTIVE, "started_at": now} | anytime
    due = builders.make_campaign(workspace, graph, relay, **going)
    planned = builders.make_campaign(workspace, graph, mailbox, **going)
    with without_checks(), without_indexes(Contact, Enrolment, Message, Event, RawHit):
        _contacts(workspace, people, now)
        for campaign in past:
            _journeys(campaign, now, status=EnrolmentStatus.COMPLETED, emails_sent=STEPS, first_sent_at=now - _FAR)
            _mails(campaign, mailbox, "mail_1", people, now)
        _mails(past[0], mailbox, "mail_2", people, now)
        _journeys(due, now, status=EnrolmentStatus.IN_PROGRESS, node="mail_1", phase=Phase.MAIL, next_run_at=now)
        _planned(planned, mailbox, now)
        _events(past[0], now)
        _hits(past[0], now)
    _numbers(past[0], mailbox, people, now)
    return Filled(workspace, past[0], relay, mailbox, now)


def of(workspace: Workspace, *, now: datetime) -> Filled:
    """Return what was filled in before."""
    accounts = {one.provider: one for one in Account.objects.filter(workspace=workspace)}
    past = Campaign.objects.filter(workspace=workspace, status=CampaignStatus.COMPLETED).earliest("pk")
    return Filled(workspace, past, accounts["relay"], accounts["smtp"], now)


def plan(account: Account, *, now: datetime) -> None:
    """Have all mails of an account that were never sent be due, each since a moment of its own, taken before or not."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE campaigns_message SET state = %s, owner = '',"
            " not_before = %s::timestamptz - abs(hashtext(id::text)) %% %s * interval '1 microsecond'"
            " WHERE account_id = %s AND sent_at IS NULL",
            [MessageState.QUEUED, now, _MOMENTS, account.pk],
        )


def draft(filled: Filled) -> Campaign:
    """Return a new draft with everybody in it."""
    campaign = builders.make_campaign(filled.workspace)
    with without_checks():
        _journeys(campaign, filled.now, status=EnrolmentStatus.PENDING)
    return campaign


def group(filled: Filled) -> Group:
    """Return a new group with everybody in it."""
    found = builders.make_group(filled.workspace)
    with without_checks():
        member = Membership(workspace=filled.workspace, group=found, added_at=filled.now)
        insert(member, _each("contacts_contact", f"workspace_id = '{filled.workspace.pk}'"), contact_id="given.id")
    return found


def _each(table: str, where: str) -> str:
    return _MINE.format(table=table, where=where)


def _contacts(workspace: Workspace, people: int, now: datetime) -> None:
    email = "'person' || number || '@company' || number % 5000 || '.example'"
    insert(
        Contact(workspace=workspace, created_at=now, updated_at=now, first_name="Ada", company="Globex"),
        f"generate_series(1, {people}) AS number",
        email=email,
        email_key=email,
    )


def _journeys(campaign: Campaign, now: datetime, **values: object) -> None:
    one = Enrolment(
        workspace=campaign.workspace, campaign=campaign, version=campaign.version, seed=1, added_at=now, **values
    )
    insert(one, _each("contacts_contact", f"workspace_id = '{campaign.workspace_id}'"), contact_id="given.id")


def _mails(campaign: Campaign, account: Account, node: str, people: int, now: datetime) -> None:
    """Write the mail that everybody in a campaign got at a node, over its days."""
    mail = Message(
        workspace=campaign.workspace, campaign=campaign, version=campaign.version, account=account, node=node,
        state=MessageState.SENT, not_before=now - _FAR, recipient="person@company.example", fence=1,
        recipient_provider="company.example", frozen={"subject": "A subject", "values": {"firstName": "Ada"}},
        smtp_code=250, smtp_text="2.0.0 Ok: queued as 8E1B2C3D4F",
    )  # fmt: skip
    at = f"TIMESTAMPTZ '{now - _FAR}' + number * interval '{DAYS * 86400 / people} seconds'"
    rows = _each("campaigns_enrolment", f"campaign_id = '{campaign.pk}'")
    insert(mail, rows, **_own(node), created_at=at, sending_at=at, sent_at=at)


def _own(node: str) -> dict[str, str]:
    """Return the expressions of what only one person's mail says."""
    return {
        "enrolment_id": "given.id",
        "contact_id": "given.contact_id",
        "recipient_hash": "encode(sha256(given.contact_id::text::bytea), 'hex')",
        "message_id": f"given.id || '.{node}@acme.example'",
    }


def _planned(campaign: Campaign, account: Account, now: datetime) -> None:
    """Write mails that have their slots, all due."""
    people = _each("contacts_contact", f"email LIKE 'person%' AND workspace_id = '{campaign.workspace_id}'")
    one = Enrolment(
        workspace=campaign.workspace, campaign=campaign, version=campaign.version, seed=1, added_at=now, node="mail_1",
        status=EnrolmentStatus.IN_PROGRESS, account=account,
    )  # fmt: skip
    insert(one, f"{people} WHERE number <= {PLANNED}", contact_id="given.id")
    mail = Message(
        workspace=campaign.workspace, campaign=campaign, version=campaign.version, account=account, node="mail_1",
        not_before=now, recipient="person@company.example",
    )  # fmt: skip
    insert(mail, _each("campaigns_enrolment", f"campaign_id = '{campaign.pk}'"), **_own("mail_1"))


def _events(campaign: Campaign, now: datetime) -> None:
    """Write an event for each person: an opening of their first mail, by whom is known."""
    metadata = {"ip": "203.0.113.7", "userAgent": AGENT}
    event = Event(
        workspace=campaign.workspace, campaign=campaign, type=EventType.OPENED, node="mail_1", metadata=metadata
    )
    mails = _each("campaigns_message", f"campaign_id = '{campaign.pk}' AND node = 'mail_1'")
    of_mail = {name: f"given.{name}" for name in ("enrolment_id", "contact_id")}
    insert(event, mails, message_id="given.id", at="given.sent_at + interval '1 hour'", **of_mail)


def _hits(campaign: Campaign, now: datetime) -> None:
    """Write the request behind each of the events."""
    hit = RawHit(kind="open", ip="203.0.113.7", user_agent=AGENT, folded=True)
    insert(hit, _each("campaigns_event", f"campaign_id = '{campaign.pk}'"), message="given.message_id", at="given.at")


def _numbers(campaign: Campaign, account: Account, people: int, now: datetime) -> None:
    """Write the totals of a campaign, and its tallies: of each quarter of an hour, and of all time."""
    opened = people // 2
    CampaignTotal.objects.filter(campaign=campaign).update(
        contacts=people, sent=people, opened=opened, emails_sent=F("contacts") * STEPS
    )
    tally = Tally(workspace=campaign.workspace, campaign=campaign, sent=10, opened=5)
    at = f"TIMESTAMPTZ '{(now - _FAR).date()} 08:00Z' + number / {QUARTERS} * interval '1 day'"
    for step in range(STEPS):
        tally.node = f"mail_{step + 1}"
        insert(tally, "generate_series(1, 1) AS number", slot=f"TIMESTAMPTZ '{ALL_TIME}'", sent=str(people))
        for number in range(ACCOUNTS):
            slot = f"{at} + number % {QUARTERS} * interval '15 minutes'"
            tally.account = account.pk if not number else builders.make_account(campaign.workspace).pk
            insert(tally, f"generate_series(1, {DAYS * QUARTERS}) AS number", slot=slot)
