"""The numbers of the dashboard, from the same tallies as the statistics of campaigns."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet, Sum

from campaigns import statistics
from campaigns.enums import EventType
from campaigns.models import Event, Tally
from fluenzr.core import clock
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces.models import Workspace

DAYS = 30
LATEST = 12
WIDTH, HEIGHT, EDGE = 104, 32, 2
COUNTS = {"sent": EventType.SENT.label, "opened": EventType.OPENED.label, "replied": EventType.REPLIED.label}
# What is worth a line: what people and servers did, not each step inside.
SHOWN = (
    EventType.SENT,
    EventType.OPENED,
    EventType.CLICKED,
    EventType.REPLIED,
    EventType.BOUNCED,
    EventType.UNSUBSCRIBED,
    EventType.COMPLAINED,
    EventType.FAILED,
)


@dataclass(frozen=True)
class Sending:
    """What an account has sent on its own today, and its cap; None is no cap."""

    account: Account
    sent: int
    cap: int | None


@dataclass(frozen=True)
class Row:
    """One figure over the days: its sum, its share of the mails sent (None for these themselves), and its line."""

    label: str
    total: int
    rate: float | None
    points: str


@dataclass(frozen=True)
class Month:
    """The last `DAYS` local days, today last; `days` holds (day, counts in the order of `COUNTS`)."""

    rows: list[Row]
    days: list[tuple[date, list[int]]]


def month(workspace: Workspace, *, now: datetime) -> Month:
    """Return mails sent, opened and replied to by day in the zone of the workspace. One query."""
    today = clock.local_date(now, workspace.timezone)
    first = today - timedelta(days=DAYS - 1)
    counts = {first + timedelta(days=number): dict.fromkeys(COUNTS, 0) for number in range(DAYS)}
    start = clock.instant(first, 0, workspace.timezone)
    tallies = Tally.objects.in_workspace(workspace).filter(slot__gte=start)
    for row in statistics.summed(tallies, by="slot"):
        day = counts.get(clock.local_date(row["slot"], workspace.timezone))
        if day is None:
            continue
        for name in COUNTS:
            day[name] += row[name]
    lines = {name: [day[name] for day in counts.values()] for name in COUNTS}
    sent = sum(lines["sent"])
    rows = [
        Row(
            str(COUNTS[name]),
            sum(line),
            statistics.rate(sum(line), sent) if name != "sent" and sent else None,
            sparkline(line),
        )
        for name, line in lines.items()
    ]
    return Month(rows, [(day, list(found.values())) for day, found in counts.items()])


def sparkline(values: Sequence[int]) -> str:
    """Return the points of an SVG line of `WIDTH` by `HEIGHT` units, y from 0 up."""
    highest = max(max(values), 1)
    step = (WIDTH - 2 * EDGE) / max(len(values) - 1, 1)
    return " ".join(
        f"{EDGE + number * step:.1f},{HEIGHT - EDGE - value / highest * (HEIGHT - 2 * EDGE):.1f}"
        for number, value in enumerate(values)
    )


def sendings(workspace: Workspace, *, accounts: Iterable[Account], now: datetime) -> list[Sending]:
    """Return what each account sent today, by the date of its own zone as its cap counts. One query."""
    zones = {one.pk: one.timezone or workspace.timezone for one in accounts}
    rows: QuerySet[Any] = Tally.objects.in_workspace(workspace).filter(slot__gte=now - timedelta(days=2))
    sent: Counter[Any] = Counter()
    for account, slot, count in rows.values_list("account", "slot").annotate(total=Sum("sent")):
        zone = zones.get(account)
        if zone is not None and clock.local_date(slot, zone) == clock.local_date(now, zone):
            sent[account] += count
    return [Sending(one, sent[one.pk], one.daily_limit) for one in accounts]


def latest(workspace: Workspace) -> list[Event]:
    """Return the latest events that people care about, machines' left out, with contact and campaign. One query."""
    rows = Event.objects.in_workspace(workspace).filter(type__in=SHOWN, is_bot=False)
    # Keys are drawn in the order of time, so the newest are found without sorting all.
    return list(rows.select_related("contact", "campaign").order_by("-pk")[:LATEST])
