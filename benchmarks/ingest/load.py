"""wrk, and what it found."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 32
# At half load each of them waits between its requests, as if they were as many readers.
SLOW_CONNECTIONS = 128
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"
_SCRIPT = Path(__file__).with_name("hits.lua")


@dataclass(frozen=True)
class Load:
    """What wrk counted: answers, the seconds they took, errors, and two percentiles of the milliseconds of each."""

    answers: int
    seconds: float
    errors: int
    p50: float
    p99: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds


def full(port: int, paths: Path, *, seconds: float) -> Load:
    """Ask as fast as answers come."""
    return _wrk(port, paths, seconds, CONNECTIONS, {})


def at_rate(port: int, paths: Path, *, rate: float, seconds: float) -> Load:
    """Ask about so many times a second, at random moments."""
    pause = SLOW_CONNECTIONS / rate * 1000 - 1
    return _wrk(port, paths, seconds, SLOW_CONNECTIONS, {"DELAY": f"{max(pause, 1):.3f}"})


def _wrk(port: int, paths: Path, seconds: float, connections: int, environment: dict[str, str]) -> Load:
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "-s", str(_SCRIPT)]
    command += ["-H", "Host: testserver", "-H", f"User-Agent: {AGENT}", f"http://127.0.0.1:{port}/"]
    environment = {**os.environ, **environment, "PATHS": str(paths)}
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    [line] = [line for line in done.stdout.splitlines() if line.startswith("FOUND ")]
    answers, duration, errors, p50, p99 = map(int, line.split()[1:])
    return Load(answers, duration / 1e6, errors, p50 / 1e3, p99 / 1e3)
