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


# The same for an import whose chunks are written two at once, each by a connection of its own.
STEPS_OF_TWO = [
    f"{step}:{moment}:{call}"
    for step, calls in (
        ("running._in_transaction", (2, 3)),
        ("running._behind", (1, 4)),
        ("running._move_checkpoint", (2, 3, 4, 5, 6, 7)),
        ("writing.write", (2, 3, 4, 5)),
        ("writing._insert", (3, 4)),
    )
    for call in calls
    for moment in ("before", "after")
]


@pytest.fixture(scope="module")
def undisturbed(_migrated_once: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the tables hold after an import that nothing disturbed."""
    return _undisturbed(_migrated_once, tmp_path_factory.mktemp("undisturbed"), plain=False)


@pytest.fixture(scope="module")
def plainly_undisturbed(_migrated_once: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What they hold after one of hardly any but new contacts."""
    return _undisturbed(_migrated_once, tmp_path_factory.mktemp("plain"), plain=True)


def _undisturbed(migrated: str, folder: Path, *, plain: bool) -> dict[str, Any]:
    fresh = databases.fresh(os.environ.get("DATABASE_URL", ""), copy_of=migrated)
    with fresh as url, importing(url, folder, plain=plain) as host:
        assert host.wait(host.spawn()) == 0
        found: dict[str, Any] = host.order("report")
    assert found["import"][:2] == ["done", ROWS]
    return found


@contextmanager
def importing(url: str, folder: Path, *, plain: bool) -> Iterator[Host]:
    """A host with an import that waits."""
    host = Host(url, folder, program="tests.prove.import_host")
    try:
        host.order("setup", rows=ROWS, plain=plain)
        yield host
    finally:
        host.close()


@pytest.fixture
def host(migrated_database: str, tmp_path: Path) -> Iterator[Host]:
    with importing(migrated_database, tmp_path, plain=False) as one:
        yield one


@pytest.fixture
def plain_host(migrated_database: str, tmp_path: Path) -> Iterator[Host]:
    if not migrated_database.startswith("postgres"):
        pytest.skip("SQLite writes one chunk after the other")
    with importing(migrated_database, tmp_path, plain=True) as one:
        yield one


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step(host: Host, undisturbed: dict[str, Any], step: str) -> None:
    assert os.WIFSIGNALED(host.wait(host.spawn(kill=step)))
    assert host.wait(host.spawn()) == 0
    assert host.order("report") == undisturbed


@pytest.mark.parametrize("step", STEPS_OF_TWO)
def test_killed_while_two_chunks_are_written(plain_host: Host, plainly_undisturbed: dict[str, Any], step: str) -> None:
    assert os.WIFSIGNALED(plain_host.wait(plain_host.spawn(kill=step)))
    assert plain_host.wait(plain_host.spawn()) == 0
    assert plain_host.order("report") == plainly_undisturbed


def test_two_importers_of_two_chunks_each(plain_host: Host, plainly_undisturbed: dict[str, Any]) -> None:
    for pid in [plain_host.spawn(), plain_host.spawn()]:
        assert plain_host.wait(pid) == 0
    assert plain_host.order("report") == plainly_undisturbed


def test_killed_from_outside_while_two_chunks_are_written(
    plain_host: Host, plainly_undisturbed: dict[str, Any], rounds: Callable[[int], int]
) -> None:
    chance = random.Random(13)
    for _round in range(max(3, rounds(10))):
        pid = plain_host.spawn()
        time.sleep(chance.uniform(0, 0.15))
        plain_host.kill(pid)
    assert plain_host.wait(plain_host.spawn()) == 0
    assert plain_host.order("report") == plainly_undisturbed


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
