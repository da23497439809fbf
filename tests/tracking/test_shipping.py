import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fluenzr.core.ids import uuid7
from tests import builders
from tracking import shipping, spool
from tracking.models import RawHit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings) -> Path:
    settings.DATA_DIR = tmp_path
    return spool.folder()


def record(**fields) -> dict:
    base = {"id": str(uuid7()), "kind": "open", "message": str(uuid7()), "link": 0, "at": builders.NOW.isoformat()}
    return base | {"method": "GET", "ip": "203.0.113.7", "ua": "x", "headers": {}} | fields


def later() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=10)


def test_ship_copies_each_line_once():
    spool.append(record())
    spool.append(record())

    assert [shipping.ship(now=builders.NOW), shipping.ship(now=builders.NOW)] == [2, 0]
    assert RawHit.objects.count() == 2


def test_ship_again_after_a_restart_adds_nothing():
    spool.append(record())
    shipping.ship(now=builders.NOW)
    shipping._offsets.clear()

    assert (shipping.ship(now=builders.NOW), RawHit.objects.count()) == (1, 1)


def test_ship_goes_on_behind_a_line_that_a_full_disk_cut_off(folder: Path):
    (folder / "1700000000-1.spool").write_bytes(b'\n{"id":"01')
    with (folder / "1700000000-1.spool").open("ab") as file:
        file.write(b"\n" + b"not json\n")
    spool.append(record())

    shipping.ship(now=builders.NOW)
    assert RawHit.objects.count() == 1


def test_ship_leaves_a_line_that_is_being_written(folder: Path):
    path = folder / "1700000000-1.spool"
    path.write_bytes(b"\n{")

    assert shipping.ship(now=builders.NOW) == 0
    assert path.exists()


def test_old_files_go_when_nobody_holds_them(folder: Path):
    spool.append(record())
    shipping.ship(now=later())
    assert len(list(folder.iterdir())) == 1  # this process still holds it

    path = folder / "1700000000-1.spool"
    path.write_bytes(b"\n")
    shipping.ship(now=later())
    assert not path.exists()


def test_what_a_killed_process_wrote_is_there(folder: Path):
    code = (
        "import os, signal, django; django.setup(); from tracking import spool; from fluenzr.core.ids import uuid7\n"
        "from tests.tracking.test_shipping import record\n"
        "for _ in range(50): spool.append(record())\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    code = f"import os; from django.conf import settings; settings.DATA_DIR = {str(folder.parent)!r}\n" + code
    subprocess.run([sys.executable, "-c", code], env=environment, check=False)

    assert shipping.ship(now=builders.NOW) == 50


def test_ship_adds_what_is_new_beside_what_is_there():
    spool.append(record())
    shipping.ship(now=builders.NOW)
    shipping._offsets.clear()
    spool.append(record())

    assert (shipping.ship(now=builders.NOW), RawHit.objects.count()) == (2, 2)


def test_ship_goes_back_after_its_time_and_goes_on_there(monkeypatch):
    monkeypatch.setattr(shipping, "BATCH", 2)
    for _number in range(5):
        spool.append(record())
    ships = [shipping.ship(now=builders.NOW, seconds=0) for _run in range(4)]

    assert (ships, RawHit.objects.count()) == ([2, 2, 1, 0], 5)


@pytest.mark.parametrize(
    "wrong",
    [
        {"link": 40_000},
        {"link": -1},
        {"at": "2026-03-02T10:00:00"},
        {"kind": "dance"},
        {"id": 5},
        {"method": "PROPFIND-OR-SO"},
        {"ua": "a\0b"},
        {"ip": ["203.0.113.7"] * 9},
    ],
)
def test_line_that_fits_no_row_holds_up_no_other(wrong: dict):
    spool.append(record(**wrong))
    spool.append(good := record())
    shipping.ship(now=builders.NOW)

    assert RawHit.objects.filter(pk=good["id"]).exists()
    assert shipping.ship(now=builders.NOW) == 0


def test_file_with_another_name_is_shipped_and_stays(folder: Path):
    (folder / "saved.spool").write_text(f"{json.dumps(record())}\n")
    shipping.ship(now=later())

    assert (RawHit.objects.count(), len(list(folder.iterdir()))) == (1, 1)
