"""`python -m tests quick` or `prove`, with pytest's own arguments after it: runs on SQLite, then on PostgreSQL."""

import os
import subprocess
import sys
import time

from tests import chromium
from tests.databases import postgres

SUITES = {
    "quick": ["-n", "auto"],
    # One after the other: they start servers of their own and watch the clock.
    "prove": ["tests/prove", "tests/journeys"],
}
# A browser sees little of the database: its core is quick on the first one, and proved on the other.
ON_POSTGRESQL = {"quick": ["--ignore=tests/browser"], "prove": ["tests/browser"]}
NOT_TESTED = """
**********************************************************************
*  POSTGRESQL WAS NOT TESTED: no server answers on 127.0.0.1:5432,   *
*  TEST_DATABASE_URL is not set, and no server binaries are here.    *
**********************************************************************
"""
NO_BROWSER = """
**********************************************************************
*  THE PAGES WERE NOT TESTED IN A BROWSER: chromium is not here and  *
*  cannot be installed (as root: apt-get install chromium).          *
**********************************************************************
"""


def run(*, suite: str, name: str, database_url: str, arguments: list[str]) -> bool:
    """Run pytest once on that database; True when it passed."""
    print(f"== {suite} tests on {name}", flush=True)
    began = time.monotonic()
    # In order, but for a sample, which is another one each time.
    order = ["-p", "no:randomly"] if suite == "prove" and not os.environ.get("PROVE_MINUTES") else []
    command = [sys.executable, "-m", "pytest", *SUITES[suite], *order, *arguments]
    passed = subprocess.run(command, env={**os.environ, "DATABASE_URL": database_url}, check=False).returncode == 0
    verdict = "passed" if passed else "FAILED"
    print(f"== {suite} tests on {name}: {verdict} in {time.monotonic() - began:.0f} s", flush=True)
    return passed


def main(suite: str, arguments: list[str]) -> int:
    """The exit code: 0 only when all passed on every database that there is (in CI, on both)."""
    has_browser = chromium.install()
    results = [run(suite=suite, name="SQLite", database_url="", arguments=arguments)]
    with postgres() as url:
        if url:
            asked = arguments or ON_POSTGRESQL[suite]
            results.append(run(suite=suite, name="PostgreSQL", database_url=url, arguments=asked))
        else:
            print(NOT_TESTED, flush=True)
            results.append(not os.environ.get("CI"))
    if not has_browser:
        print(NO_BROWSER, flush=True)
    return 0 if all(results) else 1


if __name__ == "__main__":
    if sys.argv[1:2] not in (["quick"], ["prove"]):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2:]))
