"""A mail server that is spoken to in TLS: smtp-sink knows none, so socat, which is C as well, ends it before the sink.

TLS begins with the first byte, as on port 465. What STARTTLS does differently costs two round trips a connection.
"""

import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from benchmarks.sending.sink import program, wait_for
from tests import databases
from tests.smtp_servers import make_certificate


def end(port: int, folder: Path, stack: ExitStack) -> tuple[int, Mapping[str, str]]:
    """Return a port of loopback where TLS is spoken to the server of `port` as long as the stack lasts.

    And with it the environment of a process that trusts it.
    """
    door, certificate = databases.free_port(), make_certificate(folder).path
    listen = f"OPENSSL-LISTEN:{door},bind=127.0.0.1,reuseaddr,fork,nodelay,verify=0,cert={certificate}"
    # Each connection is a process, which ends with its connection.
    process = subprocess.Popen([program("socat"), listen, f"TCP:127.0.0.1:{port},nodelay"], stderr=subprocess.DEVNULL)
    stack.callback(process.wait)
    stack.callback(process.terminate)
    wait_for(door, what="socat")
    return door, {"SSL_CERT_FILE": str(certificate)}
