from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browsing import address, browser_type_launch_args, doorman, marketer, visitor
from tests.prove.hosts import Host

__all__ = ["address", "browser_type_launch_args", "doorman", "host", "marketer", "visitor"]


@pytest.fixture
def host(migrated_database: str, tmp_path: Path) -> Iterator[Host]:
    one = Host(migrated_database, tmp_path)
    yield one
    one.close()
