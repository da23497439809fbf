import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.prove import processes
from tests.prove.installation import Installation

# Four processes ask 400 times each for one workspace, as fast as they can.
ASKS = """
import sys, uuid, django
django.setup()
from fluenzr.workspaces import throttle
workspace = uuid.UUID(sys.argv[1])
sys.stdin.readline()
print(sum(throttle.take(workspace, limit=1000).is_allowed for _number in range(400)))
"""
MAKE = ("--name", "Acme", "--plan", "pro", "--owner", "a@b.c", "--password", "pw", "--api-key", "Script", "--json")


@pytest.fixture
def installation(migrated_database: str, tmp_path: Path) -> Installation:
    return Installation(database_url=migrated_database, folder=tmp_path)


def test_thousand_a_minute_pass_over_four_processes(installation: Installation) -> None:
    made = json.loads(installation.manage("workspace", "create", *MAKE).stdout)
    lookup = "from fluenzr.workspaces.models import Workspace; print(Workspace.objects.get().pk)"
    workspace = installation.manage("shell", "--no-imports", "-c", lookup).stdout.strip()
    environment = {**installation.environment, "DJANGO_SETTINGS_MODULE": "fluenzr.settings"}
    asking = [
        subprocess.Popen(
            [sys.executable, "-c", ASKS, workspace],
            env=environment,
            cwd=processes.ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _number in range(4)
    ]
    for process in asking:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()

    passed = [int(process.communicate(timeout=50)[0]) for process in asking]

    assert made["apiKey"].startswith("flz_sk_")
    # What a process has leased and does not ask for any more is lost to the others until the window ends.
    assert 950 <= sum(passed) <= 1000, passed
