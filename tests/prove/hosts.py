"""A process that forks senders on a database of its own, and what must hold when they are done."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from email import message_from_bytes
from pathlib import Path
from typing import Any

from tests.prove import processes
from tests.smtp_servers import Sink


class Host:
    """The process that forks senders (or what `program` forks), with a database of its own."""

    def __init__(self, database_url: str, folder: Path, program: str = "tests.prove.sender_host") -> None:
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "DATABASE_URL": database_url,
            "FLUENZR_LEASE_SECONDS": "1",
            "FLUENZR_DOUBT_SECONDS": "1",
            "PROOF_DATA_DIR": str(folder),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", program],
            env=self.environment,
            cwd=processes.ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pids: list[int] = []

    def order(self, do: str, **details: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": do, **details}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def spawn(self, kill: str = "") -> int:
        pid: int = self.order("spawn", kill=kill)
        self.pids.append(pid)
        return pid

    def wait(self, pid: int) -> int:
        """The wait status of a sender that ended."""
        status: int = self.order("wait", pid=pid)
        self.pids.remove(pid)
        return status

    def kill(self, pid: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        self.wait(pid)

    def close(self) -> None:
        for pid in self.pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.kill()
        self.process.communicate()


def accepted(told: Sink) -> Counter[str]:
    """How often the sink took a mail for each recipient."""
    return Counter(mail.rcpt_tos[0] for mail in told.mails)


def check(host: Host, told: Sink, *, people: int, most_uncertain: int) -> None:
    """Nothing twice, nothing lost, doubt bounded, and the campaign came to its end."""
    taken, rows = accepted(told), host.order("report")
    everybody = {f"person{number}@example.com" for number in range(people)}
    assert [person for person, count in taken.items() if count > 1] == []
    assert everybody - set(taken) - set(rows["uncertain"]) == set()
    assert len(rows["uncertain"]) <= most_uncertain
    assert rows["messages"].get("sent", 0) + len(rows["uncertain"]) == people
    assert rows["campaign"] == "completed"
    ids = Counter(message_from_bytes(content)["Message-ID"] for content in told.contents())
    assert len(ids) == sum(taken.values())
