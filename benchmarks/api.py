"""`python -m benchmarks.api`: what long lists of the API cost, against the same with DRF alone, and the rate limit.

What needs Django set up is imported where it is used: each database is measured by a process of its own.
"""

import argparse
import cProfile
import io
import json
import os
import pstats
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.db import connection

from benchmarks.installation import analyse, installation, on_each

FAR = 5000
ROUNDS, REQUESTS, REQUESTS_OF_PEER = 5, 40, 8
# Floors and ceilings: what the command fails by.
TIMES_DRF, TIMES_FIRST_PAGE = 8.0, 2.0
THROTTLE_MS, THROTTLE_SHARE = 0.1, 0.10
LIMIT, LEAST_PASSED, PROCESSES = 1000, 950, 4
BATCH = 5000
# As long is a window of the rate limit while four processes are counted, in seconds; it is 60 in life.
SCALED_WINDOW, WINDOWS = 6, 3
# Asks as a client of many processes does, for longer than the windows that are counted, and prints when each passed.
ASKS = """
import collections, datetime, json, random, sys, time, uuid, django
django.setup()
from fluenzr.workspaces import throttle
throttle.WINDOW = datetime.timedelta(seconds=float(sys.argv[2]))
pause, ends, passed = float(sys.argv[4]), time.time() + float(sys.argv[3]), collections.Counter()
sys.stdin.readline()
while time.time() < ends:
    standing = throttle.take(uuid.UUID(sys.argv[1]), limit=1000)
    passed[standing.reset] += standing.is_allowed
    time.sleep(pause * random.random() * 2)
print(json.dumps(passed))
"""


def main() -> int:
    """The exit code: 0 when every floor is kept on every database asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--on", choices=("sqlite", "postgresql"), help="measure on this one only")
    parser.add_argument("--only", default="", help="lists whose name holds this, or `rate`")
    parser.add_argument("--profile", action="store_true", help="show where the first page of each list spends its time")
    parser.add_argument("--database", default="", help="URL of a database that is filled once, and kept; with --on")
    arguments = parser.parse_args()
    if arguments.on is None:
        return on_each("benchmarks.api", ("postgresql", "sqlite"))
    with installation(on=arguments.on, kept=arguments.database):
        good = run(arguments)
    print("as claimed" if good else "NOT AS CLAIMED")
    return 0 if good else 1


def run(arguments: argparse.Namespace) -> bool:
    """Fill the database, and measure; whether all claims hold."""
    from django.test import override_settings

    parts = kept() or fill(arguments.rows)
    print(f"{arguments.on}, {arguments.rows:,} rows a list; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with override_settings(ROOT_URLCONF="benchmarks.drf"):
        site = Site(parts["secret"])
        good = [lists(site, name, arguments) for name in lists_of(parts) if arguments.only in name]
        if arguments.only in "rate":
            good += [cost_of_the_limit(site, parts), *(passed(parts, pause) for pause in (0.0, 0.01))]
    return all(good)


def lists_of(parts: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Return the paths of each list: the product's, and the peer's."""
    campaign = f"/v1/campaigns/{parts['campaign_id']}"
    return {
        "contacts": ("/v1/contacts", f"/drf/contacts/{parts['workspace']}"),
        "people of a campaign": (f"{campaign}/contacts", f"/drf/people/{parts['campaign']}"),
        "activity": (f"{campaign}/activity", f"/drf/activity/{parts['campaign']}"),
    }


class Site:
    """The product as it is wired, asked as a WSGI server does; knows what a request costs in processor time."""

    def __init__(self, secret: str) -> None:
        from django.core.wsgi import get_wsgi_application

        self.application: Any = get_wsgi_application()
        self.secret = secret

    def get(self, url: str) -> dict[str, Any]:
        """Return the answer of a GET with the key."""
        parts = urlsplit(url)
        environ = {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": parts.path,
            "QUERY_STRING": parts.query,
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_AUTHORIZATION": f"Bearer {self.secret}",
            "HTTP_ACCEPT": "application/json",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
        }
        said: list[str] = []
        answer = self.application(environ, lambda status, headers: said.append(status))
        body = b"".join(answer)
        answer.close()
        assert said == ["200 OK"], (url, said, body[:500])
        found: dict[str, Any] = json.loads(body)
        return found

    def cost(self, work: Iterable[Callable[[], object]]) -> float:
        """Return the milliseconds of processor time that each piece of the work takes on average."""
        pieces = list(work)
        began = processor_time()
        for piece in pieces:
            piece()
        return (processor_time() - began) / len(pieces) * 1000


def processor_time() -> float:
    """Return the seconds that this process and the one of its database connection have computed."""
    return time.process_time() + backend_time()


def backend_time() -> float:
    """Return the seconds of the database's process, which must be on this machine; SQLite has none."""
    if connection.vendor == "sqlite":
        return 0.0
    connection.ensure_connection()
    raw: Any = connection.connection
    return int(Path(f"/proc/{raw.info.backend_pid}/schedstat").read_text().split()[0]) / 1e9


def begin_anew() -> None:
    """Forget what is remembered of lists, and begin a window of the rate limit."""
    from django.core.cache import cache

    from fluenzr.workspaces import throttle
    from fluenzr.workspaces.models import RateWindow

    cache.clear()
    throttle._process = throttle.Throttle()
    RateWindow.objects.all().delete()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # What parallel workers compute would be seen nowhere, and it is most of what a peer's count costs.
            cursor.execute("SET max_parallel_workers_per_gather = 0")


def lists(site: Site, name: str, arguments: argparse.Namespace) -> bool:
    """Measure a list and its peer in turns, and print the medians; whether the ratios hold."""
    own, peer = lists_of(kept() or {})[name]
    check_same(site, own, peer)
    if arguments.profile:
        profile(lambda: site.get(own))
    found: dict[str, list[float]] = {key: [] for key in ("first", "far", "cold", "jump", "drf first", "drf far")}
    for _round in range(ROUNDS):
        begin_anew()
        site.get(own)
        found["first"].append(site.cost(request(site, own, 1) for _number in range(REQUESTS)))
        site.get(f"{own}?page={FAR - 1}")
        # As who reads all pages comes to the far ones.
        found["far"].append(site.cost(request(site, own, FAR + number) for number in range(REQUESTS)))
        found["drf first"].append(site.cost(request(site, peer, 1) for _number in range(REQUESTS_OF_PEER)))
        found["drf far"].append(site.cost(request(site, peer, FAR) for _number in range(REQUESTS_OF_PEER)))
        found["cold"].append(statistics.median(once(site, own, 1) for _number in range(REQUESTS_OF_PEER)))
        found["jump"].append(statistics.median(once(site, own, FAR) for _number in range(REQUESTS_OF_PEER)))
    median = {key: statistics.median(values) for key, values in found.items()}
    ratios = {
        "page 1": median["drf first"] / median["first"],
        f"page {FAR:,}": median["drf far"] / median["far"],
    }
    further = median["far"] / median["first"]
    print(f"  {name}: ms of processor time a request, medians of {ROUNDS}")
    print(f"    page 1 {median['first']:.2f}, with its count {median['cold']:.2f}; DRF {median['drf first']:.2f}")
    print(f"    page {FAR:,} {median['far']:.2f}, when nothing is remembered {median['jump']:.2f};", end=" ")
    print(f"DRF {median['drf far']:.2f}")
    for page, ratio in ratios.items():
        print(f"    {page}: {ratio:.1f} times DRF (at least {TIMES_DRF:g})")
    print(f"    page {FAR:,}: {further:.2f} of page 1 (at most {TIMES_FIRST_PAGE:g})")
    return min(ratios.values()) >= TIMES_DRF and further <= TIMES_FIRST_PAGE


def request(site: Site, path: str, page: int) -> Callable[[], object]:
    """Return the question for a page."""
    return lambda: site.get(path if page == 1 else f"{path}?page={page}")


def once(site: Site, path: str, page: int) -> float:
    """Return what a page costs of which nothing is remembered."""
    from django.core.cache import cache

    cache.clear()
    return site.cost([request(site, path, page)])


def check_same(site: Site, own: str, peer: str) -> None:
    """Make sure that both show the same rows."""
    begin_anew()
    for page in (1, FAR):
        ours, theirs = site.get(f"{own}?page={page}"), site.get(f"{peer}?page={page}")
        assert ours["meta"]["total"] == theirs["count"], own
        emails = [item.get("email") or item.get("contactEmail") for item in ours["data"]]
        assert emails == [item["email"] for item in theirs["results"]], own


def profile(ask: Callable[[], object]) -> None:
    """Print where the time of a request goes."""
    begin_anew()
    ask()
    profiler = cProfile.Profile(time.process_time)
    profiler.enable()
    for _number in range(200):
        ask()
    profiler.disable()
    pstats.Stats(profiler).sort_stats("tottime").print_stats(28).sort_stats("cumulative").print_stats(75)


def cost_of_the_limit(site: Site, parts: dict[str, str]) -> bool:
    """Measure what the rate limit adds to a request, in a burst and at the pace of the limit; whether it is little."""
    from django.db.models import DateTimeField, Value

    from fluenzr.workspaces.models import Workspace
    from fluenzr.workspaces.throttle import Throttle

    workspace = Workspace.objects.get(pk=parts["workspace"]).pk
    took: dict[str, list[float]] = {"in a burst": [], "at the pace of the limit": []}
    pauses = {"in a burst": 0.001, "at the pace of the limit": 60 / LIMIT}
    whole: list[float] = []
    for _round in range(ROUNDS):
        for name, pause in pauses.items():
            begin_anew()
            began, asked = datetime.now(UTC), Counter[str]()

            def now(began: datetime = began, asked: Counter[str] = asked, pause: float = pause) -> Any:
                return Value(began + timedelta(seconds=asked["times"] * pause), output_field=DateTimeField())

            limit = Throttle(now=now, ticks=lambda asked=asked, pause=pause: asked["times"] * pause)

            def take(limit: Throttle = limit, asked: Counter[str] = asked) -> None:
                asked["times"] += 1
                asked["allowed"] += limit.take(workspace, limit=LIMIT).is_allowed

            took[name].append(site.cost(take for _number in range(LIMIT)))
            assert asked["allowed"] >= LEAST_PASSED, asked
        begin_anew()
        whole.append(site.cost(request(site, "/v1/contacts", 1) for _number in range(REQUESTS)))
    request_ms = statistics.median(whole)
    good = True
    for name, times in took.items():
        each = statistics.median(times)
        print(f"  rate limit {name}: {each:.3f} ms a request (at most {THROTTLE_MS:g}),", end=" ")
        print(f"{each / request_ms:.1%} of it (at most {THROTTLE_SHARE:.0%})")
        good &= each <= THROTTLE_MS and each / request_ms <= THROTTLE_SHARE
    return good


def passed(parts: dict[str, str], pause: float) -> bool:
    """Let four processes ask for a few scaled windows; whether each let through what it should."""
    begin_anew()
    lasts = SCALED_WINDOW * (WINDOWS + 1)
    command = [sys.executable, "-c", ASKS, parts["workspace"], str(SCALED_WINDOW), str(lasts), str(pause)]
    asking = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _number in range(PROCESSES)
    ]
    counts: Counter[int] = Counter()
    for process in asking:
        assert process.stdin is not None, "it was asked for"
        process.stdin.write("\n")
        process.stdin.flush()
    for process in asking:
        counts.update({int(reset): number for reset, number in json.loads(process.communicate()[0]).items()})
    # The last window is cut off by the end of the processes.
    whole = [number for _reset, number in sorted(counts.items()) if number][:WINDOWS]
    print(f"  passed of {LIMIT} a window over {PROCESSES} processes, pauses of {pause * 1000:g} ms: {whole}")
    return len(whole) == WINDOWS and max(counts.values()) <= LIMIT and min(whole) >= LEAST_PASSED


def fill(rows: int) -> dict[str, str]:
    """Make one workspace with so many contacts, all of them in a campaign that runs; return ids, and a key's secret."""
    from django.utils import timezone

    from campaigns.models import Enrolment, Event
    from contacts.models import Contact, Membership, Tagging
    from tests import builders

    began, now = time.perf_counter(), timezone.now()
    workspace = builders.make_workspace()
    _key, secret = builders.make_key(workspace)
    campaign = builders.make_campaign(workspace, status="active", started_at=now - timedelta(days=30))
    people = _people(workspace, rows, now)
    _save(Contact, people)
    groups, tags = _gathered(workspace, people, now)
    _save(Membership, groups)
    _save(Tagging, tags)
    journeys = [_journey(campaign, contact, now) for contact in people]
    _save(Enrolment, journeys)
    _save(Event, (_event(one) for one in journeys))
    parts = {
        "workspace": str(workspace.pk),
        "campaign": str(campaign.pk),
        "campaign_id": campaign.public_id,
        "secret": secret,
    }
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE benchmark (parts text)")
        cursor.execute("INSERT INTO benchmark VALUES (%s)", [json.dumps(parts)])
    analyse()
    print(f"filled in {time.perf_counter() - began:.0f} s")
    return parts


def kept() -> dict[str, str] | None:
    """Return what `fill` returned when it filled this database; None in a fresh one."""
    if "benchmark" not in connection.introspection.table_names():
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT parts FROM benchmark")
        found: dict[str, str] = json.loads(cursor.fetchone()[0])
    return found


def _people(workspace: Any, rows: int, now: datetime) -> list[Any]:
    from contacts.models import Contact
    from tests import builders

    stage = builders.make_stage(workspace, "Lead")
    return [
        Contact(
            workspace=workspace,
            email=f"person{number}@company{number % 5000}.example",
            email_key=f"person{number}@company{number % 5000}.example",
            first_name="Ada",
            last_name=f"Martin {number % 100}",
            company=f"Company {number % 5000}",
            job_title="Engineer",
            country="FR",
            stage=stage if number % 2 else None,
            deal_value=number if number % 3 == 0 else None,
            custom={"city": "Paris", "employees": number % 500},
        )
        for number in range(rows)
    ]


def _gathered(workspace: Any, people: list[Any], now: datetime) -> tuple[Iterator[Any], Iterator[Any]]:
    """Return what puts everybody into one group, every second into another, and gives everybody a tag."""
    from contacts.models import Membership, Tag, Tagging
    from tests import builders

    groups = [builders.make_group(workspace, name) for name in ("Everybody", "Every second")]
    tags = [Tag.objects.create(workspace=workspace, name=f"tag {number}") for number in range(10)]
    known = {"workspace": workspace, "added_at": now}
    members = (
        Membership(group=group, contact=contact, **known)
        for number, contact in enumerate(people)
        for group in groups[: 1 + number % 2]
    )
    return members, (Tagging(tag=tags[number % 10], contact=one, **known) for number, one in enumerate(people))


def _journey(campaign: Any, contact: Any, now: datetime) -> Any:
    """Return a journey; every fourth person waits for the first mail, the others are done."""
    from campaigns.models import Enrolment

    number = contact.email.partition("@")[0].removeprefix("person")
    sent = now - timedelta(days=1, seconds=int(number) % 100_000)
    row = Enrolment(
        workspace=campaign.workspace,
        campaign=campaign,
        contact=contact,
        version=campaign.version,
        seed=int(number),
        added_at=now - timedelta(days=30),
        node="mail_1",
    )
    if int(number) % 4 == 0:
        row.phase, row.next_run_at, row.entered_at = "mail", sent, sent
        return row
    row.node, row.status, row.emails_sent, row.finished_at = "end", "completed", 1, sent
    row.first_sent_at = row.last_sent_at = row.first_opened_at = sent
    return row


def _event(journey: Any) -> Any:
    from campaigns.models import Event

    return Event(
        workspace_id=journey.workspace_id,
        campaign_id=journey.campaign_id,
        enrolment=journey,
        contact_id=journey.contact_id,
        node="mail_1",
        type="opened",
        at=journey.last_sent_at or journey.added_at,
        metadata={"userAgent": "Mozilla/5.0", "ip": "192.0.2.1"},
    )


def _save(model: Any, rows: Iterable[Any]) -> None:
    """Write rows as they are made."""
    batch: list[Any] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            model.objects.bulk_create(batch)
            batch = []
    model.objects.bulk_create(batch)


if __name__ == "__main__":
    sys.exit(main())
