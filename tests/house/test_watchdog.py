import os
import signal
from collections.abc import Iterator

import pytest

from fluenzr import watchdog
from fluenzr.core import jobs


@pytest.fixture(autouse=True)
def _own_signals(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in (jobs.STOP_FD, jobs.STOP_PIPE):
        monkeypatch.setenv(name, "")
    before = signal.signal(signal.SIGUSR1, lambda *_: None)
    yield
    signal.signal(signal.SIGUSR1, before)
    signal.set_wakeup_fd(-1)


def stopping_in_a_fork(*, signalled: bool = False) -> bool:
    pid = os.fork()
    if not pid:
        if signalled:
            os.kill(os.getpid(), signal.SIGUSR1)
        os._exit(int(jobs.stopping()))
    return bool(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def test_forks_of_a_process_without_a_leader_know_when_it_was_signalled() -> None:
    watchdog.announce()
    assert not stopping_in_a_fork()
    os.kill(os.getpid(), signal.SIGUSR1)
    assert stopping_in_a_fork()
    assert jobs.stopping()


def test_the_alarm_of_a_fork_stops_nobody() -> None:
    watchdog.announce()
    assert not stopping_in_a_fork(signalled=True)
    assert not jobs.stopping()


def test_a_process_with_a_leader_listens_to_that_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(jobs.STOP_FD, "1000")
    watchdog.announce()
    assert os.environ[jobs.STOP_FD] == "1000"
    assert signal.set_wakeup_fd(-1) == -1
