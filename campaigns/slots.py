"""When a lane may send its next mail: a pure function over plain data, in one fixed order of checks.

Window, then the account, then the daily limits (account, plan), then the hourly limits and gaps (campaign, account).
The last rule that moved the answer is its reason. The scheduler and the explanation call the same function.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from fluenzr.core import clock

# A sliding hour is kept although mails leave up to a minute later than planned: the gaps are this much wider.
HOURLY_MARGIN = 1.02
_ROUNDS = 3 * clock.HORIZON_DAYS


@dataclass(frozen=True)
class Cap:
    """A limit a day, counted by local date; `taken` holds what is used up. None means no limit."""

    limit: int | None
    zone: str
    taken: Mapping[date, int] = field(default_factory=dict)

    def frees_at(self, at: datetime) -> datetime:
        """Return `at`, or the next local midnight when that day is used up."""
        if self.limit is None:
            return at
        day = clock.local_date(at, self.zone)
        if self.taken.get(day, 0) < self.limit:
            return at
        return clock.instant(day + timedelta(days=1), 0, self.zone)

    def use(self, at: datetime, count: int = 1) -> "Cap":
        """Return the cap with so many more taken on that day."""
        day = clock.local_date(at, self.zone)
        return replace(self, taken={**self.taken, day: self.taken.get(day, 0) + count})

    def left(self, at: datetime) -> tuple[int, datetime] | None:
        """Return how many that day still has, and when it ends; None when there is no limit."""
        if self.limit is None:
            return None
        day = clock.local_date(at, self.zone)
        return self.limit - self.taken.get(day, 0), clock.instant(day + timedelta(days=1), 0, self.zone)


@dataclass(frozen=True)
class Pace:
    """A limit an hour, kept by even gaps; `next_at` is the next free moment, None when it is free."""

    gap: timedelta
    next_at: datetime | None = None

    @classmethod
    def an_hour(cls, limit: int | None, next_at: datetime | None, least: int = 0) -> "Pace":
        """Return the pace of so many an hour (None: no limit), with at least `least` seconds between two."""
        seconds = 3600 / limit * HOURLY_MARGIN if limit else 0.0
        return cls(timedelta(seconds=max(seconds, least)), next_at)

    def frees_at(self, at: datetime) -> datetime:
        """Return `at`, or the next free moment when it is later."""
        return at if self.next_at is None else max(at, self.next_at)

    def use(self, at: datetime) -> "Pace":
        """Return the pace after something left at `at`."""
        return replace(self, next_at=at + self.gap)


@dataclass(frozen=True)
class Lane:
    """What decides when a campaign may send from an account. `blocked` is a reason why it may not at all."""

    window: clock.Window
    campaign_pace: Pace
    account_pace: Pace
    account_day: Cap
    plan_day: Cap
    retry_at: datetime | None = None
    blocked: str = ""

    @property
    def gap(self) -> timedelta:
        """The time between two mails in a row."""
        return max(self.campaign_pace.gap, self.account_pace.gap)

    def use(self, at: datetime, count: int = 1) -> "Lane":
        """Return the lane after a slot at `at` was taken, or `count` in a row from it on (see `in_a_row`)."""
        last = at + (count - 1) * self.gap
        return replace(
            self,
            campaign_pace=self.campaign_pace.use(last),
            account_pace=self.account_pace.use(last),
            account_day=self.account_day.use(at, count),
            plan_day=self.plan_day.use(at, count),
        )


@dataclass(frozen=True)
class Slot:
    """When the lane may send, and the rule that decided: "" when nothing holds it. `at` None: not foreseeable."""

    at: datetime | None
    reason: str


def slot(lane: Lane, now: datetime) -> Slot:
    """Return the first moment from `now` on at which the lane may send a mail."""
    if lane.blocked:
        return Slot(None, lane.blocked)
    at, reason, pace = now, "", ""
    for _round in range(_ROUNDS):
        before = at
        opening = lane.window.next_open(at)
        if opening is None:
            return Slot(None, "window_never_opens")
        waits = (
            ("window", opening),
            ("account_retry", at if lane.retry_at is None else max(at, lane.retry_at)),
            ("account_daily", lane.account_day.frees_at(at)),
            ("plan_daily", lane.plan_day.frees_at(at)),
        )
        paces = (
            ("campaign_hourly", lane.campaign_pace.frees_at(at)),
            ("account_hourly", lane.account_pace.frees_at(at)),
        )
        for name, free in waits:
            if free > at:
                at, reason = free, reason or name
        for name, free in paces:
            if free > at:
                at, pace = free, pace or name
        if at == before:
            return Slot(at, reason or pace)
    return Slot(None, reason or pace)


def take(lane: Lane, *, now: datetime, until: datetime, count: int) -> tuple[list[datetime], Lane]:
    """Return up to `count` slots from `now` to `until`, and the lane after them."""
    slots: list[datetime] = []
    while len(slots) < count:
        at = slot(lane, now).at
        if at is None or at > until:
            break
        # Without gaps they are all at this moment; with them each may fall on another day of a count.
        row = 1 if lane.gap else in_a_row(lane, at, count - len(slots))
        slots += [at] * row
        lane = lane.use(at, row)
    return slots, lane


def in_a_row(lane: Lane, at: datetime, most: int) -> int:
    """Return how many slots, up to `most`, follow one another evenly from the free one at `at` on.

    What ends the row is the end of the sending hours, of a limited day, or of its limit.
    """
    limits = [rest for cap in (lane.account_day, lane.plan_day) if (rest := cap.left(at)) is not None]
    ends = [midnight for _left, midnight in limits]
    closing = lane.window.next_close(at)
    if closing is not None:
        ends.append(closing)
    count = min([most, *(left for left, _midnight in limits)])
    if lane.gap:
        count = min([count, *(math.ceil((end - at) / lane.gap) for end in ends)])
    return max(count, 1)
