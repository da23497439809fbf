"""An installation of its own, started as a person starts it."""

import json
import os
import secrets
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from tests.databases import free_port
from tests.prove import processes


class Installation:
    """A server of its own: database, data directory and port."""

    def __init__(self, *, database_url: str, folder: Path) -> None:
        self.mark = secrets.token_hex(8)
        self.port = free_port()
        self.log = folder / "up.log"
        self.environment = {
            "FLUENZR_ENV_FILE": os.devnull,
            "DATABASE_URL": database_url,
            "DATA_DIR": str(folder / "data"),
            "PORT": str(self.port),
            "DEBUG": "1",
            "SECRET_KEY": secrets.token_urlsafe(50),
            "FLUENZR_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "FLUENZR_TRACKING_KEYS": secrets.token_urlsafe(32),
            "FLUENZR_PEPPER": secrets.token_urlsafe(32),
        }

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        command = [sys.executable, "manage.py", *arguments]
        environment = {"PATH": os.environ["PATH"], **self.environment, processes.MARK: self.mark}
        return subprocess.run(
            command, env=environment, cwd=processes.ROOT, capture_output=True, text=True, check=False, timeout=60
        )

    def up(self) -> subprocess.Popen[bytes]:
        """Start everything and wait until the site is ready."""
        leader = processes.start(["manage.py", "up"], mark=self.mark, environment=self.environment, log=self.log)
        processes.wait_until(self.is_ready, seconds=20, what="ready")
        return leader

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def doctor(self) -> dict[str, Any]:
        """The checks by name."""
        return {check["name"]: check for check in json.loads(self.manage("doctor", "--json").stdout)["checks"]}

    def clusters_live(self) -> bool:
        return bool(self.doctor()["clusters"]["ok"])
