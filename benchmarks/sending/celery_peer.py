"""`python -m benchmarks.sending.celery_peer MAILS`: Celery with Redis and PostgreSQL, a task per mail and two workers.

Counted are the workers and the process that asks for the tasks; Redis, like PostgreSQL, is not.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

import django
from django.db import connection

from benchmarks.sending import sink
from benchmarks.sending.metering import Meter
from tests.databases import free_port
from tests.prove import processes

PACKAGES = (
    "celery==5.7.0",
    "kombu==5.7.0",
    "redis==8.1.0",
    "amqp==5.4.2",
    "billiard==4.3.2",
    "vine==5.1.0",
    "click==8.5.1",
    "click-didyoumean==0.3.1",
    "click-plugins==1.1.1.2",
    "click-repl==0.4.1",
    "prompt_toolkit==3.0.53",
    "python-dateutil==2.9.0.post0",
    "six==1.17.0",
    "tzlocal==5.4.5",
    "wcwidth==0.9.4",
)
WORKERS = 2


@contextmanager
def redis() -> Iterator[str]:
    """A Redis that keeps nothing, by its address."""
    port = free_port()
    command = [sink.program("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    process = subprocess.Popen([*command, "--dir", tempfile.gettempdir()], stdout=subprocess.DEVNULL)
    try:
        sink.wait_for(port, what="redis-server")
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait()


@contextmanager
def workers(mark: str) -> Iterator[None]:
    """The workers, once they answer."""
    from benchmarks.sending.celery_tasks import app

    options = ["--concurrency", str(WORKERS), "--loglevel", "ERROR", "--without-gossip", "--without-mingle"]
    command = [sys.executable, "-m", "celery", "-A", "benchmarks.sending.celery_tasks", "worker", *options]
    environment = {**os.environ, processes.MARK: mark, "PYTHONWARNINGS": "ignore"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        processes.wait_until(lambda: bool(app.control.ping(timeout=0.5)), seconds=30, what="Celery's workers")
        yield
    finally:
        process.terminate()
        process.wait()
        processes.kill_marked(mark)


def _left() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM person WHERE state <> 'sent'")
        return int(cursor.fetchone()[0])


def _fill(mails: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE person (id integer PRIMARY KEY, state text NOT NULL, sent_at timestamptz)")
        cursor.execute("INSERT INTO person SELECT number, 'queued' FROM generate_series(0, %s) number", [mails - 1])


def main() -> None:
    """Ask for the tasks, wait for the last, and print what that took."""
    mails, mark = int(sys.argv[1]), os.environ["BENCH_MARK"]
    django.setup()
    _fill(mails)
    from benchmarks.sending.celery_tasks import send
    from benchmarks.sending.peers import message

    size = len(message(1).message().as_bytes(linesep="\r\n"))
    with workers(mark):
        meter = Meter(lambda: {os.getpid(), *processes.marked(mark)})
        began = time.perf_counter()
        for number in range(mails):
            send.delay(number)
        processes.wait_until(lambda: _left() == 0, seconds=60 + mails / 5, what="the last mail")
        took = time.perf_counter() - began
        print(meter.read(mails=mails, seconds=took, size=size).dump())


if __name__ == "__main__":
    main()
