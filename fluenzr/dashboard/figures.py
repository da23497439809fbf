"""The numbers of the dashboard, from the same tallies as the statistics of campaigns."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Sum
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from campaigns import statistics
from campaigns.enums import EventType
from campaigns.models import Event, Tally
from fluenzr.core import clock
from fluenzr.core.charts import Chart, Series
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces.models import Workspace

DAYS = 30
LATEST = 12
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
    """What an account has sent today and sends tomorrow, about, and its cap; None is no cap."""

    account: Account
    sent: int
    tomorrow: int
    cap: int | None


@dataclass(frozen=True)
class Row:
    """One figure over the days: its sum, and its share of the mails sent (None for these themselves)."""

    label: str
    total: int
    rate: float | None


@dataclass(frozen=True)
class Month:
    """The last `DAYS` local days, today last, as sums and as a chart."""

    days: list[date]
    rows: list[Row]
    chart: Chart


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
        )
        for name, line in lines.items()
    ]
    labels = [date_format(day, "j M") for day in counts]
    series = [Series(str(COUNTS[name]), line) for name, line in lines.items()]
    return Month(list(counts), rows, Chart("month", _("Mails of the last 30 days, by day"), labels, series))


def sendings(
    workspace: Workspace, *, accounts: Iterable[Account], tomorrow: Mapping[UUID, int], now: datetime
) -> list[Sending]:
    """Return what each account sent today, by the date of its own zone as its cap counts. One query."""
    zones = {one.pk: one.timezone or workspace.timezone for one in accounts}
    rows: QuerySet[Any] = Tally.objects.in_workspace(workspace).filter(slot__gte=now - timedelta(days=2))
    sent: Counter[Any] = Counter()
    for account, slot, count in rows.values_list("account", "slot").annotate(total=Sum("sent")):
        zone = zones.get(account)
        if zone is not None and clock.local_date(slot, zone) == clock.local_date(now, zone):
            sent[account] += count
    return [Sending(one, sent[one.pk], tomorrow.get(one.pk, 0), one.daily_limit) for one in accounts]


def latest(workspace: Workspace) -> list[Event]:
    """Return the latest events that people care about, machines' left out, with contact and campaign. One query."""
    rows = Event.objects.in_workspace(workspace).filter(type__in=SHOWN, is_bot=False)
    # Test mails are about nobody.
    rows = rows.exclude(campaign=None, contact=None)
    # Keys are drawn in the order of time, so the newest are found without sorting all.
    return list(rows.select_related("contact", "campaign").order_by("-pk")[:LATEST])
