"""Starts the parts of an installation as processes, restarts what dies, and stops all in order."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from fluenzr.core import jobs

# A part that owes nobody anything is stopped by force after this long (all must be down within 5 s).
GRACE = 4.0
# The longest that a stop waits for the answer of a mail server.
PATIENCE = 60.0
# Seconds before a part that died starts again: doubled at each death, forgotten after a healthy minute.
BACK_OFF_FIRST = 1.0
BACK_OFF_MOST = 30.0
HEALTHY_AFTER = 60.0

Say = Callable[[str], None]


@dataclass(frozen=True)
class Part:
    """One process to keep running: its command and what it needs in its environment beside ours."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


class Running:
    """A part and its process, which leads a session of its own, so the terminal's Ctrl-C reaches only the leader."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.restart_at = 0.0
        self.back_off = BACK_OFF_FIRST

    def start(self, *, stop_pipe: int) -> None:
        inode = os.fstat(stop_pipe).st_ino
        pipe = {jobs.STOP_FD: str(stop_pipe), jobs.STOP_PIPE: str(inode)}
        self.process = subprocess.Popen(
            self.part.command,
            env={**os.environ, **self.part.environment, **pipe},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=[stop_pipe],
        )
        self.started_at = time.monotonic()

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def terminate(self) -> None:
        """Signal the leader of the part only: django-q2 hangs when its whole group gets the signal."""
        if self.process is not None and self.is_alive():
            self.process.terminate()

    def kill_group(self) -> None:
        """Kill whatever is left of the part, children of a dead leader included."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Supervisor:
    """Keeps parts running until asked to stop, or until the process `parent` is gone.

    `owes_answer` tells if a mail server still owes an answer.
    """

    def __init__(
        self, parts: Sequence[Part], *, say: Say, owes_answer: Callable[[], bool], parent: int | None = None
    ) -> None:
        self.running = [Running(part) for part in parts]
        self.say = say
        self.owes_answer = owes_answer
        self.parent = parent
        self.stop_asked = False
        self._read_end, self._write_end = os.pipe()

    def run(self) -> None:
        """Start all, watch them until SIGTERM or SIGINT comes, stop all."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        try:
            for one in self.running:
                one.start(stop_pipe=self._read_end)
            while not self.stop_asked and self.parent in (None, os.getppid()):
                self._watch()
                time.sleep(0.1)
        finally:
            self._stop()

    def _on_signal(self, number: int, frame: object) -> None:
        self.stop_asked = True

    def _watch(self) -> None:
        now = time.monotonic()
        for one in self.running:
            if one.is_alive():
                if now - one.started_at > HEALTHY_AFTER:
                    one.back_off = BACK_OFF_FIRST
            elif one.restart_at <= one.started_at:
                self._bury(one, now)
            elif one.restart_at <= now:
                one.start(stop_pipe=self._read_end)

    def _bury(self, one: Running, now: float) -> None:
        code = one.process.returncode if one.process else None
        one.kill_group()
        one.restart_at = now + one.back_off
        self.say(f"{one.part.name} died ({_cause(code)}); it starts again in {one.back_off:g} s")
        one.back_off = min(one.back_off * 2, BACK_OFF_MOST)

    def _stop(self) -> None:
        self.say("Stopping")
        os.close(self._write_end)
        for one in self.running:
            one.terminate()
        began = time.monotonic()
        waits = False
        while any(one.is_alive() for one in self.running):
            took = time.monotonic() - began
            if took > PATIENCE or (took > GRACE and not self.owes_answer()):
                break
            if took > GRACE and not waits:
                waits = True
                self.say(f"A mail server still owes an answer: waiting for it, at most {PATIENCE:g} s")
            time.sleep(0.05 if took < GRACE else 0.5)
        for one in self.running:
            one.kill_group()
        os.close(self._read_end)
        self.say("Stopped")


def _cause(code: int | None) -> str:
    if code is None or code >= 0:
        return f"exit code {code}"
    return signal.Signals(-code).name
