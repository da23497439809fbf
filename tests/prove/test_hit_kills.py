"""No hit that was answered is lost and none is kept twice, whatever kills the web server."""

import http.client
import json
import os
import random
import signal
import subprocess
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from django.test import override_settings

from fluenzr.core import signing
from tests.prove import processes
from tests.prove.installation import Installation

READERS = 4


class Readers:
    """Threads that open mails without pause, each request with a number of its own."""

    def __init__(self, site: Installation) -> None:
        self.answered: set[str] = set()
        self._site = site
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._read, args=(number,)) for number in range(READERS)]
        with override_settings(FLUENZR_TRACKING_KEYS=[site.environment["FLUENZR_TRACKING_KEYS"]]):
            self._path = f"/t/o/{signing.sign('open', uuid.uuid4())}.gif"

    def __enter__(self) -> "Readers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _read(self, reader: int) -> None:
        number = 0
        while not self._stop.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self._site.port, timeout=5)
            with suppress(OSError, http.client.HTTPException):
                while not self._stop.is_set():
                    number += 1
                    agent = f"reader/{reader}/{number}"
                    connection.request("GET", self._path, headers={"User-Agent": agent})
                    answer = connection.getresponse()
                    if (answer.status, len(answer.read())) == (200, 43):
                        self.answered.add(agent)
            connection.close()
            time.sleep(0.02)

    def wait(self, more: int) -> None:
        """Wait until so many more were answered."""
        enough = len(self.answered) + more
        processes.wait_until(lambda: len(self.answered) >= enough, seconds=60, what=f"{more} answers")


@pytest.fixture
def site(migrated_database: str, tmp_path: Path):
    one = Installation(database_url=migrated_database, folder=tmp_path)
    one.environment |= {"WEB_WORKERS": "2"}
    yield one
    processes.kill_marked(one.mark)


def web(site: Installation) -> subprocess.Popen[bytes]:
    return processes.start(["manage.py", "web"], mark=site.mark, environment=site.environment, log=site.log)


def stop(site: Installation, leader: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Stop the server as the supervisor does: a worker that was forked a moment ago may not hear the signal yet."""
    leader.send_signal(number)
    with suppress(subprocess.TimeoutExpired):
        leader.wait(4)
    processes.kill_marked(site.mark)
    leader.wait(30)


def stored(site: Installation) -> Counter[str]:
    """How often each request is in the database, once the spool is shipped, by a process that knows of no other."""
    code = (
        "import json; from tracking.tasks import ship_spool; from tracking.models import RawHit\n"
        "while True:\n"
        "    before = RawHit.objects.count(); ship_spool()\n"
        "    if RawHit.objects.count() == before: break\n"
        "print('FOUND' + json.dumps(list(RawHit.objects.values_list('user_agent', flat=True))))"
    )
    [line] = [line for line in site.manage("shell", "-c", code).stdout.splitlines() if line.startswith("FOUND")]
    return Counter(json.loads(line.removeprefix("FOUND")))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_web_server_is_killed_under_its_readers(
    site: Installation, rounds: Callable[[int], int], number: signal.Signals
) -> None:
    chance = random.Random(3)
    leader = web(site)
    with Readers(site) as readers:
        for _round in range(max(2, rounds(6))):
            readers.wait(200)
            workers = [pid for pid in processes.marked(site.mark) if pid != leader.pid]
            os.kill(chance.choice(workers), number)
            readers.wait(200)
            stop(site, leader, number)
            leader = web(site)
        readers.wait(200)
    stop(site, leader, signal.SIGTERM)
    found = stored(site)

    assert readers.answered - found.keys() == set()
    assert [agent for agent, count in found.items() if count > 1] == []
    assert stored(site) == found
