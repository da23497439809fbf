"""Gives mails their slots: reads only the lanes that may send now, and of each only as many people as it has slots.

A lane is a campaign and one of its accounts. A message is born in the transaction that takes its slot and its person's
turn; whoever plans the same twice finds nothing left to plan.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from campaigns import colleagues, slots, stopping
from campaigns.colleagues import Others
from campaigns.enums import CampaignStatus, EnrolmentStatus, MessageState, Phase
from campaigns.models import Campaign, CampaignAccount, DayCount, Enrolment, Message
from contacts import addresses, suppression, whereabouts
from contacts.enums import UNREACHABLE, ContactStatus
from contacts.models import Contact
from fluenzr.core import clock, ids
from fluenzr.core.ids import uuid7
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
        times = slots.take(state, now=now, until=now + AHEAD, count=BATCH)[0]
        again = _give_again(lane, now, times)
        people = _people(lane, now, len(times) - again)
        messages = _messages(lane, people, times[again:])
        times = times[: again + len(messages)]
        if times:
            for at in times:
                state = state.use(at)
            _charge(lane, state, times)
        if messages:
            Message.objects.bulk_create(messages)
            _on_their_way(lane, [row.pk for row in people])
        following = slots.slot(state, now)
        _wait(lane, following.at or now + BLOCKED_FOR, following.reason, now)
    return len(times)


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
    planned = Message.objects.filter(account=lane.account_id, state=MessageState.QUEUED, has_slot=True)
    return planned.filter(not_before__lt=now - BEHIND).exists()


def lock_lane(lane_id: UUID) -> tuple[CampaignAccount, slots.Lane]:
    """Lock a lane's campaign and account, always in this order, and return it with what decides its slots.

    Where the plan has a daily limit the workspace follows: all its lanes share that count. The locks are those of an
    UPDATE, so whoever adds rows that point at a campaign does not wait for them.
    """
    lane = CampaignAccount.objects.get(pk=lane_id)
    campaign = Campaign.objects.select_for_update(no_key=True).get(pk=lane.campaign_id)
    account = Account.objects.select_for_update(no_key=True).get(pk=lane.account_id)
    workspace = Workspace.objects.get(pk=lane.workspace_id)
    if plans.limits(workspace).emails_per_day is not None:
        workspace = Workspace.objects.select_for_update(no_key=True).get(pk=lane.workspace_id)
    lane.campaign, lane.account, lane.campaign.workspace = campaign, account, workspace
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


def _people(lane: CampaignAccount, now: datetime, count: int) -> list[Enrolment]:
    """Return up to `count` people of the lane who wait for a mail: those it wrote to before first, then new ones.

    Whoever turns out not to be mailable leaves the queue, and the next are looked at in their place.
    """
    kept: list[Enrolment] = []
    asked = count
    while len(kept) < count:
        keys = _waiting(lane, now, asked, but=[row.pk for row in kept])
        rows = Enrolment.objects.select_related("contact").in_bulk(keys)
        kept += _mailable(lane, [rows[key] for key in keys], now, count - len(kept))
        if len(keys) < asked:
            break
        asked = max(count - len(kept), LOOK_AT)
    return kept


def _waiting(lane: CampaignAccount, now: datetime, count: int, *, but: Sequence[UUID]) -> list[UUID]:
    """Lock and return the keys of up to `count` people whose mail is due, in the order of their turn."""
    due = Enrolment.objects.mails_due(now).filter(campaign=lane.campaign_id).exclude(pk__in=but)
    keys: list[UUID] = []
    for rows in (due.filter(account=lane.account_id), due.filter(account__isnull=True)):
        if len(keys) < count:
            # The account is the same for all; named, PostgreSQL reads its index in order instead of sorting everybody.
            locked = rows.order_by("account", "next_run_at").select_for_update(
                no_key=True, skip_locked=True, of=("self",)
            )
            keys.extend(locked.values_list("pk", flat=True)[: count - len(keys)])
    return keys


def _mailable(lane: CampaignAccount, people: Sequence[Enrolment], now: datetime, count: int) -> list[Enrolment]:
    """Keep the first `count` who may be written to now; those met before them who may not leave the queue."""
    emails = [row.contact.email for row in people if row.contact is not None and row.contact.email]
    barred = suppression.barred(lane.campaign.workspace, emails) if emails else set()
    made = _made_before(people)
    answered = colleagues.answered(lane.campaign, people)
    kept: list[Enrolment] = []
    for row in people:
        if len(kept) == count:
            break
        contact = row.contact
        if contact is None or not contact.email:
            stopping.stop([row.pk], status=EnrolmentStatus.ERROR, reason=_("The contact has no address."), now=now)
        elif contact.email in barred or contact.status in UNREACHABLE:
            _end_barred(row, contact, now)
        elif row.pk in answered:
            colleagues.stop(Others(answered[row.pk], [row]), now=now)
        elif contact.hold_until is not None and contact.hold_until > now:
            Enrolment.objects.filter(pk=row.pk).update(next_run_at=contact.hold_until)
        elif (row.pk, row.node) in made:
            _look_again(row, now)
        else:
            kept.append(row)
    return kept


def _end_barred(row: Enrolment, contact: Contact, now: datetime) -> None:
    bounced = contact.status == ContactStatus.BOUNCED
    status = EnrolmentStatus.BOUNCED if bounced else EnrolmentStatus.UNSUBSCRIBED
    stopping.stop([row.pk], status=status, reason=_("The address must not be written to."), now=now)


def _made_before(people: Sequence[Enrolment]) -> set[tuple[UUID | None, str]]:
    """Return the (enrolment, node) whose mail exists; one that was taken back before it was opened is dropped."""
    mails = Message.objects.filter(enrolment__in=[row.pk for row in people], node__in={row.node for row in people})
    dropped = [mail for mail in mails if mail.state == MessageState.CANCELLED and mail.sending_at is None]
    if dropped:
        Message.objects.filter(pk__in=[mail.pk for mail in dropped]).delete()
    return {(mail.enrolment_id, mail.node) for mail in mails if mail not in dropped}


def _look_again(row: Enrolment, now: datetime) -> None:
    """The mail of this node exists: it is never made twice, and the journey finds out what became of it."""
    log.error("mail_exists", enrolment=str(row.pk), node=row.node)
    Enrolment.objects.filter(pk=row.pk).update(phase=Phase.STEP, next_run_at=now + BLOCKED_FOR)


def _messages(lane: CampaignAccount, people: Sequence[Enrolment], times: Sequence[datetime]) -> list[Message]:
    return [_message(lane, row, at) for row, at in zip(people, times, strict=False)]


def _message(lane: CampaignAccount, enrolment: Enrolment, at: datetime) -> Message:
    contact = enrolment.contact
    assert contact is not None, "only reachable people get a slot"
    assert contact.email is not None, "only people with an address get a slot"
    key = uuid7()
    zone = whereabouts.zone(contact).value or lane.campaign.timezone
    return Message(
        id=key,
        workspace_id=lane.workspace_id,
        campaign_id=lane.campaign_id,
        enrolment=enrolment,
        contact=contact,
        account_id=lane.account_id,
        version_id=enrolment.version_id,
        node=enrolment.node,
        recipient=contact.email,
        recipient_hash=addresses.address_hash(contact.email),
        recipient_provider=contact.email.rpartition("@")[2].lower()[:100],
        local_minute=clock.local_minute_of_week(at, zone),
        message_id=f"{ids.encode(key)}@{lane.account.domain}",
        not_before=at,
    )


def _on_their_way(lane: CampaignAccount, enrolments: Sequence[UUID]) -> None:
    rows = Enrolment.objects.filter(pk__in=enrolments, phase=Phase.MAIL)
    moved = rows.update(phase=Phase.IDLE, next_run_at=None, account=lane.account_id)
    assert moved == len(enrolments), "the rows are locked by this transaction"
