"""When the mails of many people leave through one lane, without looking at each of them. Pure.

People who stand at the same step are one crowd. Their mails leave in a row as long as the lane lets them, which takes
one look however many they are; what the row did is then the crowd that waits for the next mail.
"""

import heapq
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from campaigns import slots
from campaigns.enums import MessageState, Phase
from campaigns.graph import Graph
from campaigns.journey import Journey, advance
from campaigns.nodes.base import Facts, Mail
from campaigns.slots import Lane

# Nobody plans further ahead.
HORIZON = timedelta(days=366)
# Up to so many mails each is looked at by itself; of more, several together, so that the work stays the same.
LOOKS = 1000
TOO_FAR = "too_far"


@dataclass(frozen=True)
class Crowd:
    """People at one step of a workflow with one way: they come to it from `first` to `last`.

    `mails` are those that they got, each with the time of the first and of the last person. `is_new` is whether they
    got none: others go before them (`scheduler`).
    """

    count: int
    workflow: Graph
    node: str
    first: datetime
    last: datetime
    mails: Sequence[tuple[str, datetime, datetime]] = ()
    is_new: bool = True


@dataclass(frozen=True)
class Course:
    """When the first mail leaves and the last person is through; None with the reason where it is not foreseeable."""

    first_at: datetime | None
    ends_at: datetime | None
    reason: str = ""


def course(crowds: Iterable[Crowd], lane: Lane, *, zone: str, now: datetime) -> Course:
    """Return when the mails of all these people leave, if nobody stops on the way; `zone` is the campaign's."""
    run = _Run(lane, zone, now)
    for crowd in crowds:
        run.arrive(crowd)
    reason = run.mail_all()
    return Course(run.first_at, None if reason else run.ends_at, reason)


@dataclass
class _Run:
    lane: Lane
    zone: str
    now: datetime
    first_at: datetime | None = None
    ends_at: datetime | None = None
    # Those who got a mail go first, as the scheduler takes them; then the others.
    waiting: tuple[list[tuple[datetime, int, Crowd]], list[tuple[datetime, int, Crowd]]] = field(
        default_factory=lambda: ([], [])
    )
    turns: int = 0
    # So many of the new people are looked at together.
    together: int = 1

    def mail_all(self) -> str:
        """Let everybody's mails leave; return why it does not come to an end, or ""."""
        people = sum(crowd.count for queue in self.waiting for _first, _turn, crowd in queue)
        self.together = math.ceil(people / LOOKS)
        while any(self.waiting):
            due = min(queue[0][0] for queue in self.waiting if queue)
            slot = slots.slot(self.lane, max(self.now, due))
            if slot.at is None:
                return slot.reason
            if slot.at - self.now > HORIZON:
                return TOO_FAR
            self._mail(slot.at)
        return TOO_FAR if self.ends_at and self.ends_at - self.now > HORIZON else ""

    def _mail(self, at: datetime) -> None:
        """Let as many as may leave in a row from `at` on, of the crowd whose turn it is."""
        self.first_at = self.first_at or at
        followers, new = self.waiting
        queue = followers if followers and followers[0][0] <= at else new
        crowd = heapq.heappop(queue)[2]
        count = slots.in_a_row(self.lane, at, crowd.count)
        if crowd.is_new:
            count = min(count, max(self._before_followers(crowd, at), self.together))
        last = at + (count - 1) * self.lane.gap
        if count < crowd.count:
            self._push(replace(crowd, count=crowd.count - count))
        elif crowd.last > last:
            last = slots.slot(self.lane, crowd.last).at or crowd.last
        self.lane = self.lane.use(at, count)
        mails = (*crowd.mails, (crowd.node, at, last))
        self.arrive(replace(crowd, count=count, first=at, last=last, mails=mails, is_new=False))

    def _before_followers(self, crowd: Crowd, at: datetime) -> int:
        """Return how many leave from `at` on before somebody who goes first is due."""
        if not self.lane.gap:
            return crowd.count
        dues = [followers[0][0]] if (followers := self.waiting[0]) else []
        node, due = self._where(crowd, at, [*crowd.mails, (crowd.node, at, at)], of_first=True)
        if node is not None:
            dues.append(due)
        return max(math.ceil((min(dues) - at) / self.lane.gap), 1) if dues else crowd.count

    def arrive(self, crowd: Crowd) -> None:
        """Let a crowd go on to its next mail, or to its end."""
        node, first = self._where(crowd, crowd.first, crowd.mails, of_first=True)
        same, last = self._where(crowd, crowd.last, crowd.mails, of_first=False)
        if node is None or same is None:
            self.ends_at = max(last, self.ends_at or last)
        else:
            self._push(replace(crowd, node=node, first=first, last=max(first, last)))

    def _push(self, crowd: Crowd) -> None:
        self.turns += 1
        heapq.heappush(self.waiting[crowd.is_new], (crowd.first, self.turns, crowd))

    def _where(
        self, crowd: Crowd, at: datetime, mails: Sequence[tuple[str, datetime, datetime]], *, of_first: bool
    ) -> tuple[str | None, datetime]:
        """Return which mail somebody who is at the crowd's step at `at` waits for next, and when; None at the end."""
        facts = Facts(
            mails=tuple(Mail(node, MessageState.SENT, first if of_first else last, True) for node, first, last in mails)
        )
        journey = Journey(crowd.node, at)
        while True:
            move = advance(journey, crowd.workflow, facts, zone=self.zone, now=max(at, journey.entered_at))
            if move.phase == Phase.MAIL:
                return move.node, move.entered_at
            if move.phase != Phase.STEP or move.next_run_at is None:
                return None, move.entered_at
            journey, at = Journey(move.node, move.entered_at, move.steps), move.next_run_at
