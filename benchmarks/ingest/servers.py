"""The servers that are measured, each on a free port of this machine."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from fluenzr.supervisor import GRACE
from tests.databases import free_port
from tests.prove import processes
from tracking.hits import GIF

# Both have as many processes; the rest is as `manage.py web` has it.
WORKERS = 2
OURS, PEER = "fluenzr.wsgi:application", "benchmarks.ingest.peer_wsgi:make"
_NGINX = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    types {{ image/gif gif; }}
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; location / {{ root {folder}; }} }}
}}
"""


@dataclass(frozen=True)
class Server:
    """A server that answers."""

    port: int
    process: subprocess.Popen[bytes]

    def workers(self) -> list[int]:
        """Return the processes that answer requests."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Stop it as the supervisor does: what does not end by itself (a worker born just now) is killed."""
        if self.process.poll() is not None:
            return
        pids = [*self.workers(), self.process.pid]
        self.process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(GRACE)
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()


def require() -> None:
    """End with what to install when a program is missing."""
    if shutil.which("wrk") is None or _nginx() is None:
        sys.exit("This benchmark needs wrk and nginx: apt-get install wrk nginx-light")


def _nginx() -> str | None:
    return shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")


@contextlib.contextmanager
def nginx(folder: Path) -> Iterator[Server]:
    """One worker of nginx that serves the image from its folder."""
    folder.mkdir()
    # Its worker is nobody, where it is started by root.
    for one in (folder.parent, folder):
        one.chmod(0o755)
    (folder / "pixel.gif").write_bytes(GIF)
    port, program = free_port(), _nginx()
    assert program is not None, "asked for before"
    (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, port=port))
    with _running([program, "-p", str(folder), "-c", str(folder / "nginx.conf")], {}, folder, port) as server:
        yield server


@contextlib.contextmanager
def granian(target: str, environment: Mapping[str, str], folder: Path) -> Iterator[Server]:
    """Granian with a WSGI application; asks nothing of the application until it is told to."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.ingest.serve", target]
    command += ["--port", str(port), "--workers", str(WORKERS)]
    with _running(command, environment, folder, port) as server:
        processes.wait_until(lambda: len(server.workers()) == WORKERS, seconds=30, what="workers")
        yield server


@contextlib.contextmanager
def _running(command: list[str], environment: Mapping[str, str], folder: Path, port: int) -> Iterator[Server]:
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, cwd=processes.ROOT, stdout=log, stderr=log
        )
    server = Server(port, process)
    try:
        processes.wait_until(lambda: _answers(port), seconds=60, what=" ".join(command[:4]))
        yield server
    finally:
        server.stop()


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
