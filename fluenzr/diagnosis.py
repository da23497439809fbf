"""What an installation needs in order to work, each asked by one function; for /readyz and `manage.py doctor`."""

import importlib.metadata
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files

from cryptography.fernet import Fernet
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Min
from django.utils import timezone

from campaigns.enums import Place
from campaigns.models import Message
from fluenzr.core import jobs
from fluenzr.core.models import Heartbeat

# A cluster writes its heartbeat each 10 s, but may be busy with long sends.
SILENT_AFTER = timedelta(minutes=2)
# A queued mail is late when its hour passed this long ago.
LATE_AFTER = timedelta(minutes=5)


@dataclass(frozen=True)
class Finding:
    """One answer: `ok`, what was seen, and what to do about it."""

    name: str
    ok: bool
    detail: str
    hint: str = ""


def check_database() -> Finding:
    """Whether the database answers a query."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return Finding("database", False, f"The database does not answer: {type(error).__name__}", "See DATABASE_URL")
    return Finding("database", True, f"{connection.vendor} answers")


def check_migrations() -> Finding:
    """Whether every migration of this program is applied."""
    hint = "Run `manage.py migrate`"
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return Finding("migrations", False, f"The database does not answer: {type(error).__name__}", "See DATABASE_URL")
    if missing:
        return Finding("migrations", False, f"{len(missing)} migrations are not applied", hint)
    return Finding("migrations", True, "all are applied")


def check_keys() -> Finding:
    """Whether secrets can be encrypted and read again, and tracking links signed."""
    if not settings.FLUENZR_ENCRYPTION_KEYS or not settings.FLUENZR_TRACKING_KEYS:
        return Finding("keys", False, "a key is missing", "Set FLUENZR_ENCRYPTION_KEYS and FLUENZR_TRACKING_KEYS")
    try:
        for key in settings.FLUENZR_ENCRYPTION_KEYS:
            Fernet(key)
    except ValueError:
        return Finding("keys", False, "FLUENZR_ENCRYPTION_KEYS holds a value that is no Fernet key", "See .env.example")
    return Finding("keys", True, f"{len(settings.FLUENZR_ENCRYPTION_KEYS)} to encrypt")


def check_data_dir() -> Finding:
    """Whether the spool and the journal can be written."""
    try:
        os.makedirs(settings.DATA_DIR, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.DATA_DIR) as probe:
            probe.write(b"x")
    except OSError as error:
        hint = "Give the user that runs FluenzR the right to write there, or set DATA_DIR"
        return Finding("data directory", False, f"{settings.DATA_DIR}: {error.strerror}", hint)
    return Finding("data directory", True, str(settings.DATA_DIR))


def check_time_zones() -> Finding:
    """Which time zone data is in use: two nodes with different ones would send at two hours."""
    version = importlib.metadata.version("tzdata")
    ok = files("tzdata").joinpath("zoneinfo", "Europe", "Paris").is_file()
    return Finding("time zones", ok, f"tzdata {version}", "" if ok else "Install the locked requirements again")


def check_clusters(*, now: datetime | None = None) -> Finding:
    """Whether the beat and every cluster have shown life lately."""
    now = now or timezone.now()
    seen = dict(Heartbeat.objects.values_list("name", "seen_at"))
    silent = [name for name in ("beat", *jobs.CLUSTERS) if name not in seen or now - seen[name] > SILENT_AFTER]
    if silent:
        return Finding("clusters", False, f"no sign of life from {', '.join(silent)}", "Start `manage.py up`")
    return Finding("clusters", True, "beat, " + ", ".join(jobs.CLUSTERS))


def check_backlog(*, now: datetime | None = None) -> Finding:
    """How long the oldest mail that may leave has waited."""
    now = now or timezone.now()
    queued = Message.objects.filter(place=Place.WAITING, not_before__lte=now)
    oldest = queued.aggregate(at=Min("not_before"))["at"]
    age = now - oldest if oldest else timedelta()
    detail = f"the oldest due mail has waited {int(age.total_seconds())} s"
    hint = "Look at the accounts: one may be refusing, or no sender is running"
    return Finding("backlog", age <= LATE_AFTER, detail, "" if age <= LATE_AFTER else hint)


# What a node needs in order to answer requests.
READINESS: tuple[Callable[[], Finding], ...] = (check_database, check_migrations, check_keys)
# What can be asked of any installation; the last two need a database that works.
INSTALLATION: tuple[Callable[[], Finding], ...] = (*READINESS, check_data_dir, check_time_zones)
ACTIVITY: tuple[Callable[[], Finding], ...] = (check_clusters, check_backlog)


def readiness() -> list[Finding]:
    """The findings that decide about /readyz."""
    return [check() for check in READINESS]


def full() -> list[Finding]:
    """All findings; what needs the tables is left out while they are not there."""
    findings = [check() for check in INSTALLATION]
    usable = all(finding.ok for finding in findings if finding.name in {"database", "migrations"})
    return findings + ([check() for check in ACTIVITY] if usable else [])
