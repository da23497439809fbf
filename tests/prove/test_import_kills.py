"""No row twice and none lost, whatever kills the importer: the tables equal those of an undisturbed import."""

import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import databases
from tests.prove.hosts import Host

ROWS = 800
# Every function that an import passes through, and the call of it at which the importer dies.
STEPS = [
    f"{step}:{moment}:{call}"
    for step, call in (
        ("running._claim", 1),
        ("running._renew", 3),
        ("writing._insert", 2),
        ("writing._update", 3),
        ("writing._reject", 2),
        ("writing.write", 4),
        ("running._in_transaction", 2),
        ("running._finish", 1),
    )
    for moment in ("before", "after")
]


@pytest.fixture(scope="module")
def undisturbed(_migrated_once: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the tables hold after an import that nothing disturbed."""
    folder = tmp_path_factory.mktemp("undisturbed")
    fresh = databases.fresh(os.environ.get("DATABASE_URL", ""), copy_of=_migrated_once)
    with fresh as url, importing(url, folder) as host:
        assert host.wait(host.spawn()) == 0
        found: dict[str, Any] = host.order("report")
    assert found["import"][:2] == ["done", ROWS]
    return found


@contextmanager
def importing(url: str, folder: Path) -> Iterator[Host]:
    """A host with an import that waits."""
    host = Host(url, folder, program="tests.prove.import_host")
    try:
        host.order("setup", rows=ROWS)
        yield host
    finally:
        host.close()


@pytest.fixture
def host(migrated_database: str, tmp_path: Path) -> Iterator[Host]:
    with importing(migrated_database, tmp_path) as one:
        yield one


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step(host: Host, undisturbed: dict[str, Any], step: str) -> None:
    assert os.WIFSIGNALED(host.wait(host.spawn(kill=step)))
    assert host.wait(host.spawn()) == 0
    assert host.order("report") == undisturbed


def test_killed_ten_times_at_random(host: Host, undisturbed: dict[str, Any]) -> None:
    chance, seen = random.Random(7), 0
    for kill in range(10):
        step = chance.choice(["writing.write", "writing._insert", "running._renew", "running._in_transaction"])
        moment = chance.choice(["before", "after"])
        # In one of the first three chunks of each, so that all ten die before the forty chunks are done.
        assert os.WIFSIGNALED(host.wait(host.spawn(kill=f"{step}:{moment}:{chance.choice([1, 2, 3])}")))
        done = host.order("progress")
        assert seen <= done < ROWS, kill
        seen = done
    assert host.wait(host.spawn()) == 0
    assert host.order("report") == undisturbed


def test_two_importers_at_once(host: Host, undisturbed: dict[str, Any]) -> None:
    for pid in [host.spawn(), host.spawn()]:
        assert host.wait(pid) == 0
    assert host.order("report") == undisturbed


def test_killed_from_outside_while_another_waits(
    host: Host, undisturbed: dict[str, Any], rounds: Callable[[int], int]
) -> None:
    chance = random.Random(11)
    for _round in range(max(3, rounds(10))):
        pid = host.spawn()
        time.sleep(chance.uniform(0, 0.15))
        host.kill(pid)
    assert host.wait(host.spawn()) == 0
    assert host.order("report") == undisturbed
