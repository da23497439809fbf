import io
import os
import tempfile
import time
from pathlib import Path

import pytest

from contacts.importing import files


def test_what_a_killed_import_left_on_disk_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    old, young, of_others = (tmp_path / name for name in ("fluenzr-import-old", "fluenzr-import-young", "other"))
    for folder in (old, young, of_others):
        folder.mkdir()
        (folder / "file").write_bytes(b"Email\nada@acme.example\n")
    two_days_ago = time.time() - 2 * 24 * 3600
    for folder in (old, of_others):
        os.utime(folder, (two_days_ago, two_days_ago))
    with files.on_disk(io.BytesIO(b"Email\n")) as (path, size, _digest):
        assert (path.read_bytes(), size) == (b"Email\n", 6)
        assert path.parent.parent == tmp_path

    assert {folder.name for folder in tmp_path.iterdir()} == {"fluenzr-import-young", "other"}
