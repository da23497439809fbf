"""A person on the way through a simulated workflow: where an enrolment would keep it, and what is told of it."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from campaigns.enums import RUNNING, EnrolmentStatus, Phase
from campaigns.journey import Journey, Move
from campaigns.nodes.base import Facts, Mail
from campaigns.simulator.loading import Person, World
from campaigns.simulator.stories import Ending, Moment, Path, What
from fluenzr.core.errors import Text


@dataclass(eq=False)
class Traveller:
    """`due` and `phase` mean what they do for an enrolment; `lane` is the number of the one that wrote first."""

    world: World
    person: Person
    journey: Journey
    due: datetime | None
    phase: str = Phase.STEP
    status: str = EnrolmentStatus.PENDING
    lane: int | None = None
    mails: dict[str, Mail] = field(default_factory=dict)
    moments: list[Moment] = field(default_factory=list)
    _waits_for: tuple[str, datetime | None] | None = None

    @classmethod
    def of(cls, world: World, person: Person, start: datetime) -> "Traveller":
        """Return a person at the start of the workflow, or at once at the end who may not be written to."""
        begin = world.workflow.start.id
        one = cls(world, person, Journey(begin, start), start)
        if person.excluded:
            one.end(Ending.EXCLUDED, person.excluded, start)
        else:
            one.tell(What.BEGINS, start, begin)
        return one

    @property
    def facts(self) -> Facts:
        """What is known of the person, with the mails of this simulation."""
        return replace(self.person.facts, mails=tuple(self.mails.values()))

    @property
    def is_running(self) -> bool:
        """Whether the journey goes on."""
        return self.status in RUNNING

    def due_for(self, phase: str) -> datetime | None:
        """Return when something of this phase is due, None when nothing is."""
        return self.due if self.is_running and self.phase == phase else None

    def move(self, move: Move, known: Facts, now: datetime) -> None:
        """Take the position that the engine decided on, from what was known."""
        for node, port in move.passed:
            self._tell_branch(node, port, known, now)
        self.journey = Journey(move.node, move.entered_at, move.steps)
        self.phase, self.due = move.phase, move.next_run_at
        if move.status is not None:
            self.end(Ending(move.status), move.reason, now, node=move.node)
        elif move.phase == Phase.STEP and self._waits_for != (move.node, move.next_run_at):
            self._waits_for = (move.node, move.next_run_at)
            self.tell(What.WAITS, now, move.node, text=move.reason, until=move.next_run_at, rule="wait")

    def wake(self, now: datetime) -> None:
        """Look again at the step that the person waits at: something happened."""
        due = self.due_for(Phase.STEP)
        if due is not None and due > now:
            self.due = now

    def end(self, ending: Ending, reason: Text, now: datetime, *, node: str = "") -> None:
        """End the journey; a later end, such as a reply to the last mail, replaces an earlier one."""
        self.status, self.phase, self.due = ending, Phase.IDLE, None
        self.tell(What.ENDS, now, node, text=reason or ending.label)

    def tell(self, what: What, at: datetime, node: str = "", **more: Any) -> None:
        """Add a moment to the story, with the words of the node's card."""
        card, kind = self.world.cards.get(node), self.world.workflow.nodes.get(node)
        icon = kind.type.icon if kind is not None else ""
        title, summary = (card.title, card.summary) if card is not None else ("", "")
        self.moments.append(Moment(at, what, node, icon, title, summary, **more))

    def _tell_branch(self, node: str, port: str, known: Facts, now: datetime) -> None:
        drawn = self.world.workflow.nodes[node]
        if len(drawn.type.ports) + len(drawn.type.optional_ports) > 1:
            way, why = drawn.type.port_words.get(port, port), drawn.type.why(drawn.data, known, port)
            self.tell(What.BRANCHES, now, node, text=why, port=port, way=way)

    def path(self) -> Path:
        """Return the story so far, in the order of time."""
        moments = sorted(self.moments, key=lambda moment: moment.at)
        last = [moment for moment in moments if moment.what == What.ENDS][-1]
        contact, ending = self.person.contact, Ending(self.status)
        return Path(contact, self.person.zone, moments, ending, last.text, last.at)
