"""`python -m benchmarks.tick`: what a tick of the planner costs while a million due people wait behind a limit.

What needs Django set up is imported where it is used: each measurement has a database of its own.
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, models

from benchmarks.installation import analyse, installation

TICKS = 500
LIMIT_MS = 5.0
# Each running campaign is asked once whether a step is due, so this grows with them, and not with the people.
DELAYS_LIMIT_MS = 10.0
CAMPAIGNS = 1000
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 3, tzinfo=UTC)


def multiply(template: models.Model, count: int, **expressions: str) -> None:
    """Copy a row `count` times; `expressions` are SQL by column over the copy's number `n` (from 1)."""
    meta = template._meta
    columns = [str(field.column) for field in meta.local_concrete_fields]
    # Keys in the order of creation, as UUIDv7 are.
    expressions = {str(meta.pk.column): "('7' || lpad(to_hex(n), 31, '0'))::uuid"} | expressions
    values = ", ".join(expressions.get(column, f'"{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{meta.db_table}" ({names}) SELECT {values} FROM "{meta.db_table}", '  # noqa: S608
            f"generate_series(1, %s) AS n WHERE {meta.pk.column} = %s",
            [count, template.pk],
        )


def fill(people: int, campaigns: int) -> Any:
    """Make the people of so many campaigns, all due behind a used-up day; return the first campaign."""
    from campaigns.models import CampaignAccount
    from tests import builders

    workspace = builders.make_workspace()
    account = builders.make_account(workspace, daily_limit=50, count_date=NOW.date(), count_today=50)
    campaign = builders.make_running(workspace, people=1, account=account)
    enrolment = campaign.enrolments.get()
    more = campaigns - 1
    key = "('7' || lpad(to_hex({}), 31, '0'))::uuid"
    multiply(account, more, email="'box' || n || '@acme.example'")
    multiply(campaign, more)
    multiply(CampaignAccount.objects.get(), more, campaign_id=key.format("n"), account_id=key.format("n"))
    multiply(enrolment.contact, people, email="n || '@b.example'", email_key="n || '@b.example'")
    place = f"mod(n, {campaigns})"
    mine = f"CASE WHEN {place} = 0 THEN '{campaign.pk}'::uuid ELSE {key.format(place)} END"
    multiply(enrolment, people, contact_id=key.format("n"), campaign_id=mine)
    analyse()
    return campaign


def rows_written() -> int:
    """How many rows of all tables were ever inserted, updated or deleted."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables")
        return int(cursor.fetchone()[0])


def measured(what: str, work: Callable[[], object], ticks: int) -> float:
    """Print the median and the 99th percentile of the work, in milliseconds, and return the median."""
    took = []
    for _tick in range(ticks):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1000)
    median = statistics.median(took)
    print(f"  {what}: median {median:.2f} ms, 99 % within {sorted(took)[ticks * 99 // 100]:.2f} ms")
    return median


def ticks(now: datetime, limit_ms: float) -> bool:
    """Measure ticks that find nothing to do; whether their median is below the limit and they write nothing."""
    from campaigns import engine, scheduler, tasks

    def tick() -> None:
        if engine.advance_due(now=now) or scheduler.plan(now=now):
            sys.exit("The tick found something to do: the benchmark is wrong.")

    # The first ticks find out until when each lane is held; a hundred lanes a tick.
    while scheduler.lanes_due(now).exists():
        scheduler.plan(now=now)
    before = rows_written()
    asked = measured("question of the beat", lambda: tasks.plan_due(now), TICKS)
    ticked = measured("tick", tick, TICKS)
    written = rows_written() - before
    print(f"  rows written: {written}")
    return max(asked, ticked) < limit_ms and written == 0


def explained(campaign: Any) -> bool:
    """Whether the explanation names the limit and the next slot."""
    from campaigns import explain

    rows = campaign.enrolments.select_related("campaign", "contact", "workspace")
    said = explain.explain(rows.latest("pk"), now=NOW)
    print(f"  explained: {said.rule}, next at {said.next_action_at}")
    return (said.rule, said.next_action_at) == ("account_daily", MIDNIGHT)


def one_slot(campaign: Any, times: int) -> None:
    """Show what a tick costs that has one slot to give away, for comparison."""
    from campaigns import scheduler
    from fluenzr.mailboxes.models import Account

    account = campaign.lanes.get().account_id
    numbers = iter(range(times))

    def give() -> None:
        Account.objects.filter(pk=account).update(count_today=49)
        campaign.lanes.update(next_slot_at=None)
        if scheduler.plan(now=NOW + timedelta(milliseconds=next(numbers))) != 1:
            sys.exit("The tick gave no slot away: the benchmark is wrong.")

    measured("tick that gives one slot away", give, times)


def delays() -> None:
    """Let everybody wait for the end of a delay instead of a slot."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE campaigns_enrolment SET phase = 'step', next_run_at = %s", [MIDNIGHT])
        cursor.execute("VACUUM ANALYZE campaigns_enrolment")


def run(people: int, campaigns: int) -> bool:
    """Measure with so many people in so many campaigns; whether all is as claimed."""
    with installation(on="postgresql"):
        began = time.perf_counter()
        campaign = fill(people, campaigns)
        took = time.perf_counter() - began
        print(f"{people:,} due people in {campaigns:,} campaigns (filled in {took:.0f} s)", flush=True)
        good = [ticks(NOW, LIMIT_MS), explained(campaign)]
        one_slot(campaign, min(50, people // campaigns))
        if campaigns > 1:
            delays()
            print(f"{people:,} people at a delay in {campaigns:,} campaigns")
            good.append(ticks(NOW, DELAYS_LIMIT_MS))
    return all(good)


def main() -> int:
    """The exit code: 0 when everything is as claimed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--campaigns", type=int, help="measure with so many only; else with 1 and with 1,000")
    arguments = parser.parse_args()
    if arguments.campaigns:
        good = run(arguments.people, arguments.campaigns)
        print("as claimed" if good else "NOT AS CLAIMED")
        return 0 if good else 1
    # A process each, as Django is set up for one database.
    command = [sys.executable, "-m", "benchmarks.tick", "--people", str(arguments.people), "--campaigns"]
    return max([subprocess.run([*command, str(campaigns)], check=False).returncode for campaigns in (1, CAMPAIGNS)])


if __name__ == "__main__":
    sys.exit(main())
