"""The server that takes every mail and forgets it, and the program that fills it as fast as SMTP allows."""

import os
import re
import resource
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.sending.letter import SENDER, SIZE
from benchmarks.sending.metering import Measured

SESSIONS = 10
_COUNTED = re.compile(rb"mesg=(\d+)")
_HINTS = {
    "smtp-sink": "apt-get install postfix",
    "smtp-source": "apt-get install postfix",
    "redis-server": "apt-get install redis-server",
    "socat": "apt-get install socat",
}
# Debian's own service is not wanted, only the programs.
_QUIETLY = (
    "printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d keeps services stopped"
)


def require(programs: Sequence[str]) -> None:
    """End with what to install when a program is missing."""
    missing = [name for name in programs if _path(name) is None]
    if missing:
        ways = sorted({_HINTS[name] for name in missing})
        sys.exit(f"This benchmark needs {', '.join(missing)}: {' and '.join(ways)} (before it, {_QUIETLY}).")


def _path(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")


def program(name: str) -> str:
    """Return the path of a program that `require` has found."""
    path = _path(name)
    assert path is not None, "asked for before"
    return path


class Sink:
    """A running smtp-sink."""

    def __init__(self, port: int, counts: Path) -> None:
        self.port, self._counts = port, counts

    def received(self) -> int:
        """Return how many mails came, by its own count."""
        found = _COUNTED.findall(self._counts.read_bytes())
        return int(found[-1]) if found else 0


@contextmanager
def sink(port: int, folder: Path) -> Iterator[Sink]:
    """A sink that listens on a port of loopback."""
    counts = folder / "sink"
    # It refuses to run as root.
    user = ["-u", "nobody"] if os.getuid() == 0 else []
    with counts.open("wb") as output:
        process = subprocess.Popen([program("smtp-sink"), "-c", *user, f"127.0.0.1:{port}", "1000"], stdout=output)
    try:
        wait_for(port, what="smtp-sink")
        yield Sink(port, counts)
    finally:
        process.terminate()
        process.wait()


def wait_for(port: int, *, what: str) -> None:
    """Wait until somebody listens on a port of loopback."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.01)
    sys.exit(f"{what} does not answer.")


def fill(port: int, mails: int) -> Measured:
    """Send mails by smtp-source, all the same, over connections that stay: the limit."""
    options = ["-d", "-s", str(SESSIONS), "-m", str(mails), "-l", str(SIZE), "-N"]
    command = [program("smtp-source"), *options, "-f", SENDER, "-t", "person@company.example", f"127.0.0.1:{port}"]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True)
    took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    worked = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Measured(mails, took, worked, statements=None, megabytes=None, size=SIZE)
