"""How much of its plan a workspace uses: each app registers its counter, as this one may not know the higher ones."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fluenzr.workspaces import plans
from fluenzr.workspaces.models import Member, Workspace
from fluenzr.workspaces.plans import Limit

# How many a workspace has by now.
Counter = Callable[[Workspace, datetime], int]

# A limit is near from this share of it on.
NEAR = 0.8

_counters: dict[Limit, Counter] = {}


@dataclass(frozen=True)
class Use:
    """One limit of the plan: what is used and what is allowed. None allowed is no limit, None used is not counted."""

    limit: Limit
    used: int | None
    allowed: int | None

    @property
    def is_near(self) -> bool:
        """Whether little of it is left."""
        return self.used is not None and self.allowed is not None and self.used >= NEAR * self.allowed


def register(limit: Limit, counter: Counter) -> None:
    """Have `counter` asked how much of a limit is used. Once, at start."""
    if limit in _counters:
        raise ValueError(f"{limit} is counted already")
    _counters[limit] = counter


def of(workspace: Workspace, *, now: datetime) -> list[Use]:
    """Return the use of every limit, in the order of `Limit`. One query for each limit that is counted."""
    plan = plans.limits(workspace)
    return [
        Use(limit, _counters[limit](workspace, now) if limit in _counters else None, getattr(plan, limit.value))
        for limit in Limit
    ]


def _members(workspace: Workspace, now: datetime) -> int:
    return Member.objects.in_workspace(workspace).count()


register(Limit.MEMBERS, _members)
