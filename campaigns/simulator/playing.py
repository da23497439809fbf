"""Plays a simulation: the engine's own decisions by a fake clock that jumps from one thing due to the next.

Each round does what the beat of a running installation does, in the same order: mails are settled, events come in,
journeys move on, slots are given out. Nothing here asks the database.
"""

import heapq
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

from django.utils.translation import gettext_lazy as _

from campaigns.enums import EnrolmentStatus, MessageState, Phase
from campaigns.explain import RULES
from campaigns.journey import advance
from campaigns.mail import rendering
from campaigns.mail.rendering import Preview
from campaigns.nodes.base import Mail
from campaigns.simulator.lanes import Lanes, Wish
from campaigns.simulator.loading import World
from campaigns.simulator.reacting import Reactions
from campaigns.simulator.scripts import Script
from campaigns.simulator.stories import Ending, Simulation, What
from campaigns.simulator.travellers import Traveller
from fluenzr.core.errors import Invalid, Text

HORIZON = timedelta(days=730)
MOST_MAILS = 1000
_CUT_BY_TIME = _("The simulation ends here: it looks %(days)d days ahead.")
_CUT_BY_MAILS = _("The simulation ends here: it makes at most %(count)d emails.")
_NO_ACCOUNT = _("The campaign has no email account to send from.")
_NO_ADDRESS = _("The address of the recipient or of the sender cannot be used in a mail.")
_ON_HOLD = _("The contact is on hold until then.")


def play(world: World, scripts: Sequence[Script], *, start: datetime) -> Simulation:
    """Return what becomes of everybody from `start` on."""
    return _Play(world, scripts, start).run()


class _Play:
    def __init__(self, world: World, scripts: Sequence[Script], start: datetime) -> None:
        self.world, self.start = world, start
        self.lanes = Lanes([replace(lane) for lane in world.lanes])
        self.travellers = [Traveller.of(world, person, start) for person in world.people]
        self.reactions = Reactions(world, scripts, self.travellers, start)
        self.numbers = {node.id: number for number, node in enumerate(world.workflow.emails(), start=1)}
        self.turns = count()
        # The mails that have their slot, the earliest first.
        self.planned: list[tuple[datetime, int, Traveller]] = []
        self.sent = 0

    def run(self) -> Simulation:
        now, cut = self.start, ""
        while not cut:
            for turn in (self._settle, self.reactions.happen, self._advance, self._plan):
                turn(now)
            following = self._next(now)
            if following is None:
                break
            now, cut = following, self._cut(following)
        for one in self.travellers:
            if one.is_running:
                self._leave(one, cut, now)
        self.reactions.tell_missed()
        return Simulation(self.start, [one.path() for one in self.travellers], cut)

    def _cut(self, now: datetime) -> Text:
        """Return why nothing is played from now on, "" when all is well."""
        if now > self.start + HORIZON:
            return _CUT_BY_TIME % {"days": HORIZON.days}
        return _CUT_BY_MAILS % {"count": MOST_MAILS} if self.sent >= MOST_MAILS else ""

    def _next(self, now: datetime) -> datetime | None:
        """Return when the next thing is due; not before now, as what was due before is due now."""
        steps = (one.due_for(Phase.STEP) for one in self.travellers)
        mail = self.planned[0][0] if self.planned else None
        look = self.lanes.next_look([_wish(one) for one in self._waiting()])
        found = [at for at in (*steps, mail, look, self.reactions.next_at) if at is not None]
        return max(min(found), now) if found else None

    def _leave(self, one: Traveller, cut: Text, now: datetime) -> None:
        """End the story of somebody who is still on the way: for want of time, or of a slot."""
        if cut:
            return one.end(Ending.UNFINISHED, cut, min(now, self.start + HORIZON), node=one.journey.node)
        rule = self.lanes.outlook(_wish(one)).reason
        return one.end(Ending.UNFINISHED, RULES.get(rule, _NO_ACCOUNT), _wish(one).due, node=one.journey.node)

    def _advance(self, now: datetime) -> None:
        for one in self.travellers:
            due = one.due_for(Phase.STEP)
            if due is not None and due <= now:
                known = one.facts
                move = advance(one.journey, self.world.workflow, known, zone=self.world.campaign.timezone, now=now)
                one.move(move, known, now)

    def _waiting(self) -> list[Traveller]:
        """Return those who wait for a slot, the longest first."""
        found = [one for one in self.travellers if one.due_for(Phase.MAIL) is not None]
        return sorted(found, key=lambda one: _wish(one).due)

    def _plan(self, now: datetime) -> None:
        """Give slots to those who wait: first to whom a lane wrote before, then to new people."""
        for number in self.lanes.due(now, [_wish(one) for one in self._waiting()]):
            waiting = [one for one in self._waiting() if _wish(one).due <= now]
            queue = [one for lane in (number, None) for one in waiting if one.lane == lane and not self._held(one, now)]
            given = self.lanes.give(number, [_wish(one).due for one in queue], now=now)
            for one, slot in zip(queue, given, strict=False):
                if slot.rule:
                    words = {"text": RULES[slot.rule], "until": slot.at, "rule": slot.rule}
                    one.tell(What.QUEUES, _wish(one).due, one.journey.node, **words)
                one.lane, one.phase, one.due = number, Phase.IDLE, None
                heapq.heappush(self.planned, (slot.at, next(self.turns), one))

    def _held(self, one: Traveller, now: datetime) -> bool:
        """Let somebody who is on hold wait until that is over; return whether they are."""
        until = one.person.contact.hold_until
        if until is None or until <= now:
            return False
        one.due = until
        one.tell(What.QUEUES, now, one.journey.node, text=_ON_HOLD, until=until, rule="hold")
        return True

    def _settle(self, now: datetime) -> None:
        """Send the mails whose time has come; those of people who were stopped meanwhile are taken back."""
        while self.planned and self.planned[0][0] <= now:
            at, _turn, one = heapq.heappop(self.planned)
            if one.is_running:
                self._send(one, one.journey.node, at)

    def _send(self, one: Traveller, node: str, at: datetime) -> None:
        mail = self._made(one, node, at)
        if not isinstance(mail, Preview):
            return one.end(Ending.ERROR, mail, at, node=node)
        opens, clicks = self.world.tracked(one.person.contact, node)
        one.mails[node] = Mail(node, MessageState.SENT, at, final=True, opens_tracked=opens, clicks_tracked=clicks)
        one.status, one.phase, one.due = EnrolmentStatus.IN_PROGRESS, Phase.STEP, at
        one.tell(What.SENT, at, node, mail=mail, number=self.numbers[node])
        self.sent += 1
        return self.reactions.mail_sent(one, node, at)

    def _made(self, one: Traveller, node: str, at: datetime) -> Preview | Text:
        """Return the mail, or why it cannot be made."""
        assert one.lane is not None, "a lane gave the slot"
        account = self.lanes.all[one.lane].account
        try:
            mail = self.world.previews.of(node, one.person.contact, now=at, account=account, before=list(one.mails))
        except Invalid as error:
            return error.message
        except ValueError:
            return _NO_ADDRESS
        return rendering.refusal(mail, blanks_pass=self.world.blanks_pass) or mail


def _wish(one: Traveller) -> Wish:
    assert one.due is not None, "whoever waits for a slot is due some time"
    return Wish(one.due, one.lane)
