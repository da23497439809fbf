"""Nodes of one installation: each a machine with a data folder of its own, and the processes that run there."""

import os
import secrets
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from tests.prove import processes
from tests.prove.network import Machine

PORT = 8000
LEASE_SECONDS = 4
# Senders of a node.
SENDERS = 2
WEB: dict[str, Mapping[str, str]] = {"web": {}, "beat": {}}
WORKER: dict[str, Mapping[str, str]] = {
    "beat": {},
    "cluster work": {"Q_CLUSTER_NAME": "work"},
    "cluster send": {"Q_CLUSTER_NAME": "send"},
}
# What they must share.
SHARED = ("SECRET_KEY", "FLUENZR_ENCRYPTION_KEYS", "FLUENZR_TRACKING_KEYS", "FLUENZR_PEPPER")
# How long a server that is stopped in order may take where the cores have much other work.
STOP_SECONDS = 60.0


class Node:
    """A machine with its parts, started by their commands as in `docs/operations/running.md`."""

    def __init__(self, machine: Machine, parts: Mapping[str, Mapping[str, str]], *, url: str, folder: Path) -> None:
        self.machine = machine
        self.log = folder / f"{machine.name}.log"
        self._parts = parts
        self._mark = secrets.token_hex(8)
        self._running: list[subprocess.Popen[bytes]] = []
        self._environment = {name: os.environ[name] for name in SHARED} | {
            "FLUENZR_ENV_FILE": os.devnull,
            "DATABASE_URL": url,
            "DATA_DIR": str(folder / machine.name),
            "SITE_URL": f"http://{machine.outside}:{PORT}",
            "DEBUG": "1",
            "ALLOW_PRIVATE_HOSTS": "1",
            "FLUENZR_LEASE_SECONDS": str(LEASE_SECONDS),
            "FLUENZR_DOUBT_SECONDS": "1",
            "FLUENZR_SETTLING_SECONDS": "0",
            "SEND_WORKERS": str(SENDERS),
            "WEB_THREADS": "2",
        }

    def start(self) -> None:
        """Start all parts."""
        for name, own in self._parts.items():
            command = name.split()[0]
            options = ["--host", "0.0.0.0", "--port", str(PORT)] if command == "web" else []
            environment = {**self._environment, **own}
            self._running.append(
                processes.start(
                    ["manage.py", command, *options],
                    mark=self._mark,
                    environment=environment,
                    log=self.log,
                    within=self.machine.entry,
                )
            )

    def stop(self) -> float:
        """Stop all parts in order, as a process manager does; return how long the last one took."""
        began = time.monotonic()
        for process in self._running:
            process.terminate()
        for process in self._running:
            process.wait(STOP_SECONDS)
        self._running.clear()
        assert processes.marked(self._mark) == {}, "something is left of a node that was stopped"
        return time.monotonic() - began

    def kill(self) -> None:
        """Kill everything on the machine at once."""
        while pids := processes.marked(self._mark):
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        for process in self._running:
            process.wait()
        self._running.clear()

    def get(self, path: str, *, seconds: float = 30.0) -> int:
        """Ask its web server from outside, and return the status of the answer; 0 when none came."""
        try:
            with urllib.request.urlopen(f"http://{self.machine.outside}:{PORT}{path}", timeout=seconds) as answer:
                answer.read()
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def is_ready(self) -> bool:
        return self.get("/readyz") == 200


class Reader:
    """Somebody who asks a web node for a page again and again; what was no answer is kept."""

    def __init__(self, node: Node, path: str = "/readyz") -> None:
        self.answers = 0
        self.failures: list[int] = []
        self._node, self._path = node, path
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> "Reader":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _read(self) -> None:
        while not self._stop.wait(0.1):
            status = self._node.get(self._path)
            if status == 200:
                self.answers += 1
            else:
                self.failures.append(status)


@contextmanager
def helper(*arguments: str, folder: Path) -> Iterator[None]:
    """A program of this folder that runs beside the nodes."""
    process = processes.start(
        ["-m", *arguments], mark=secrets.token_hex(8), environment={}, log=folder / f"{arguments[0]}.log"
    )
    try:
        yield
    finally:
        process.kill()
        process.wait()


def moved(url: str, place: str) -> str:
    """The URL of the same database at another HOST:PORT."""
    parts = urlsplit(url)
    user, at, _place = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user}{at}{place}"))


def place_of(url: str) -> str:
    """HOST:PORT of a database."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or 5432}"


def lines(log: Path) -> Sequence[Sequence[str]]:
    """What `mail_log` noted: from where, to whom, and the Message-ID."""
    return [line.split("\t") for line in log.read_text().splitlines()] if log.exists() else []
