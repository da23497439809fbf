"""Finds or starts a PostgreSQL for the tests, and makes fresh databases for servers that tests start."""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

LOCAL = "postgres://postgres@127.0.0.1:5432/postgres"


@contextlib.contextmanager
def postgres() -> Iterator[str | None]:
    """URL of a PostgreSQL: TEST_DATABASE_URL, else the local server, else a throw-away cluster; None without any."""
    given = os.environ.get("TEST_DATABASE_URL", "")
    if given or _answers(LOCAL):
        yield given or LOCAL
        return
    binaries = _binaries()
    if binaries is None:
        yield None
        return
    with _cluster(binaries) as url:
        yield url


@contextlib.contextmanager
def fresh(admin_url: str, *, copy_of: str = "") -> Iterator[str]:
    """A new database on the server of `admin_url` (a SQLite file when that is no PostgreSQL).

    It is empty, or the copy of another one that nobody is connected to.
    """
    name = f"fluenzr_server_{secrets.token_hex(6)}"
    if not admin_url.startswith("postgres"):
        with tempfile.TemporaryDirectory(prefix=name) as folder:
            if copy_of:
                shutil.copy(copy_of.removeprefix("sqlite:///"), f"{folder}/{name}.sqlite3")
            yield f"sqlite:///{folder}/{name}.sqlite3"
        return
    template = sql.Identifier(copy_of.rpartition("/")[2] or "template1")
    _execute(admin_url, sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), template))
    try:
        yield admin_url.rsplit("/", 1)[0] + "/" + name
    finally:
        _execute(admin_url, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _execute(url: str, statement: sql.Composed) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def _answers(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=3):
            return True
    except psycopg.OperationalError:
        return False


def _binaries() -> Path | None:
    """The folder with initdb and postgres: of the newest installed server."""
    on_path = [Path(found).resolve().parent for found in [shutil.which("initdb")] if found]
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name))
    folders = [folder for folder in [*on_path, *installed] if (folder / "initdb").exists()]
    return folders[-1] if folders else None


@contextlib.contextmanager
def _cluster(binaries: Path) -> Iterator[str]:
    """A server in a temporary folder on a free port, without fsync; stopped and removed afterwards."""
    # PostgreSQL refuses to run as root.
    account = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.getuid() == 0 else {}
    # "/tmp", because the path of its socket may have at most 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="fluenzr-pg-", dir="/tmp"))
    if account:
        shutil.chown(folder, "nobody", "nogroup")
    port = free_port()
    try:
        initdb = [
            binaries / "initdb",
            "-D",
            folder / "data",
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        ]
        subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, cwd=folder, **account)  # type: ignore[call-overload]
        flags = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c fsync=off -c max_connections=200"
        start = [binaries / "pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log", "-o", flags, "start"]
        subprocess.run(start, check=True, stdout=subprocess.DEVNULL, cwd=folder, **account)  # type: ignore[call-overload]
        yield f"postgres://postgres@127.0.0.1:{port}/postgres"
    finally:
        stop = [binaries / "pg_ctl", "-D", folder / "data", "-m", "immediate", "stop"]
        subprocess.run(stop, check=False, stdout=subprocess.DEVNULL, cwd=folder, **account)  # type: ignore[call-overload]
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """A TCP port on loopback that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
