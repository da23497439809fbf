"""Processes of a proof: found by a mark in their environment, whatever became of their parents."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MARK = "FLUENZR_PROOF"


def start(
    arguments: list[str], *, mark: str, environment: dict[str, str], log: Path, within: Sequence[str] = ()
) -> subprocess.Popen[bytes]:
    """Start Python with these arguments in the repository; its output goes to the file `log`.

    `within` is a command that becomes the one behind it, as `ip netns exec` does.
    """
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    with log.open("ab") as output:
        return subprocess.Popen(
            [*within, sys.executable, *arguments],
            env={**kept, **environment, MARK: mark, "PYTHONUNBUFFERED": "1"},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def marked(mark: str) -> dict[int, str]:
    """The living processes that carry the mark: pid and command line."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            environment = (folder / "environ").read_bytes().split(b"\0")
            is_zombie = (folder / "stat").read_text().rpartition(") ")[2].startswith("Z")
            if f"{MARK}={mark}".encode() in environment and not is_zombie:
                found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return found


def wait_until(condition: Callable[[], bool], *, seconds: float, what: str) -> float:
    """Wait for the condition and return how long it took; fails the test after `seconds`."""
    began = time.monotonic()
    while not condition():
        took = time.monotonic() - began
        assert took < seconds, f"{what}: not within {seconds:g} s"
        time.sleep(0.05)
    return time.monotonic() - began


def kill_marked(mark: str) -> None:
    """Leave nothing behind after a proof that failed."""
    for pid in marked(mark):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
