"""`python -m benchmarks.flood`: how much 500 hits a second slow sending, when all is done with them that ever is.

A relay sends to everybody, in turn without and with the flood, on copies of one database that holds an earlier mailing
to the same people. They open and click it: wrk asks the product's web server 500 times a second, and what it keeps is
shipped. As hits are folded a minute after they came, those of the minute before lie in the database, and become due at
the same pace.
"""

import argparse
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median
from threading import Thread

import django

from benchmarks.ingest import load
from benchmarks.sending import contenders, engine, sink
from benchmarks.sending.contenders import Contender, Stage
from benchmarks.sending.metering import Measured
from tests import databases
from tests.prove import processes

PER_SECOND = 500
# What sending keeps of its pace, at least.
LEAST = 0.9
# Hits of so many seconds become due one after the other, from some seconds before the first mail on.
SECONDS, BEFORE = 180, 5.0
LINKS = 5
CALM, FLOOD = "without hits", f"at {PER_SECOND} hits/s"


@dataclass(frozen=True)
class Sender(Contender):
    """The product with one sender; `is_flooded` says whether there are readers."""

    is_flooded: bool = False

    def send(self, stage: Stage, folder: Path, stack: ExitStack) -> Measured:
        """Send on a copy of the prepared database."""
        prepared = stage.prepared[self.kind]
        url = stack.enter_context(databases.fresh(stage.database(self.kind), copy_of=prepared.url))
        environment = {**prepared.environment, "DATABASE_URL": url, "DATA_DIR": str(folder / "data")}
        command = ["benchmarks.flood", "--send", str(folder), *(["--flood"] if self.is_flooded else [])]
        return Measured.load(contenders.run(command, stage, folder, environment))


def main() -> int:
    """The exit code: 0 when sending keeps nine tenths of its pace."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mails", type=int, default=20_000)
    parser.add_argument("--send", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--flood", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.send:
        send(arguments.send, is_flooded=arguments.flood)
        return 0
    sink.require(["smtp-sink"])
    if shutil.which("wrk") is None:
        sys.exit("This benchmark needs wrk: apt-get install wrk")
    with ExitStack() as stack:
        rounds = play(set_up(arguments.mails, stack), arguments.rounds)
    kept = median(one[FLOOD].rate / one[CALM].rate for one in rounds)
    good = kept >= LEAST
    print(
        f"median of {len(rounds)} at a load of {os.getloadavg()[0]:.1f}: sending keeps {kept:.3f} of its pace"
        f" (at least {LEAST:g})"
    )
    print("as claimed" if good else "NOT AS CLAIMED")
    return 0 if good else 1


def set_up(mails: int, stack: ExitStack) -> Stage:
    """Send the earlier mailing, on the database that is copied for each run."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fluenzr-flood-")))
    server = stack.enter_context(databases.postgres())
    if server is None:
        sys.exit("This benchmark needs PostgreSQL: none answers, and TEST_DATABASE_URL is not set.")
    stage = Stage(folder, server, databases.free_port(), mails=mails, peer_mails=0)
    place = folder / "earlier"
    place.mkdir()
    prepared = contenders.prepare("postgresql", stage, place, stack)
    stage.prepared = {"postgresql": prepared}
    environment = {**prepared.environment, "DATA_DIR": str(place / "data")}
    command = ["benchmarks.sending.engine", "send", "--people", str(mails), "--log", str(place / "log")]
    with sink.sink(stage.port, place):
        contenders.run(command, stage, place, environment)
    return stage


def play(stage: Stage, rounds: int) -> list[dict[str, Measured]]:
    """Let it send so many times in turn; every other round begins with the flood."""
    both = [Sender(CALM, "postgresql"), Sender(FLOOD, "postgresql", is_flooded=True)]
    found = []
    for number in range(rounds):
        took: dict[str, Measured] = {}
        for one in both if number % 2 == 0 else reversed(both):
            folder = stage.folder / f"{number}-{one.is_flooded}"
            folder.mkdir()
            took[one.name] = measured = one.run(stage, folder)
            print(f"round {number + 1}, {one.name}: {measured.rate:,.0f} mails/s", flush=True)
        found.append(took)
    return found


def send(folder: Path, *, is_flooded: bool) -> None:
    """Send to everybody in the database, and print what that took."""
    django.setup()
    from fluenzr.core import clock
    from fluenzr.mailboxes.models import Account

    mark, port = os.environ["BENCH_MARK"], int(os.environ["BENCH_SMTP_PORT"])
    Account.objects.update(email="earlier@acme.example")
    if is_flooded:
        _paths(folder / "paths")
        _due(folder)
    campaign = engine.prepare(accounts=1, provider="relay", port=port, deciding=False, now=clock.database_now())
    with engine.workers(mark=mark, log=folder / "log"), _read(mark, folder) if is_flooded else ExitStack():
        time.sleep(BEFORE)
        measured = engine.send(campaign, mark=mark)
    print(measured.dump())


def _paths(file: Path) -> None:
    """Write the addresses in the earlier mails: two pixels for a link."""
    from campaigns.models import Message
    from fluenzr.core import signing

    chance = random.Random(1)
    found = []
    for key in Message.objects.values_list("pk", flat=True):
        pixel = f"/t/o/{signing.sign('open', key)}.gif"
        found += [pixel, pixel, f"/t/c/{signing.sign('click', key, chance.randrange(1, LINKS + 1))}"]
    chance.shuffle(found)
    file.write_text("\n".join(found) + "\n")


def _due(folder: Path) -> None:
    """Write the hits that become due while everything runs, each kind as often as wrk asks for it."""
    from campaigns.models import Message
    from fluenzr.core import bulk, clock, ids
    from tracking import folding
    from tracking.models import RawHit

    keys, chance = list(Message.objects.values_list("pk", flat=True)), random.Random(2)
    first = folding.settled(clock.database_now()) + timedelta(seconds=BEFORE)
    rows = (
        (key, chance.choice(["open", "open", "click"]), chance.choice(keys), first + timedelta(seconds=at / PER_SECOND))
        for at, key in enumerate(ids.draw(PER_SECOND * SECONDS))
    )
    same = {"link": 1, "method": "GET", "ip": "203.0.113.7", "user_agent": load.AGENT, "headers": {}, "folded": False}
    bulk.insert(RawHit, ("id", "kind", "message", "at"), rows, same=same)
    Message.objects.update(sent_at=first - timedelta(hours=1))  # as long ago as a person needs to read it


@contextmanager
def _read(mark: str, folder: Path) -> Iterator[None]:
    """A web server, and readers; in the end it is said how many asked, and of how many hits everything is done."""
    from fluenzr.core import clock
    from tracking import folding
    from tracking.models import RawHit

    port = databases.free_port()
    # wrk names this host, and asks without TLS, as a proxy in front of the server does.
    environment = {**os.environ, "ALLOWED_HOSTS": "testserver", "SITE_URL": "http://testserver"}
    processes.start(["manage.py", "web", "--port", str(port)], mark=mark, environment=environment, log=folder / "log")
    processes.wait_until(partial(_answers, port), seconds=engine.READY_SECONDS, what="the web server")
    os.environ[processes.MARK] = mark  # so that wrk ends with the others
    Thread(target=_ask, args=(port, folder / "paths"), daemon=True).start()
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    folded = RawHit.objects.filter(folded=True).count()
    late = RawHit.objects.filter(folded=False, at__lte=folding.settled(clock.database_now())).count()
    kept = RawHit.objects.count() - PER_SECOND * SECONDS
    told = f"  in {took:.0f} s {kept / took:,.0f} hits/s came in, {folded / took:,.0f} were folded, {late} are late"
    print(told, file=sys.stderr, flush=True)


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _ask(port: int, paths: Path) -> None:
    with suppress(subprocess.CalledProcessError):
        load.at_rate(port, paths, rate=PER_SECOND, seconds=SECONDS)


if __name__ == "__main__":
    sys.exit(main())
