"""When simulated mails may leave: the lanes of a campaign kept in memory, planned as `campaigns.scheduler` plans them.

The limits of the campaign and of the plan are shared by all lanes; those of an account are its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from campaigns import slots
from campaigns.scheduler import AHEAD
from campaigns.slots import Slot
from fluenzr.mailboxes.models import Account

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass
class Lane:
    """An account that sends for the campaign; its next free slot is None before its first turn."""

    account: Account
    state: slots.Lane
    last_used_at: datetime | None = None
    next_slot_at: datetime | None = None
    # Whether no slot can be foreseen any more.
    is_closed: bool = False


@dataclass(frozen=True)
class Wish:
    """Somebody who waits for a slot since `due`; `lane` is the number of the one that wrote to them before, if any."""

    due: datetime
    lane: int | None = None


@dataclass(frozen=True)
class Given:
    """A slot, and the rule that kept its person waiting for it, "" when none did."""

    at: datetime
    rule: str


class Lanes:
    """All lanes of the campaign."""

    def __init__(self, lanes: Sequence[Lane]) -> None:
        self.all = list(lanes)
        self._last_used: slots.Lane | None = None

    def next_look(self, wishes: Sequence[Wish]) -> datetime | None:
        """Return when the first lane gives out slots to any of these; it may lie in the past."""
        looks = [self._look(lane, dues) for lane, dues in self._asked(wishes)]
        return min(looks, default=None)

    def _asked(self, wishes: Sequence[Wish]) -> list[tuple[Lane, list[datetime]]]:
        asked = [
            (lane, [wish.due for wish in wishes if wish.lane in (None, number)])
            for number, lane in enumerate(self.all)
            if not lane.is_closed
        ]
        return [(lane, dues) for lane, dues in asked if dues]

    @staticmethod
    def _look(lane: Lane, dues: Sequence[datetime]) -> datetime:
        first = min(dues)
        return first if lane.next_slot_at is None else max(first, lane.next_slot_at - AHEAD)

    def due(self, now: datetime, wishes: Sequence[Wish]) -> list[int]:
        """Return the numbers of the lanes that have a turn now, the idlest first."""
        asked = [lane for lane, dues in self._asked(wishes) if self._look(lane, dues) <= now]
        asked.sort(key=lambda lane: lane.last_used_at or _NEVER)
        return [self.all.index(lane) for lane in asked]

    def give(self, number: int, dues: Sequence[datetime], *, now: datetime) -> list[Given]:
        """Give slots to the first of those who are due since then."""
        lane = self.all[number]
        state = self._state(lane)
        times, _after = slots.take(state, now=now, until=now + AHEAD, count=len(dues))
        given: list[Given] = []
        for at, due in zip(times, dues, strict=False):
            given.append(Given(at, slots.slot(state, due).reason if at > due else ""))
            state = state.use(at)
        following = slots.slot(state, now).at
        lane.state, lane.last_used_at, lane.next_slot_at = state, now, following
        lane.is_closed = following is None
        self._last_used = state
        return given

    def outlook(self, wish: Wish) -> Slot:
        """Return when somebody could be written to first, and the rule that decides."""
        lanes = [lane for number, lane in enumerate(self.all) if wish.lane in (None, number)]
        found = [slots.slot(self._state(lane), wish.due) for lane in lanes]
        return min(found, key=lambda slot: (slot.at is None, slot.at or wish.due), default=Slot(None, "no_account"))

    def _state(self, lane: Lane) -> slots.Lane:
        if self._last_used is None:
            return lane.state
        return replace(lane.state, campaign_pace=self._last_used.campaign_pace, plan_day=self._last_used.plan_day)
