"""What ties a process to the leader that started it: when the leader dies, the process stops itself.

A process without a leader leads its own forks: they must know as early that they are to stop.
"""

import os
import select
import signal
import threading
import time

from fluenzr.core import jobs

# How long a process may take to stop by itself: as long as a mail server may owe an answer (see `supervisor`).
LAST_WORD = 60.0


def start() -> None:
    """Watch the leader's pipe in a thread; without a leader (a process started by hand) do nothing."""
    descriptor = os.environ.get(jobs.STOP_FD, "")
    if descriptor:
        arguments = (int(descriptor), os.getppid())
        threading.Thread(target=_watch, args=arguments, name="watchdog", daemon=True).start()


def announce() -> None:
    """Without a leader, let `jobs.stopping` be true in this process and in its forks once it is signalled to stop.

    Python writes each signal that it handles into the pipe. Those of a fork do not count, as its tasks use the alarm.
    """
    if os.environ.get(jobs.STOP_FD):
        return
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    os.register_at_fork(after_in_child=lambda: signal.set_wakeup_fd(-1))
    os.environ |= {jobs.STOP_FD: str(reading), jobs.STOP_PIPE: str(os.fstat(reading).st_ino)}


def _watch(descriptor: int, leader: int) -> None:
    select.select([descriptor], [], [])
    # An orderly stop closes the pipe too, and there the leader signals: a second signal to a
    # cluster that is stopping may block it for ever. So act only for a leader that is gone.
    while os.getppid() == leader:
        time.sleep(0.2)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(LAST_WORD)
    os.killpg(0, signal.SIGKILL)
