"""`python -m benchmarks.nodes`: what more sender nodes bring, near to the mail server and 20 ms of round trip from it.

A node is beat and clusters with a data folder of their own and one sender, all of them on this machine, so near to the
server they share its cores. An account has one sender at a time: each node has one. The far server is the same
one behind a forwarder that holds everything back for half of the round trip in each direction.
"""

import argparse
import os
import sys

from benchmarks.sending import comparing, sink
from benchmarks.sending.__main__ import measure
from benchmarks.sending.comparing import Claim
from benchmarks.sending.contenders import Contender, Engine, Peer
from benchmarks.sending.distance import ROUND_TRIP

ONE, THREE, FAR_ONE, FAR_THREE = "1 node", "3 nodes", "1 node, far", "3 nodes, far"
SMTPLIB = "smtplib, far"
ALL: tuple[Contender, ...] = (
    Engine(ONE, "postgresql"),
    Engine(THREE, "postgresql", nodes=3, accounts=3),
    Peer(SMTPLIB, "sqlite", way="smtplib", is_far=True),
    Engine(FAR_ONE, "postgresql", is_far=True),
    Engine(FAR_THREE, "postgresql", nodes=3, accounts=3, is_far=True),
)
CLAIMS = (
    Claim(THREE, "times one node", 1.2, against=ONE),
    Claim(FAR_THREE, "times one node", 2.5, against=FAR_ONE),
    Claim(FAR_ONE, "times smtplib with as many connections", 3, against=SMTPLIB),
)


def main() -> int:
    """The exit code: 0 when every claim that was measured holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--mails", type=int, default=20_000, help="of the product")
    parser.add_argument("--peer-mails", type=int, default=1000, help="of smtplib")
    names = "; ".join(one.name for one in ALL)
    parser.add_argument("--only", action="append", default=[], help=f"a name, may be given again: {names}")
    arguments = parser.parse_args()
    contenders = [one for one in ALL if not arguments.only or one.name in arguments.only]
    sink.require(["smtp-sink"])
    rounds = measure(contenders, arguments)
    load, trip = os.getloadavg()[0], ROUND_TRIP * 1000
    print(f"\nMedians of {len(rounds)}, at a load of {load:.1f} on {os.cpu_count()} cores; far is {trip:g} ms:\n")
    print(comparing.table(rounds), end="\n\n")
    return 0 if comparing.verdict(rounds, CLAIMS) else 1


if __name__ == "__main__":
    sys.exit(main())
