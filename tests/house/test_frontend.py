"""The tests of the scripts, which need no browser."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_scripts_pass_their_own_tests() -> None:
    command = [sys.executable, ROOT / "bin" / "frontend", "test"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    ran = re.search(r"^. tests (\d+)$", done.stdout, re.MULTILINE)
    assert ran is not None, done.stdout
    written = sum(path.read_text().count("\ntest(") for path in (ROOT / "frontend" / "flow").glob("*.test.js"))
    assert int(ran[1]) == written > 0
