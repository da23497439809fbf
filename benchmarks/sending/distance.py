"""A mail server that seems far away: Linux's netem is not in every kernel, so a forwarder holds everything back."""

import secrets
from contextlib import ExitStack
from pathlib import Path

from benchmarks.sending.sink import wait_for
from tests import databases
from tests.prove import processes

# Seconds to the server and back.
ROUND_TRIP = 0.02


def far(port: int, folder: Path, stack: ExitStack) -> int:
    """Return a port of loopback behind which the server of `port` is far away, as long as the stack lasts."""
    door = databases.free_port()
    arguments = ["-m", "tests.prove.forwarding", f"127.0.0.1:{door}", f"127.0.0.1:{port}", str(ROUND_TRIP / 2)]
    process = processes.start(arguments, mark=secrets.token_hex(8), environment={}, log=folder / "forwarding")
    stack.callback(process.wait)
    stack.callback(process.kill)
    wait_for(door, what="the forwarder")
    return door
