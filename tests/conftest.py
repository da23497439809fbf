"""What every test may use. The database is the one in DATABASE_URL; `python -m tests` runs all on both."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import translation
from hypothesis import settings as hypothesis_settings

from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import Member, Workspace
from tests import builders, databases
from tests.clients import ApiClient
from tests.settings import SCRATCH

# How long one example takes says more about the machine than about the code.
hypothesis_settings.register_profile("project", deadline=None)
hypothesis_settings.load_profile("project")
_started = time.monotonic()
_sample_minutes = float(os.environ.get("PROVE_MINUTES") or 0)


def pytest_configure() -> None:
    SCRATCH.mkdir(parents=True, exist_ok=True)


def pytest_unconfigure() -> None:
    shutil.rmtree(SCRATCH, ignore_errors=True)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """PROVE_MINUTES takes a sample: tests in random order until the time is used up, the rest are skipped.

    Journeys are always made: each is one test, of everything together.
    """
    if "journeys" in item.path.parts or not _sample_minutes:
        return
    if time.monotonic() - _started > _sample_minutes * 60:
        pytest.skip(f"the sample of {_sample_minutes:g} minutes is over")


@pytest.fixture
def rounds() -> Callable[[int], int]:
    """How often a proof repeats itself: `rounds(500)` is 500, and a tenth of it when only a sample is taken."""
    return lambda whole: max(1, whole // 10) if _sample_minutes else whole


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """End what threads of servers under test still hold before the database is dropped: PostgreSQL refuses else."""
    yield
    with django_db_blocker.unblock():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                others = "datname = current_database() AND pid <> pg_backend_pid()"
                cursor.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")  # noqa: S608


@pytest.fixture(scope="session")
def _migrated_once() -> Iterator[str]:
    with databases.fresh(os.environ.get("DATABASE_URL", "")) as url:
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": url}
        subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], env=environment, check=True)
        yield url


@pytest.fixture
def migrated_database(_migrated_once: str) -> Iterator[str]:
    """URL of a fresh database with all tables, of the kind under test; dropped afterwards."""
    with databases.fresh(os.environ.get("DATABASE_URL", ""), copy_of=_migrated_once) as url:
        yield url


@pytest.fixture
def server_database() -> Iterator[str]:
    """URL of a fresh, empty database of the kind under test, for servers that a test starts; dropped afterwards."""
    with databases.fresh(os.environ.get("DATABASE_URL", "")) as url:
        yield url


@pytest.fixture(autouse=True)
def _language() -> Iterator[None]:
    """A request in French leaves its thread speaking French; the next test begins anew."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def _cache() -> None:
    """What a process remembers for a while (bad passwords, totals of lists) is not another test's."""
    cache.clear()


@pytest.fixture
def workspace(db: None) -> Workspace:
    """The workspace that most tests act in: on the pro plan."""
    return builders.make_workspace()


@pytest.fixture
def other_workspace(db: None) -> Workspace:
    """Somebody else's workspace: nothing of it may ever show or change."""
    return builders.make_workspace("Stranger's")


@pytest.fixture
def owner(workspace: Workspace) -> Member:
    return builders.make_member(workspace, Role.OWNER)


@pytest.fixture
def teammate(workspace: Workspace) -> Member:
    return builders.make_member(workspace, Role.MEMBER)


@pytest.fixture
def stranger(other_workspace: Workspace) -> Member:
    """The owner of another workspace."""
    return builders.make_member(other_workspace, Role.OWNER)


@pytest.fixture
def api(workspace: Workspace) -> ApiClient:
    """The REST API with a key of `workspace` that may write."""
    return ApiClient(builders.make_key(workspace)[1])


@pytest.fixture
def reader(workspace: Workspace) -> ApiClient:
    """The REST API with a key of `workspace` that may only read."""
    return ApiClient(builders.make_key(workspace, scope="read")[1])


@pytest.fixture
def stranger_api(other_workspace: Workspace) -> ApiClient:
    """The REST API with a key of another workspace."""
    return ApiClient(builders.make_key(other_workspace)[1])
