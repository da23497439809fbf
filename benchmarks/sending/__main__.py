"""`python -m benchmarks.sending`: everybody sends the same personalised, tracked mails into the same sink, in turn.

A round lets each contender send once; the medians of the rounds count, and a ratio is one of the same round.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks import packages
from benchmarks.sending import comparing, sink
from benchmarks.sending.contenders import ALL, Contender, Engine, Stage, prepare
from benchmarks.sending.metering import Measured
from tests import databases


def chosen(names: Sequence[str]) -> list[Contender]:
    """Return the contenders whose name begins with one of these; everybody when there are none."""
    return [one for one in ALL if not names or any(one.name.startswith(name) for name in names)]


def main() -> int:
    """The exit code: 0 when every claim that was measured holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--mails", type=int, default=20_000, help="of smtp-source and of the product")
    parser.add_argument("--peer-mails", type=int, default=2000, help="of everybody else")
    names = "; ".join(one.name for one in ALL)
    parser.add_argument(
        "--only", action="append", default=[], help=f"the beginning of a name, may be given again: {names}"
    )
    arguments = parser.parse_args()
    contenders = chosen(arguments.only)
    if not contenders:
        parser.error(f"--only: nobody is called so; there are {names}")
    sink.require(sorted({program for one in contenders for program in one.programs()}))
    rounds = measure(contenders, arguments)
    print(f"\nMedians of {len(rounds)}, at a load of {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores:\n")
    print(comparing.table(rounds), end="\n\n")
    return 0 if comparing.verdict(rounds) else 1


def measure(contenders: Sequence[Contender], arguments: argparse.Namespace) -> list[dict[str, Measured]]:
    """Let them send for so many `rounds`, the product `mails`, the others `peer_mails`; return what each round took."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fluenzr-sending-")))
        server = stack.enter_context(databases.postgres())
        if server is None:
            sys.exit("This benchmark needs PostgreSQL: none answers, and TEST_DATABASE_URL is not set.")
        port = databases.free_port()
        stage = Stage(folder, server, port, mails=arguments.mails, peer_mails=arguments.peer_mails)
        set_up(stage, contenders, stack)
        return [play(stage, contenders, number) for number in range(1, arguments.rounds + 1)]


def set_up(stage: Stage, contenders: Sequence[Contender], stack: ExitStack) -> None:
    """Install the packages of others, and fill the databases of the product."""
    stage.packages = {
        one.name: packages.install(_made(stage.folder / "packages" / one.name), one.packages())
        for one in contenders
        if one.packages()
    }
    kinds = sorted({one.kind for one in contenders if isinstance(one, Engine)})
    stage.prepared = {kind: prepare(kind, stage, _made(stage.folder / kind), stack) for kind in kinds}


def play(stage: Stage, contenders: Sequence[Contender], number: int) -> dict[str, Measured]:
    """Let each contender send once."""
    found = {}
    for one in contenders:
        folder = _made(stage.folder / "round")
        found[one.name] = measured = one.run(stage, folder)
        shutil.rmtree(folder)
        print(
            f"round {number}: {one.name}: {measured.rate:,.0f} mails/s, {measured.microseconds:,.0f} us each",
            flush=True,
        )
    return found


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


if __name__ == "__main__":
    sys.exit(main())
