"""The pure core: what one person does next. Reads nothing, writes nothing, asks no clock.

The engine applies a `Move` in its transaction; the explanation and the simulator only show it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from campaigns.enums import EnrolmentStatus, Phase
from campaigns.graph import Graph
from campaigns.nodes.base import Facts, Go, Send, Step, Stop, WaitUntil
from fluenzr.core.errors import Text

# A journey longer than this has met a loop that no check saw.
STEP_CAP = 1000


@dataclass(frozen=True)
class Journey:
    """Where a person stands: the node, when it was entered (logical time, UTC), and how many steps were made."""

    node: str
    entered_at: datetime
    steps: int = 0


@dataclass(frozen=True)
class Move:
    """Where a person stands afterwards, and why it waits there.

    `status` is None while the journey goes on. `passed` lists the (node, port) that were left.
    """

    node: str
    entered_at: datetime
    steps: int
    phase: str
    next_run_at: datetime | None
    passed: Sequence[tuple[str, str]] = ()
    status: str | None = None
    reason: Text = ""


def advance(journey: Journey, graph: Graph, facts: Facts, *, zone: str, now: datetime) -> Move:
    """Return how far a person gets at `now`: to a mail that wants a slot, a wait, or the end."""
    node, entered_at, steps = journey.node, journey.entered_at, journey.steps
    passed: list[tuple[str, str]] = []
    while steps < STEP_CAP:
        current = graph.nodes[node]
        outcome = current.type.run(Step(node, current.data, entered_at, facts, zone, now))
        if isinstance(outcome, Go):
            target = graph.follow(node, outcome.port)
            passed.append((node, outcome.port))
            if target is None:
                return _stopped(node, entered_at, steps, passed, EnrolmentStatus.ERROR, _("Nothing follows this node."))
            node, entered_at, steps = target, outcome.at or entered_at, steps + 1
        elif isinstance(outcome, Stop):
            return _stopped(node, entered_at, steps, passed, outcome.status, outcome.reason)
        elif isinstance(outcome, Send):
            return Move(node, entered_at, steps, Phase.MAIL, entered_at, passed)
        else:
            return _waiting(node, entered_at, steps, passed, outcome)
    reason = _("The journey made more than %(cap)d steps.") % {"cap": STEP_CAP}
    return _stopped(node, entered_at, steps, passed, EnrolmentStatus.ERROR, reason)


def _waiting(node: str, entered_at: datetime, steps: int, passed: list[tuple[str, str]], wait: WaitUntil) -> Move:
    return Move(node, entered_at, steps, Phase.STEP, wait.at, passed, reason=wait.reason)


def _stopped(
    node: str, entered_at: datetime, steps: int, passed: list[tuple[str, str]], status: str, reason: Text
) -> Move:
    return Move(node, entered_at, steps, Phase.IDLE, None, passed, status, reason)
