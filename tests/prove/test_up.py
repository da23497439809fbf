"""`manage.py up` as a person starts and stops it, and as a machine kills it."""

import os
import re
import signal
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from fluenzr import watchdog
from tests.prove import processes
from tests.prove.installation import Installation


@pytest.fixture
def installation(server_database: str, tmp_path: Path) -> Iterator[Installation]:
    one = Installation(database_url=server_database, folder=tmp_path)
    yield one
    processes.kill_marked(one.mark)


@pytest.fixture
def migrated(installation: Installation) -> Installation:
    assert installation.manage("migrate", "--verbosity", "0").returncode == 0
    return installation


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_up_runs_every_cluster_and_stops_within_five_seconds(migrated: Installation, number: signal.Signals) -> None:
    leader = migrated.up()
    processes.wait_until(migrated.clusters_live, seconds=30, what="signs of life from all clusters")
    began = time.monotonic()
    leader.send_signal(number)
    assert leader.wait(timeout=20) == 0
    assert time.monotonic() - began < 5
    assert processes.marked(migrated.mark) == {}


def test_up_that_is_killed_leaves_no_orphan(migrated: Installation) -> None:
    leader = migrated.up()
    leader.kill()
    leader.wait()
    # A cluster that is just starting may miss the signal, and is ended by its watchdog.
    seconds = watchdog.LAST_WORD + 20
    processes.wait_until(lambda: processes.marked(migrated.mark) == {}, seconds=seconds, what="no orphan")


def test_up_starts_a_part_again_that_was_killed(migrated: Installation) -> None:
    leader = migrated.up()
    web = next(pid for pid, command in processes.marked(migrated.mark).items() if "manage.py web" in command)
    os.kill(web, signal.SIGKILL)
    said = "web died (SIGKILL); it starts again in 1 s"
    processes.wait_until(lambda: said in migrated.log.read_text(), seconds=5, what="the death is said")
    processes.wait_until(migrated.is_ready, seconds=15, what="ready again")
    leader.terminate()
    assert leader.wait(timeout=20) == 0


def test_up_refuses_a_database_without_tables(installation: Installation) -> None:
    done = installation.manage("up")
    assert done.returncode == 1
    assert "migrations are not applied. Run `manage.py migrate`" in done.stderr


def test_up_refuses_a_taken_port(migrated: Installation) -> None:
    leader = migrated.up()
    done = migrated.manage("up")
    assert done.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{migrated.port}" in done.stderr
    leader.terminate()
    assert leader.wait(timeout=20) == 0


def test_up_stops_with_its_parent(migrated: Installation) -> None:
    starter = "import subprocess, sys; subprocess.run([sys.executable, 'manage.py', 'up', '--with-parent'])"
    environment = migrated.environment
    parent = processes.start(["-c", starter], mark=migrated.mark, environment=environment, log=migrated.log)
    processes.wait_until(migrated.is_ready, seconds=20, what="ready")
    parent.kill()
    parent.wait()
    processes.wait_until(lambda: processes.marked(migrated.mark) == {}, seconds=5, what="all stopped")


def test_up_serves_hashed_static_files_in_production(migrated: Installation) -> None:
    migrated.environment |= {"DEBUG": "0"}
    leader = migrated.up()
    with urllib.request.urlopen(f"http://127.0.0.1:{migrated.port}/admin/login/", timeout=10) as answer:
        page = answer.read().decode()
    sheet = re.findall(r'href="(/static/[^"]+\.[0-9a-f]{12}\.css)"', page)[0]
    with urllib.request.urlopen(f"http://127.0.0.1:{migrated.port}{sheet}", timeout=10) as answer:
        assert "immutable" in answer.headers["Cache-Control"]
    leader.terminate()
    assert leader.wait(timeout=20) == 0
