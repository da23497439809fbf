"""How many mails tomorrow is likely to bring for each account, from who is due and what the limits let through."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q

from campaigns import scheduler, slots
from campaigns.enums import CampaignStatus, Phase
from campaigns.models import CampaignAccount, Enrolment
from fluenzr.core import clock
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces.models import Workspace

WAITING = (Phase.STEP, Phase.MAIL)


def sends(workspace: Workspace, *, accounts: Iterable[Account], now: datetime) -> dict[UUID, int]:
    """Return by account how many mails of running campaigns leave tomorrow, about; the day is the workspace's.

    Whoever acts by the end of tomorrow counts as one mail, if nobody stops and all steps in between are quick. What
    the rest of today still takes is taken off, and the sending hours, paces and caps hold both days. Two queries, one
    more where the plan limits the day; the work does not grow with the number of people.
    """
    known = {one.pk: one for one in accounts}
    today = clock.local_date(now, workspace.timezone)
    begins, ends = (clock.instant(today + timedelta(days=days), 0, workspace.timezone) for days in (1, 2))
    rows = CampaignAccount.objects.in_workspace(workspace).filter(campaign__status=CampaignStatus.ACTIVE)
    lanes = [lane for lane in rows.select_related("campaign").order_by("position") if lane.account_id in known]
    if not lanes:
        return {}
    waiting = _waiting(workspace, lanes, begins=begins, ends=ends)
    found: Counter[UUID] = Counter()
    days: dict[UUID, slots.Lane] = {}
    for lane in lanes:
        lane.campaign.workspace, lane.account = workspace, known[lane.account_id]
        state = scheduler.state_of(lane)
        if lane.account_id in days:
            # What earlier campaigns took of the day of this account is gone.
            state = replace(state, account_day=days[lane.account_id].account_day)
        today_due, due = waiting[(lane.campaign_id, lane.account_id)]
        sooner, state = _fill(state, now, begins, today_due)
        later, state = _fill(state, begins, ends, due - sooner)
        found[lane.account_id] += later
        days[lane.account_id] = state
    return dict(found)


def _waiting(
    workspace: Workspace, lanes: list[CampaignAccount], *, begins: datetime, ends: datetime
) -> dict[tuple[UUID, UUID], tuple[int, int]]:
    """Return how many act before the day and before its end, by campaign and account.

    Who has no account yet is shared out among those of the campaign.
    """
    rows = Enrolment.objects.in_workspace(workspace).filter(phase__in=WAITING, next_run_at__lt=ends)
    rows = rows.filter(campaign__in={lane.campaign_id for lane in lanes})
    counts: dict[tuple[UUID, UUID], tuple[int, int]] = defaultdict(lambda: (0, 0))
    senders: dict[UUID, list[UUID]] = defaultdict(list)
    for lane in lanes:
        senders[lane.campaign_id].append(lane.account_id)
    counted = {"before": Count("pk", filter=Q(next_run_at__lt=begins)), "by_the_end": Count("pk")}
    for campaign, account, before, by_the_end in rows.values_list("campaign", "account").annotate(**counted):
        takers = senders[campaign] if account is None else [account]
        for place, taker in enumerate(takers):
            had = counts[(campaign, taker)]
            counts[(campaign, taker)] = (
                had[0] + _share(before, place, len(takers)),
                had[1] + _share(by_the_end, place, len(takers)),
            )
    return counts


def _share(number: int, place: int, takers: int) -> int:
    return number // takers + (place < number % takers)


def _fill(lane: slots.Lane, begins: datetime, ends: datetime, most: int) -> tuple[int, slots.Lane]:
    """Return how many of `most` mails the lane lets leave in that time, and the lane after them."""
    taken = 0
    while taken < most:
        at = slots.slot(lane, begins).at
        if at is None or at >= ends:
            break
        count = slots.in_a_row(lane, at, most - taken)
        if lane.gap:
            count = min(count, -(-(ends - at) // lane.gap))
        lane, taken = lane.use(at, count), taken + count
    return taken, lane
