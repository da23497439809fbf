from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.prove.hosts import Host


@pytest.fixture
def host(migrated_database: str, tmp_path: Path) -> Iterator[Host]:
    one = Host(migrated_database, tmp_path)
    yield one
    one.close()
