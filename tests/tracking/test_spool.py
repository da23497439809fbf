import json
import os
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tracking import spool


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings) -> Path:
    settings.DATA_DIR = tmp_path
    return spool.folder()


def lines(folder: Path) -> list[dict]:
    return [json.loads(line) for path in sorted(folder.iterdir()) for line in path.read_text().split()]


def test_key_and_time_are_those_of_the_moment(folder: Path):
    spool.append_now('"kind":"open"')
    [record] = lines(folder)
    key, at = uuid.UUID(record["id"]), datetime.fromisoformat(record["at"])

    assert (key.version, key.variant, record["kind"]) == (7, uuid.RFC_4122, "open")
    assert key.int >> 80 == int(at.timestamp() * 1000)
    assert timedelta() <= datetime.now(UTC) - at < timedelta(minutes=1)


def test_keys_of_all_threads_differ_and_lines_do_not_mix(folder: Path):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: spool.append_now(f'"number":{number}'), range(400)))
    found = lines(folder)

    assert sorted(record["number"] for record in found) == list(range(400))
    assert len({record["id"] for record in found}) == 400


def test_each_minute_has_a_file_and_lets_go_of_the_one_before(folder: Path):
    first = spool._file(1_700_000_000_000_000_000)
    assert spool._file(1_700_000_000_500_000_000) is first
    second = spool._file(1_700_000_060_000_000_000)

    assert [path.name.partition("-")[0] for path in sorted(folder.iterdir())] == ["1699999980", "1700000040"]
    descriptor = first.descriptor
    del first
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
    assert os.fstat(second.descriptor).st_size == 0


def test_time_of_a_moment_is_its_own_when_another_thread_went_on():
    file = spool._file(1_700_000_000_000_000_000)
    spool._file(1_700_000_001_000_000_000)

    assert file.moment(1_700_000_000_000_001_000) == "2023-11-14T22:13:20.000001+00:00"


def test_file_that_somebody_deleted_is_made_anew(folder: Path):
    spool._file(1_700_000_000_000_000_000)
    [path] = folder.iterdir()
    path.unlink()
    spool._file(1_700_000_001_000_000_000).write("here")

    assert path.read_text() == "\nhere\n"
