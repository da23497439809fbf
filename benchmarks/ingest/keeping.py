"""Whether all that was answered is kept, and how quickly it comes into the database and is counted."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from benchmarks.ingest import kills, servers
from campaigns.models import Event, Message
from fluenzr.core import bulk, ids
from tracking import folding, shipping
from tracking.models import RawHit

# What readers ask between two kills.
BETWEEN = 1500
# More of them at once, and granian takes it for a fault of ours and ends.
KILLS = 1
FOLDED = 20_000
PER_SECOND = 500


def check_stored(least: int, most: int) -> bool:
    """Ship everything, print what it took, and whether as many rows are there as answers were given.

    Requests that were on their way when wrk stopped may be kept without an answer: so many more are right.
    """
    began, before = time.monotonic(), RawHit.objects.count()
    while shipping.ship(now=timezone.now(), seconds=20):
        pass
    stored = RawHit.objects.count() - before
    good = least <= stored <= most
    print(f"stored {stored:,} of {least:,} answered, at most {most:,} asked{'' if good else '   NOT AS CLAIMED'}")
    print(f"shipped {stored / (time.monotonic() - began):,.0f} hits/s")
    return good


def check_kills(folder: Path, paths: Sequence[str]) -> bool:
    """Kill the server under its readers, by SIGKILL and by SIGTERM; whether each answered request is kept once."""
    good = True
    for number in (signal.SIGKILL, signal.SIGTERM):
        with servers.granian(servers.OURS, {}, folder) as server:
            readers = kills.Readers(server.port, paths)
            with readers.reading():
                for _kill in range(KILLS):
                    readers.wait(BETWEEN)
                    with suppress(ProcessLookupError):
                        os.kill(random.choice(server.workers()), number)
                readers.wait(BETWEEN)
                # The whole server, and readers still ask.
                server.stop(number)
        while shipping.ship(now=timezone.now()):
            pass
        rows = RawHit.objects.filter(user_agent__startswith=kills.MARK)
        stored = Counter(kills.numbers(list(rows.values_list("user_agent", flat=True))))
        rows.delete()
        lost, twice = len(readers.answered - stored.keys()), sum(count > 1 for count in stored.values())
        good &= not lost and not twice
        mark = "   NOT AS CLAIMED" if lost or twice else ""
        print(f"{number.name}: {len(readers.answered):,} answered, {lost} lost, {twice} twice{mark}")
    return good


def folding_rate() -> float:
    """Fold hits of many readers, each mail opened or clicked now and then; return hits a second."""
    RawHit.objects.all().delete()
    keys, chance = list(Message.objects.values_list("pk", flat=True)), random.Random(1)
    began = timezone.now() - timedelta(seconds=FOLDED / PER_SECOND + 60)
    Message.objects.update(sent_at=began - timedelta(hours=1))
    rows = (
        (key, chance.choice(["open", "open", "click"]), chance.choice(keys), began + timedelta(seconds=at / PER_SECOND))
        for at, key in enumerate(ids.draw(FOLDED))
    )
    same = {"link": 0, "method": "GET", "ip": "203.0.113.7", "user_agent": "Mozilla/5.0 (X11) Firefox/132.0"}
    bulk.insert(RawHit, ("id", "kind", "message", "at"), rows, same={**same, "headers": {}, "folded": False})
    folded = folding.fold(now=timezone.now())  # the first batch reads what tells browsers from machines
    start = time.monotonic()
    while more := folding.fold(now=timezone.now()):
        folded += more
    assert folded == Event.objects.count() == FOLDED, "each hit is an event"
    return (folded - folding.BATCH) / (time.monotonic() - start)
