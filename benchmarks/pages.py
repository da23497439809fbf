"""`python -m benchmarks.pages`: how long each page takes with 100,000 contacts and 1,000 campaigns, on both databases.

What needs Django set up is imported where it is used: each database is measured by a process of its own.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from django.db import connection

from benchmarks.installation import analyse, installation, on_each

LIMIT_MS = 300
TIMES = 5
# A query longer than this is shown.
SLOW_MS = 20
# As much of a query is shown, and of its parameters.
LONGEST = 1500
# Lists as people use them: narrowed, ordered, and far back.
AND_ALSO = {
    "contacts/": (
        "?q=martin",
        "?q=person99999",
        "?status=replied",
        "?sort=name",
        "?sort=-email",
        "?page=1000",
        "?group={group_id}",
        "?tag=tag-3&status=active",
    ),
    "campaigns/": ("?q=campaign+9", "?status=active", "?sort=-sent", "?sort=people", "?page=20"),
    "campaigns/<campaign_id>/contacts": ("?status=in_progress", "?q=martin", "?page=1000"),
    "campaigns/<campaign_id>/activity": ("?type=replied", "?page=1000"),
    "campaigns/<campaign_id>/preview": ("?q=martin",),
    "groups/": ("?q=group+5", "?sort=-members"),
    "groups/<group_id>/": ("?page=1000",),
    "groups/<group_id>/add": ("?q=martin",),
    "imports/": ("?page=4",),
    "imports/<import_id>/": ("?page=100",),
    "pipeline/": ("?q=martin", "?owner=none"),
    "pipeline/statistics": ("?days=90",),
    "suppressions/": ("?q=gone99", "?page=100"),
    "search": ("?q=martin", "?q=campaign"),
}
# Pages of a draft with everybody in it.
OF_A_DRAFT = ("campaigns/<campaign_id>/", "campaigns/<campaign_id>/launch", "campaigns/<campaign_id>/preview")


def main() -> int:
    """The exit code: 0 when every page is quick enough on every database asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--campaigns", type=int, default=1_000)
    parser.add_argument("--on", choices=("sqlite", "postgresql"), help="measure on this one only")
    parser.add_argument("--only", default="", help="pages whose address holds this")
    parser.add_argument("--queries", action="store_true", help="show the slow queries of each page")
    parser.add_argument("--database", default="", help="URL of a database that is filled once, and kept; with --on")
    arguments = parser.parse_args()
    if arguments.on is None:
        return on_each("benchmarks.pages")
    with installation(on=arguments.on, kept=arguments.database):
        good = run(arguments)
    print("as claimed" if good else "NOT AS CLAIMED")
    return 0 if good else 1


def run(arguments: argparse.Namespace) -> bool:
    """Fill the database, and measure every page; whether all are below the limit."""
    from django.utils import timezone

    from benchmarks import crowd

    def settle(workspace: Any) -> dict[str, str]:
        asked = {"people": arguments.contacts, "campaigns": arguments.campaigns}
        return crowd.settle(workspace, **asked, now=timezone.now())

    parts = filled(settle, f"{arguments.on}: {arguments.contacts:,} contacts, {arguments.campaigns:,} campaigns")
    client = visitor(parts)
    asked = {
        path: lambda path=path: client.get(path)
        for path in paths(parts, arguments.only)
        if client.get(path).status_code == HTTPStatus.OK
    }
    return are_quick(asked, shows_queries=arguments.queries)


def are_quick(asked: Mapping[str, Callable[[], Any]], *, shows_queries: bool) -> bool:
    """Measure what is asked, and print it, the slowest first; whether all of it is below the limit."""
    found = []
    for name, ask in asked.items():
        found.append((measured(ask), name))
        if shows_queries:
            print(f"  {name}")
            with slow_queries():
                ask()
    found.sort(reverse=True)
    for took, name in found:
        print(f"  {took:7.1f} ms  {took / LIMIT_MS:5.2f} of the limit  {name}")
    return bool(found) and found[0][0] < LIMIT_MS


def visitor(parts: dict[str, str]) -> Any:
    """Return a client that the owner of the workspace is signed in with."""
    from fluenzr.workspaces.models import Member
    from tests.browsing import confirmed

    return confirmed(Member.objects.get(pk=parts["owner"]).user)


def filled(settle: Callable[[Any], dict[str, str]], said: str) -> dict[str, str]:
    """Let `settle` fill a workspace of this database, unless it did so before, and say how long that took.

    Returns the value of each name in the path of a page, and the key of the owner.
    """
    began = time.perf_counter()
    parts = kept_parts() or fill(settle)
    print(f"{said}, filled in {time.perf_counter() - began:.0f} s; ", end="")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    return parts


def fill(settle: Callable[[Any], dict[str, str]]) -> dict[str, str]:
    """Fill the database; return the value of each name in the path of a page, and the key of the owner."""
    from fluenzr.workspaces.enums import Role
    from tests import builders, pages

    owner = builders.make_member(builders.make_workspace(), Role.OWNER)
    parts = pages.fill(owner.workspace) | {"owner": str(owner.pk)}
    parts |= settle(owner.workspace)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE benchmark (parts text)")
        cursor.execute("INSERT INTO benchmark VALUES (%s)", [json.dumps(parts)])
    analyse()
    return parts


def kept_parts() -> dict[str, str] | None:
    """Return what `fill` returned when it filled this database; None in a fresh one."""
    if "benchmark" not in connection.introspection.table_names():
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT parts FROM benchmark")
        found: dict[str, str] = json.loads(cursor.fetchone()[0])
    return found


def paths(parts: dict[str, str], only: str) -> Iterator[str]:
    """Every page of the site, and lists as they are used."""
    from tests import pages

    for route in pages.routes():
        found = [pages.path_of(route, parts) + query.format(**parts) for query in ("", *AND_ALSO.get(route, ()))]
        if route in OF_A_DRAFT:
            found.append(pages.path_of(route, parts | {"campaign_id": parts["draft_id"]}))
        yield from (path for path in found if only in path)


def measured(work: Callable[[], Any]) -> float:
    """Return the median of a few times, in milliseconds."""
    took = []
    for _time in range(TIMES):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


@contextmanager
def slow_queries() -> Iterator[None]:
    """Print the queries that take long."""

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            took = (time.perf_counter() - began) * 1000
            if took > SLOW_MS:
                print(f"    {took:.0f} ms: {sql[:LONGEST]} {str(params)[:LONGEST]}")

    with connection.execute_wrapper(watch):
        yield


if __name__ == "__main__":
    sys.exit(main())
