"""`python -m benchmarks.ingest`: pixels and clicks against nginx and a Django view that inserts a row for each.

A round measures each in turn with 32 connections of wrk; the medians of the rounds count, and a ratio is one of the
same round. In the end all that was answered must be there, also where the server was killed.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from benchmarks.installation import installation


def main() -> int:
    """The exit code: 0 when every claim holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5, help="of each measurement")
    parser.add_argument("--mails", type=int, default=40_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fluenzr-ingest-") as folder:
        os.environ["PROOF_DATA_DIR"] = str(Path(folder) / "data")
        with installation(on="postgresql"):
            return _run(Path(folder), arguments.rounds, arguments.seconds, arguments.mails)


def _run(folder: Path, rounds: int, seconds: float, mails: int) -> int:
    # Models are there only now.
    from benchmarks.ingest import counting, crowd, keeping, servers
    from benchmarks.ingest import rounds as playing

    servers.require()
    crowd.fill(mails)
    paths = crowd.write(folder, seed=1)
    played = [playing.play(folder, paths, seconds=seconds, number=number + 1) for number in range(rounds)]
    print(f"\nMedians of {rounds}, at a load of {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores:\n")
    print(counting.table([one.figures for one in played]), end="\n\n")
    good = counting.verdict([one.figures for one in played])
    good &= keeping.check_stored(sum(one.answers for one in played), sum(one.most for one in played))
    good &= keeping.check_kills(folder, paths.pixels.read_text().split() + paths.links.read_text().split())
    print(f"folded {keeping.folding_rate():,.0f} hits/s")
    print("as claimed" if good else "NOT AS CLAIMED")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
