"""Who sends in a round: how each is started, with a database, a sink and a folder of its own."""

import os
import secrets
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.sending import celery_peer, counting, peers, secrecy, sink
from benchmarks.sending.distance import far
from benchmarks.sending.metering import Measured
from tests import databases
from tests.prove import processes
from tests.prove.installation import Installation

LIMIT = "smtp-source"
LEAST = 20_000


@dataclass
class Stage:
    """What the contenders of a run share; `prepared` are the databases of the product, full of people, by kind."""

    folder: Path
    server: str
    port: int
    mails: int
    peer_mails: int
    packages: Mapping[str, str] = field(default_factory=dict)
    prepared: Mapping[str, "Prepared"] = field(default_factory=dict)

    def database(self, kind: str) -> str:
        """Return where databases of a kind are made (see `databases.fresh`)."""
        return self.server if kind == "postgresql" else "sqlite"


@dataclass(frozen=True)
class Prepared:
    """A database of the product, and the environment whose keys belong to it."""

    url: str
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Contender:
    """One of those who send; `kind` is that of its database, "" without one. The server may seem far away."""

    name: str
    kind: str = ""
    is_far: bool = False

    def programs(self) -> Sequence[str]:
        """Return the programs that must be installed."""
        return ("smtp-sink",)

    def packages(self) -> Sequence[str]:
        """Return the packages of others that it needs, pinned."""
        return ()

    def run(self, stage: Stage, folder: Path) -> Measured:
        """Send once and return what it took; ends the benchmark when the sink has not got every mail."""
        with ExitStack() as stack:
            target = stack.enter_context(sink.sink(stage.port, folder))
            there = replace(stage, port=far(stage.port, folder, stack)) if self.is_far else stage
            measured = self.send(there, folder, stack)
            if target.received() != measured.mails:
                sys.exit(f"{self.name}: {measured.mails} mails were sent, but {target.received()} came.")
        return measured

    def send(self, stage: Stage, folder: Path, stack: ExitStack) -> Measured:
        """Send into the sink that listens; what it opens goes onto the stack."""
        raise NotImplementedError


@dataclass(frozen=True)
class Source(Contender):
    """The limit."""

    def programs(self) -> Sequence[str]:
        """Both of Postfix's."""
        return ("smtp-sink", "smtp-source")

    def send(self, stage: Stage, folder: Path, stack: ExitStack) -> Measured:
        """Fill the sink, for long enough that its start does not count."""
        return sink.fill(stage.port, max(stage.mails, LEAST))


@dataclass(frozen=True)
class Peer(Contender):
    """An application of others, in a process of its own."""

    way: str = ""

    def packages(self) -> Sequence[str]:
        """Those of its way."""
        return peers.PACKAGES[self.way]

    def command(self) -> Sequence[str]:
        """Return the module to run, with its arguments but the last, the number of mails."""
        return ("benchmarks.sending.peers", self.way)

    def send(self, stage: Stage, folder: Path, stack: ExitStack) -> Measured:
        """Send on an empty database."""
        url = stack.enter_context(databases.fresh(stage.database(self.kind)))
        environment = {
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "benchmarks.sending.peer_settings",
            "BENCH_APPS": peers.APPS.get(self.way, ""),
            "PYTHONPATH": stage.packages.get(self.name, ""),
        }
        environment |= self.others(stack)
        return Measured.load(run([*self.command(), str(stage.peer_mails)], stage, folder, environment))

    def others(self, stack: ExitStack) -> Mapping[str, str]:
        """Start the servers that it needs beside the database, on the stack; return how they are named."""
        return {}


@dataclass(frozen=True)
class TaskPerMail(Peer):
    """Celery."""

    def programs(self) -> Sequence[str]:
        """It needs a broker."""
        return ("smtp-sink", "redis-server")

    def packages(self) -> Sequence[str]:
        """Celery with all it needs."""
        return celery_peer.PACKAGES

    def command(self) -> Sequence[str]:
        """It has a process of its own that waits for the workers."""
        return ("benchmarks.sending.celery_peer",)

    def others(self, stack: ExitStack) -> Mapping[str, str]:
        """Redis."""
        return {"BENCH_BROKER": stack.enter_context(celery_peer.redis())}


@dataclass(frozen=True)
class Engine(Contender):
    """The product; an account has one sender at a time, so there are at least as many accounts as senders in all."""

    senders: int = 1
    nodes: int = 1
    accounts: int = 1
    deciding: bool = False
    provider: str = "relay"
    is_secret: bool = False

    def programs(self) -> Sequence[str]:
        """With TLS, one that ends it before the sink."""
        return ("smtp-sink", "socat") if self.is_secret else ("smtp-sink",)

    def send(self, stage: Stage, folder: Path, stack: ExitStack) -> Measured:
        """Send on a copy of the prepared database."""
        prepared = stage.prepared[self.kind]
        port, trust = secrecy.end(stage.port, folder, stack) if self.is_secret else (stage.port, {})
        url = stack.enter_context(databases.fresh(stage.database(self.kind), copy_of=prepared.url))
        environment = {
            **prepared.environment,
            **trust,
            "DATABASE_URL": url,
            "DATA_DIR": str(folder / "data"),
            "SEND_WORKERS": str(self.senders),
        }
        command = ["benchmarks.sending.engine", "send", "--people", str(stage.mails), "--log", str(folder / "log")]
        command += [
            "--accounts",
            str(self.accounts),
            "--provider",
            self.provider,
            "--nodes",
            str(self.nodes),
            "--encryption",
            "ssl" if self.is_secret else "none",
            *(["--deciding"] if self.deciding else []),
        ]
        return Measured.load(run(command, replace(stage, port=port), folder, environment))


def prepare(kind: str, stage: Stage, folder: Path, stack: ExitStack) -> Prepared:
    """Make a database of the product with so many people, which goes with the stack."""
    url = stack.enter_context(databases.fresh(stage.database(kind)))
    environment = {
        **Installation(database_url=url, folder=folder).environment,
        "DJANGO_SETTINGS_MODULE": "benchmarks.sending.settings",
        "DEBUG": "0",
        "SITE_URL": "https://mail.acme.example",
        "ALLOW_PRIVATE_HOSTS": "1",
    }
    run(["benchmarks.sending.engine", "fill", "--people", str(stage.mails)], stage, folder, environment)
    return Prepared(url, environment)


def run(module: Sequence[str], stage: Stage, folder: Path, environment: Mapping[str, str]) -> str:
    """Run a module of this benchmark in a process of its own; return the last line that it prints.

    What it starts carries the mark that it is given, so that nothing is left when it is interrupted.
    """
    counts, mark = folder / "statements", secrets.token_hex(8)
    counts.mkdir(exist_ok=True)
    given = {
        "TMPDIR": str(folder),
        counting.FOLDER: str(counts),
        "BENCH_SMTP_PORT": str(stage.port),
        "BENCH_MARK": mark,
    }
    command = [sys.executable, "-m", *module]
    whole = {**os.environ, **given, **environment}
    try:
        done = subprocess.run(command, env=whole, cwd=processes.ROOT, stdout=subprocess.PIPE, text=True, check=False)
    finally:
        processes.kill_marked(mark)
    if done.returncode:
        log = folder / "log"
        sys.exit(f"{' '.join(module)} failed.\n{log.read_text()[-5000:] if log.exists() else ''}")
    return done.stdout.strip().rpartition("\n")[2]


ALL: tuple[Contender, ...] = (
    Source(LIMIT),
    Peer("django loop", "sqlite", way="loop"),
    Peer("post_office", "postgresql", way="post_office"),
    Peer("post_office, SQLite", "sqlite", way="post_office"),
    Peer("django-mailer", "postgresql", way="mailer"),
    TaskPerMail("celery", "postgresql"),
    Engine("fluenzr, 1 sender", "postgresql"),
    Engine("fluenzr, 2 senders", "postgresql", senders=2, accounts=2),
    Engine("fluenzr, conditions", "postgresql", deciding=True),
    Engine("fluenzr, careful", "postgresql", accounts=8, provider="smtp"),
    Engine("fluenzr, TLS", "postgresql", is_secret=True),
    Peer("smtplib, far", "sqlite", way="smtplib", is_far=True),
    Engine("fluenzr, far", "postgresql", is_far=True),
    Engine("fluenzr, SQLite, 1 sender", "sqlite"),
    Engine("fluenzr, SQLite, 2 senders", "sqlite", senders=2, accounts=2),
    Engine("fluenzr, SQLite, conditions", "sqlite", deciding=True),
)
