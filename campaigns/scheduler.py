"""Gives mails their slots: reads only the lanes that may send now, and of each only as many people as it has slots.

A lane is a campaign and one of its accounts. A message is born in the transaction that takes its slot and its person's
turn; whoever plans the same twice finds nothing left to plan.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from campaigns import slots, stopping
from campaigns.enums import EnrolmentStatus, Phase
from campaigns.models import Campaign, CampaignAccount, DayCount, Enrolment, Message
from contacts import addresses, suppression
from contacts.enums import UNREACHABLE
from fluenzr.core import clock, ids
from fluenzr.core.ids import uuid7
from fluenzr.mailboxes.enums import AccountStatus
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces import plans

# How far ahead a message may be born (design.md allows 15 minutes; a short way keeps a pause cheap).
AHEAD = timedelta(seconds=30)
# At most so many messages of one lane in one transaction.
BATCH = 200
LANES_A_TICK = 100
# An account whose hours never come is looked at again after this long.
BLOCKED_FOR = timedelta(minutes=15)


def lanes_due(now: datetime) -> QuerySet[CampaignAccount]:
    """Return the lanes that may send now and have somebody waiting; the idlest first."""
    mine = Enrolment.objects.mails_due(now).filter(campaign=OuterRef("campaign"))
    waiting = Exists(mine.filter(account=OuterRef("account"))) | Exists(mine.filter(account__isnull=True))
    free = Q(next_slot_at__isnull=True) | Q(next_slot_at__lte=now + AHEAD)
    lanes = CampaignAccount.objects.filter(
        free, campaign__in=Campaign.objects.active(), account__status=AccountStatus.CONNECTED
    )
    return lanes.filter(waiting).order_by(F("last_used_at").asc(nulls_first=True))


def plan(*, now: datetime) -> int:
    """Give slots to those whose mail is due; return how many messages were born."""
    return sum(plan_lane(lane, now=now) for lane in lanes_due(now).values_list("pk", flat=True)[:LANES_A_TICK])


def plan_lane(lane_id: UUID, *, now: datetime) -> int:
    """Take the slots that one lane has now, and give them to its people; return how many messages were born."""
    with transaction.atomic():
        lane, state = lock_lane(lane_id)
        if lane.campaign.status != "active":
            return 0
        times, _after = slots.take(state, now=now, until=now + AHEAD, count=BATCH)
        people = _people(lane, now, len(times))
        messages = _messages(lane, people, times)
        if messages:
            for at in (times := times[: len(messages)]):
                state = state.use(at)
            _charge(lane, state, times)
            Message.objects.bulk_create(messages)
            _on_their_way(lane, [message.enrolment_id for message in messages if message.enrolment_id])
        elif times and people:
            return 0  # all of them turned out to be unreachable; the slots stay free
        following = slots.slot(state, now)
        lane.next_slot_at = following.at or now + BLOCKED_FOR
        lane.wait_reason = following.reason
        lane.last_used_at = now
        lane.save(update_fields=["next_slot_at", "wait_reason", "last_used_at"])
    return len(messages)


def lock_lane(lane_id: UUID) -> tuple[CampaignAccount, slots.Lane]:
    """Lock a lane's campaign and account, always in this order, and return it with what decides its slots."""
    lane = CampaignAccount.objects.get(pk=lane_id)
    campaign = Campaign.objects.select_for_update().get(pk=lane.campaign_id)
    account = Account.objects.select_for_update().get(pk=lane.account_id)
    lane.campaign, lane.account = campaign, account
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
    campaign, account = lane.campaign, lane.account
    Campaign.objects.filter(pk=campaign.pk).update(next_slot_at=state.campaign_pace.next_at)
    day = max(state.account_day.taken)
    Account.objects.filter(pk=account.pk).update(
        next_slot_at=state.account_pace.next_at, count_date=day, count_today=state.account_day.taken[day]
    )
    # Other lanes of this campaign wait for the campaign's pace too; they find out when their turn comes.
    if state.plan_day.limit is not None:
        for at in times:
            day = clock.local_date(at, state.plan_day.zone)
            row = DayCount.objects.get_or_create(workspace_id=lane.workspace_id, day=day)[0]
            DayCount.objects.filter(pk=row.pk).update(taken=F("taken") + 1)


def _people(lane: CampaignAccount, now: datetime, count: int) -> list[Enrolment]:
    """Return up to `count` people of the lane who wait for a mail: those it wrote to before first, then new ones."""
    due = Enrolment.objects.mails_due(now).filter(campaign=lane.campaign_id).order_by("next_run_at")
    keys: list[UUID] = []
    for rows in (due.filter(account=lane.account_id), due.filter(account__isnull=True)):
        if len(keys) < count:
            locked = rows.select_for_update(skip_locked=True, of=("self",))
            keys.extend(locked.values_list("pk", flat=True)[: count - len(keys)])
    order = {key: place for place, key in enumerate(keys)}
    people = list(Enrolment.objects.filter(pk__in=keys).select_related("contact"))
    return _reachable(lane, sorted(people, key=lambda row: order[row.pk]), now)


def _reachable(lane: CampaignAccount, people: list[Enrolment], now: datetime) -> list[Enrolment]:
    """Keep those who may be written to now; end the journeys of those who may not, and put off those on hold."""
    emails = [row.contact.email for row in people if row.contact is not None and row.contact.email]
    barred = suppression.barred(lane.campaign.workspace, emails) if emails else set()
    kept = []
    for row in people:
        contact = row.contact
        if contact is None or not contact.email:
            stopping.stop([row.pk], status=EnrolmentStatus.ERROR, reason=_("The contact has no address."), now=now)
        elif contact.email in barred or contact.status in UNREACHABLE:
            bounced = contact.status == "bounced"
            status = EnrolmentStatus.BOUNCED if bounced else EnrolmentStatus.UNSUBSCRIBED
            stopping.stop([row.pk], status=status, reason=_("The address must not be written to."), now=now)
        elif contact.hold_until is not None and contact.hold_until > now:
            Enrolment.objects.filter(pk=row.pk).update(next_run_at=contact.hold_until)
        else:
            kept.append(row)
    return kept


def _messages(lane: CampaignAccount, people: Sequence[Enrolment], times: Sequence[datetime]) -> list[Message]:
    return [_message(lane, row, at) for row, at in zip(people, times, strict=False)]


def _message(lane: CampaignAccount, enrolment: Enrolment, at: datetime) -> Message:
    contact = enrolment.contact
    assert contact is not None, "only reachable people get a slot"
    assert contact.email is not None, "only people with an address get a slot"
    key = uuid7()
    zone = contact.timezone or lane.campaign.timezone
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
