"""What every test may use. The database is the one in DATABASE_URL; `python -m tests` runs all on both."""

import os
import shutil
import time
from collections.abc import Iterator

import pytest

from tests import databases
from tests.settings import SCRATCH

_started = time.monotonic()


def pytest_configure() -> None:
    SCRATCH.mkdir(parents=True, exist_ok=True)


def pytest_unconfigure() -> None:
    shutil.rmtree(SCRATCH, ignore_errors=True)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """PROVE_MINUTES takes a sample: tests in random order until the time is used up, the rest are skipped."""
    minutes = float(os.environ.get("PROVE_MINUTES") or 0)
    if minutes and time.monotonic() - _started > minutes * 60:
        pytest.skip(f"the sample of {minutes:g} minutes is over")


@pytest.fixture
def server_database() -> Iterator[str]:
    """URL of a fresh, empty database of the kind under test, for servers that a test starts; dropped afterwards."""
    with databases.fresh(os.environ.get("DATABASE_URL", "")) as url:
        yield url
