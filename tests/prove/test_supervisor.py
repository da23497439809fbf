"""The supervisor with parts that do not want to stop."""

import secrets
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.prove import processes

PROGRAM = """
import os, sys, time
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()
from fluenzr.supervisor import Part, Supervisor

part = Part("part", [sys.executable, "-c", sys.argv[2]])
owed_until = time.monotonic() + float(sys.argv[1])
Supervisor([part], say=print, owes_answer=lambda: time.monotonic() < owed_until).run()
"""
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up'); time.sleep(300)"
WILLING = "import time; print('up'); time.sleep(300)"
SICK = "print('up'); raise SystemExit(3)"

Supervise = Callable[[str, float], subprocess.Popen[bytes]]


@pytest.fixture
def mark() -> Iterator[str]:
    mark = secrets.token_hex(8)
    yield mark
    processes.kill_marked(mark)


@pytest.fixture
def supervise(mark: str, tmp_path: Path) -> Supervise:
    """Starts a supervisor of one part and waits until the part runs: part's program, seconds an answer is owed."""

    def begin(program: str, owed: float) -> subprocess.Popen[bytes]:
        arguments = ["-c", PROGRAM, str(owed), program]
        leader = processes.start(arguments, mark=mark, environment={}, log=tmp_path / "log")
        processes.wait_until(lambda: "up" in (tmp_path / "log").read_text(), seconds=10, what="start")
        return leader

    return begin


def stop(leader: subprocess.Popen[bytes]) -> float:
    """Ask it to stop; the seconds it took."""
    began = time.monotonic()
    leader.send_signal(signal.SIGTERM)
    assert leader.wait(timeout=70) == 0
    return time.monotonic() - began


def test_a_willing_part_stops_at_once(supervise: Supervise, mark: str) -> None:
    assert stop(supervise(WILLING, 0)) < 2
    assert processes.marked(mark) == {}


def test_a_part_that_owes_nothing_is_killed_within_five_seconds(supervise: Supervise, mark: str) -> None:
    assert stop(supervise(STUBBORN, 0)) < 5
    assert processes.marked(mark) == {}


def test_a_part_is_left_alone_while_an_answer_is_owed(supervise: Supervise, mark: str, tmp_path: Path) -> None:
    took = stop(supervise(STUBBORN, 8))
    assert 6 < took < 10
    assert "A mail server still owes an answer: waiting for it, at most 60 s" in (tmp_path / "log").read_text()
    assert processes.marked(mark) == {}


def test_a_part_that_dies_starts_again_later_and_later(supervise: Supervise, tmp_path: Path) -> None:
    leader = supervise(SICK, 0)
    log = tmp_path / "log"
    processes.wait_until(lambda: "starts again in 2 s" in log.read_text(), seconds=8, what="second death")
    assert "part died (exit code 3); it starts again in 1 s" in log.read_text()
    assert stop(leader) < 2
