"""Gives mails their slots: reads only the lanes that may send now, and of each only as many people as it has slots.

A lane is a campaign and one of its accounts. A message is born in the transaction that takes its slot and its person's
turn; whoever plans the same twice finds nothing left to plan.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from campaigns import births, colleagues, slots, stopping, waiting
from campaigns.colleagues import Others
from campaigns.enums import CampaignStatus, EnrolmentStatus, MessageState, Phase
from campaigns.mail.rendering import Made, Unrenderable
from campaigns.models import Campaign, CampaignAccount, Claim, DayCount, Enrolment, Message
from campaigns.waiting import Person
from contacts import addresses, suppression, whereabouts
from contacts.enums import UNREACHABLE, ContactStatus
from fluenzr.core import among, bulk, clock, ids, sharing
from fluenzr.mailboxes import transports
from fluenzr.mailboxes.enums import AccountStatus
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces import plans
from fluenzr.workspaces.models import Workspace

log = structlog.get_logger(__name__)

# How far ahead a message may be born (design.md allows 15 minutes; a short way keeps a pause cheap).
AHEAD = timedelta(seconds=30)
# At most so many messages of one lane in one transaction.
BATCH = 200
LANES_A_TICK = 100
# An account whose hours never come is looked at again after this long.
BLOCKED_FOR = timedelta(minutes=15)
# Mails that should have left this long ago hold back new ones: left together, they would burst the hourly limits.
BEHIND = timedelta(seconds=90)
# So many people are looked at together where some before them must not be written to.
LOOK_AT = 50


def lanes_due(now: datetime) -> QuerySet[CampaignAccount]:
    """Return the lanes that may send now and have somebody waiting, for whom mails are planned; the idlest first."""
    return _due(now).exclude(_in_bulk())


def bulk_lanes_due(now: datetime) -> QuerySet[CampaignAccount]:
    """Return those of the lanes whose mails are born in the hands of their sender (see `take`); the idlest first."""
    return _due(now).filter(_in_bulk())


def _in_bulk() -> Q:
    """Return what makes a lane one for bulk: its account is a relay, and nothing makes its mails wait for each other.

    Where something does, planning ahead costs nothing and keeps the pace better.
    """
    no_pace = Q(account__hourly_limit=None, account__min_gap_seconds=0, campaign__max_emails_per_hour=None)
    return no_pace & Q(account__provider__in=transports.bulk_providers())


def _due(now: datetime) -> QuerySet[CampaignAccount]:
    """Return the lanes that may send now and have somebody waiting; the idlest first.

    A subquery with a limit looks once into the index for each lane; PostgreSQL would turn an EXISTS into a scan of
    everybody who is due.
    """
    due = Enrolment.objects.mails_due(now).filter(campaign=OuterRef("campaign"))
    mine = due.filter(account=OuterRef("account")).values("next_run_at")[:1]
    new = due.filter(account__isnull=True).values("next_run_at")[:1]
    free = Q(next_slot_at__isnull=True) | Q(next_slot_at__lte=now + AHEAD)
    lanes = CampaignAccount.objects.filter(
        free, campaign__in=Campaign.objects.active(), account__status=AccountStatus.CONNECTED
    )
    again = Message.objects.wanting_a_slot(now).filter(account=OuterRef("account"), campaign=OuterRef("campaign"))
    asked: QuerySet[CampaignAccount] = lanes.alias(
        mine=Subquery(mine), new=Subquery(new), again=Subquery(again.values("not_before")[:1])
    )
    waiting = asked.filter(Q(mine__isnull=False) | Q(new__isnull=False) | Q(again__isnull=False))
    return waiting.order_by(F("last_used_at").asc(nulls_first=True))


def plan(*, now: datetime) -> int:
    """Give slots to those whose mail is due; return how many were given."""
    return sum(_try_lane(lane, now) for lane in list(lanes_due(now).values_list("pk", flat=True)[:LANES_A_TICK]))


def _try_lane(lane_id: UUID, now: datetime) -> int:
    """Plan one lane; what is broken in it must not hold up the lanes after it."""
    try:
        return plan_lane(lane_id, now=now)
    except (OperationalError, InterfaceError):
        raise  # the database is at fault, not the lane
    except Exception:
        log.exception("lane_failed", lane=str(lane_id))
        CampaignAccount.objects.filter(pk=lane_id).update(next_slot_at=now + BLOCKED_FOR, wait_reason="failed")
        return 0


def plan_lane(lane_id: UUID, *, now: datetime) -> int:
    """Take the slots that one lane has now: for mails that lost theirs, then for people; return how many were given."""
    with transaction.atomic():
        lane, state = lock_lane(lane_id)
        if lane.campaign.status != CampaignStatus.ACTIVE:
            return 0
        if _is_behind(lane, now):
            _wait(lane, now + AHEAD, "account_behind", now)
            return 0
        given = _give_slots(lane, state, now, until=now + AHEAD, count=BATCH)
        if given.messages:
            Message.objects.bulk_create(given.messages)
        _take_slots(lane, state, given, now)
    return len(given.times)


Born = tuple[Message, Made | Unrenderable]


def take(account_id: UUID, *, owner: str, lease_until: datetime, now: datetime, count: int) -> list[Born]:
    """Return up to `count` mails of an account's bulk lanes, born claimed by this owner, and made; none if none is due.

    Those that cannot be made are in the list, too: their sender has to fail them. All is as if they had been planned
    and claimed, in one write instead of four.
    """
    for lane_id in list(bulk_lanes_due(now).filter(account=account_id).values_list("pk", flat=True)[:LANES_A_TICK]):
        born = _take_lane(lane_id, owner, lease_until, now, count)
        if born:
            return born
    return []


def _take_lane(lane_id: UUID, owner: str, lease_until: datetime, now: datetime, count: int) -> list[Born]:
    with transaction.atomic():
        lane, state = lock_lane(lane_id, in_bulk=True)
        if lane.campaign.status != CampaignStatus.ACTIVE:
            return []
        claim = Claim(account_id=lane.account_id, owner=owner, lease_until=lease_until)
        held = {"state": MessageState.CLAIMED, "fence": 1, "owner": owner, "claim_id": claim.pk}
        given = _give_slots(lane, state, now, until=now, count=count, held=held | {"created_at": now})
        born = births.make(lane, given.messages, given.people, now=now)
        given = replace(given, people=given.people[: len(born)], messages=[message for message, _made in born])
        given = replace(given, times=given.times[: given.again + len(born)])
        if born:
            claim.save(force_insert=True)
            births.write(born)
        _take_slots(lane, state, given, now)
    return born


@dataclass(frozen=True)
class _Given:
    """The slots that a lane gave: `times` of all, first those of mails that wanted one `again`, then of new ones."""

    times: Sequence[datetime]
    again: int
    people: Sequence[Person]
    messages: Sequence[Message]


def _give_slots(
    lane: CampaignAccount,
    state: slots.Lane,
    now: datetime,
    *,
    until: datetime,
    count: int,
    held: Mapping[str, Any] = MappingProxyType({}),
) -> _Given:
    times = slots.take(state, now=now, until=until, count=count)[0]
    again = _give_again(lane, now, times)
    people = _people(lane, now, len(times) - again)
    messages = _messages(lane, people, times[again:], held)
    return _Given(times[: again + len(messages)], again, people, messages)


def _take_slots(lane: CampaignAccount, state: slots.Lane, given: _Given, now: datetime) -> None:
    """Write what these slots used up, and when the lane has its next."""
    if given.times:
        state = slots.take(state, now=now, until=given.times[-1], count=len(given.times))[1]
        _charge(lane, state, given.times)
    if given.people:
        _on_their_way(lane, [row.id for row in given.people])
    following = slots.slot(state, now)
    _wait(lane, following.at or now + BLOCKED_FOR, following.reason, now)


def _give_again(lane: CampaignAccount, now: datetime, times: Sequence[datetime]) -> int:
    """Give the first of the slots to mails that have lost theirs; return how many were given."""
    waiting = Message.objects.wanting_a_slot(now).filter(account=lane.account_id, campaign=lane.campaign_id)
    locked = waiting.order_by("not_before", "id").select_for_update(no_key=True, skip_locked=True)
    keys = list(locked.values_list("pk", flat=True)[: len(times)]) if times else []
    for key, at in zip(keys, times, strict=False):
        Message.objects.wanting_a_slot(now).filter(pk=key).update(has_slot=True, not_before=at)
    return len(keys)


def _wait(lane: CampaignAccount, until: datetime, reason: str, now: datetime) -> None:
    lane.next_slot_at, lane.wait_reason, lane.last_used_at = until, reason, now
    lane.save(update_fields=["next_slot_at", "wait_reason", "last_used_at"])


def _is_behind(lane: CampaignAccount, now: datetime) -> bool:
    """Whether senders do not keep up with what was planned for the account; what a server put off does not count."""
    return Message.objects.to_claim(now - BEHIND).filter(account=lane.account_id).exists()


def lock_lane(lane_id: UUID, *, in_bulk: bool = False) -> tuple[CampaignAccount, slots.Lane]:
    """Lock a lane's campaign and account, always in this order, and return it with what decides its slots.

    Nothing of the campaign is written for a lane in bulk, so its lanes hold it together. Where the plan has a daily
    limit the workspace follows: all its lanes share that count. The locks are those of an UPDATE, so whoever adds rows
    that point at a campaign does not wait for them.
    """
    lane = CampaignAccount.objects.get(pk=lane_id)
    campaigns = Campaign.objects.filter(pk=lane.campaign_id)
    (campaign,) = sharing.held(campaigns) if in_bulk else campaigns.select_for_update(no_key=True)
    account = Account.objects.select_for_update(no_key=True).get(pk=lane.account_id)
    workspace = Workspace.objects.get(pk=lane.workspace_id)
    if plans.limits(workspace).emails_per_day is not None:
        workspace = Workspace.objects.select_for_update(no_key=True).get(pk=lane.workspace_id)
    lane.campaign, lane.account, campaign.workspace, account.workspace = campaign, account, workspace, workspace
    return lane, state_of(lane)


def state_of(lane: CampaignAccount) -> slots.Lane:
    """Return what decides when a lane may send, as plain data; its campaign, account and workspace are loaded."""
    campaign, account = lane.campaign, lane.account
    workspace = campaign.workspace
    plan_limit = plans.limits(workspace).emails_per_day
    taken = {account.count_date: account.count_today} if account.count_date is not None else {}
    return slots.Lane(
        window=campaign.window(),
        campaign_pace=slots.Pace.an_hour(campaign.max_emails_per_hour, campaign.next_slot_at),
        account_pace=slots.Pace.an_hour(account.hourly_limit, account.next_slot_at, account.min_gap_seconds),
        account_day=slots.Cap(account.daily_limit, account.timezone or workspace.timezone, taken),
        plan_day=slots.Cap(plan_limit, workspace.timezone, _plan_days(workspace.pk) if plan_limit else {}),
        retry_at=account.retry_at,
        blocked="" if account.status == AccountStatus.CONNECTED else f"account_{account.status}",
    )


def _plan_days(workspace_id: UUID) -> dict[date, int]:
    rows = DayCount.objects.filter(workspace=workspace_id).order_by("-day").values_list("day", "taken")
    return dict(rows[:2])


def _charge(lane: CampaignAccount, state: slots.Lane, times: Sequence[datetime]) -> None:
    """Write the paces and counters after the slots were taken."""
    if state.campaign_pace.gap:
        # Other lanes of this campaign wait for the campaign's pace too; they find out when their turn comes.
        Campaign.objects.filter(pk=lane.campaign_id).update(next_slot_at=state.campaign_pace.next_at)
    charge_account(lane.account, state, times)


def charge_account(account: Account, state: slots.Lane, times: Sequence[datetime]) -> None:
    """Write the pace and the counts of an account and of its workspace's plan, once slots are taken under its lock."""
    day = max(state.account_day.taken)
    Account.objects.filter(pk=account.pk).update(
        next_slot_at=state.account_pace.next_at, count_date=day, count_today=state.account_day.taken[day]
    )
    if state.plan_day.limit is not None:
        for day, taken in Counter(clock.local_date(at, state.plan_day.zone) for at in times).items():
            row = DayCount.objects.get_or_create(workspace_id=account.workspace_id, day=day)[0]
            DayCount.objects.filter(pk=row.pk).update(taken=F("taken") + taken)


def _people(lane: CampaignAccount, now: datetime, count: int) -> list[Person]:
    """Return up to `count` people of the lane who wait for a mail: those it wrote to before first, then new ones.

    Whoever turns out not to be mailable leaves the queue, and the next are looked at in their place.
    """
    kept: list[Person] = []
    asked = count
    while len(kept) < count:
        rows = _waiting(lane, now, asked, but=[row.id for row in kept])
        kept += _mailable(lane, waiting.with_contacts(rows), now, count - len(kept))
        if len(rows) < asked:
            break
        asked = max(count - len(kept), LOOK_AT)
    return kept


def _waiting(lane: CampaignAccount, now: datetime, count: int, *, but: Sequence[UUID]) -> list[Sequence[Any]]:
    """Lock and return up to `count` people whose mail is due, in the order of their turn."""
    due = Enrolment.objects.mails_due(now).filter(campaign=lane.campaign_id).exclude(pk__in=but)
    found: list[Sequence[Any]] = []
    for rows in (due.filter(account=lane.account_id), due.filter(account__isnull=True)):
        if len(found) < count:
            # The account is the same for all; named, PostgreSQL reads its index in order instead of sorting everybody.
            locked = rows.order_by("account", "next_run_at").select_for_update(
                no_key=True, skip_locked=True, of=("self",)
            )
            found.extend(locked.values_list(*waiting.COLUMNS)[: count - len(found)])
    return found


def _mailable(lane: CampaignAccount, people: Sequence[Person], now: datetime, count: int) -> list[Person]:
    """Keep the first `count` who may be written to now; those met before them who may not leave the queue."""
    keys = [row.contact.email_key for row in people if row.contact is not None and row.contact.email]
    barred = suppression.standing_of_keys(lane.campaign.workspace, keys)
    made = _made_before(people)
    by_company = lane.campaign.one_per_company
    answered = colleagues.answered(lane.campaign, [row.journey() for row in people]) if by_company else {}
    kept: list[Person] = []
    for row in people:
        if len(kept) == count:
            break
        contact = row.contact
        if contact is None or not contact.email:
            stopping.stop([row.id], status=EnrolmentStatus.ERROR, reason=_("The contact has no address."), now=now)
        elif contact.email_key in barred or contact.status in UNREACHABLE:
            _end_barred(row, now)
        elif row.id in answered:
            colleagues.stop(Others(answered[row.id], [row.journey()]), now=now)
        elif contact.hold_until is not None and contact.hold_until > now:
            Enrolment.objects.filter(pk=row.id).update(next_run_at=contact.hold_until)
        elif made and (row.id, row.node) in made:
            _look_again(row, now)
        else:
            kept.append(row)
    return kept


def _end_barred(row: Person, now: datetime) -> None:
    bounced = row.contact.status == ContactStatus.BOUNCED
    status = EnrolmentStatus.BOUNCED if bounced else EnrolmentStatus.UNSUBSCRIBED
    stopping.stop([row.id], status=status, reason=_("The address must not be written to."), now=now)


def _made_before(people: Sequence[Person]) -> set[tuple[UUID | None, str]]:
    """Return the (enrolment, node) whose mail exists; one that was taken back before it was opened is dropped."""
    theirs = among.keys("enrolment_id", (row.id for row in people))
    mails = Message.objects.filter(theirs, node__in={row.node for row in people})
    dropped = [mail for mail in mails if mail.state == MessageState.CANCELLED and mail.sending_at is None]
    if dropped:
        Message.objects.filter(pk__in=[mail.pk for mail in dropped]).delete()
    return {(mail.enrolment_id, mail.node) for mail in mails if mail not in dropped}


def _look_again(row: Person, now: datetime) -> None:
    """The mail of this node exists: it is never made twice, and the journey finds out what became of it."""
    log.error("mail_exists", enrolment=str(row.id), node=row.node)
    Enrolment.objects.filter(pk=row.id).update(phase=Phase.STEP, next_run_at=now + BLOCKED_FOR)


def _messages(
    lane: CampaignAccount, people: Sequence[Person], times: Sequence[datetime], held: Mapping[str, Any]
) -> list[Message]:
    """Return the mails of these people at these times, unsaved; `held` says who holds them."""
    common = Message(workspace_id=lane.workspace_id, campaign_id=lane.campaign_id, account_id=lane.account_id, **held)
    keys = ids.draw(min(len(people), len(times)))
    rows = zip(keys, people, times, strict=False)
    return [bulk.like(common, id=key, not_before=at, **_own(lane, key, row, at)) for key, row, at in rows]


def _own(lane: CampaignAccount, key: UUID, person: Person, at: datetime) -> dict[str, Any]:
    """Return what only this person's message says; only reachable people with an address get a slot."""
    contact = person.contact
    where = {"timezone": contact.timezone, "phone": contact.phone, "country": contact.country}
    zone = whereabouts.zone_name(**where, email=contact.email) or lane.campaign.timezone
    return {
        "enrolment_id": person.id,
        "contact_id": contact.id,
        "version_id": person.version_id,
        "node": person.node,
        "recipient": contact.email,
        "recipient_hash": addresses.key_hash(contact.email_key),
        "recipient_provider": contact.email.rpartition("@")[2].lower()[:100],
        "local_minute": clock.local_minute_of_week(at, zone),
        "message_id": f"{ids.encode(key)}@{lane.account.domain}",
    }


def _on_their_way(lane: CampaignAccount, enrolments: Sequence[UUID]) -> None:
    rows = Enrolment.objects.filter(among.keys("pk", enrolments), phase=Phase.MAIL)
    moved = rows.update(phase=Phase.IDLE, next_run_at=None, account=lane.account_id)
    assert moved == len(enrolments), "the rows are locked by this transaction"
