"""A database of its own for a measurement. Django is set up for one, so each measurement is a process."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import django
from django.db import connection

from tests import databases


@contextmanager
def installation(*, on: str, kept: str = "") -> Iterator[None]:
    """A fresh database with its tables on "postgresql" or "sqlite", and Django set up to use it.

    The database of the URL `kept` is used instead, and stays.
    """
    if kept:
        _set_up(kept)
        yield
        return
    with databases.postgres() as server:
        if server is None and on == "postgresql":
            sys.exit("This needs PostgreSQL: none answers, and TEST_DATABASE_URL is not set.")
        with databases.fresh(server if server and on == "postgresql" else "sqlite") as url:
            _set_up(url)
            yield
            connection.close()


def on_each(module: str, databases_in_turn: Sequence[str] = ("sqlite", "postgresql")) -> int:
    """Run a benchmark on each database, with the arguments that it was called with; return the worst exit code."""
    command = [sys.executable, "-m", module, *sys.argv[1:], "--on"]
    return max(subprocess.run([*command, on], check=False).returncode for on in databases_in_turn)


def _set_up(url: str) -> None:
    os.environ |= {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def analyse() -> None:
    """Let the database look at what was filled in, as it does by itself in time."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
