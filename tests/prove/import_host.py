"""The process in which importers live and die: loads Django once, then forks one importer for each order it reads.

Orders come as JSON lines on standard input, answers go to standard output:
`{"do": "setup", "rows": 400, "plain": false}`, `{"do": "spawn", "kill": "writing.write:after:3"}`,
`{"do": "wait", "pid": 7}`, `{"do": "progress"}`, `{"do": "report"}`.
"""

import importlib
import io
import json
import os
import signal
import sys
import time
from collections import Counter
from typing import Any

import django

django.setup()

from django.db import OperationalError  # noqa: E402

from contacts.importing import lifecycle, running  # noqa: E402
from contacts.importing.lifecycle import Choices  # noqa: E402
from contacts.models import (  # noqa: E402
    Consent,
    Contact,
    FieldChange,
    Group,
    Import,
    Membership,
    RejectedRow,
    StageMove,
    Tagging,
)
from fluenzr.workspaces.models import Workspace  # noqa: E402
from tests import builders  # noqa: E402
from tests.prove.sender_host import fork  # noqa: E402

running.CHUNK = 20


def setup(*, rows: int, plain: bool) -> None:
    """Let an import of so many rows wait: new, known, twice in the file, bad; hardly any but new if `plain`."""
    workspace = builders.make_workspace()
    if plain:
        lines = ["email,first name"]
        lines += [f"{'nonsense' if number % 97 == 5 else f'person{number}@b.org'},Name" for number in range(rows)]
        # One chunk with an address of the chunk before it, and one with an address that is known.
        lines[rows // 2] = lines[rows // 2 - 30]
        builders.make_contact(workspace, f"person{rows * 3 // 4}@b.org", first_name="Before")
        _start(workspace, lines, on_duplicate="update", consent_source="event")
        return
    for number in range(0, rows, 7):
        builders.make_contact(workspace, f"person{number}@b.org", first_name="Before", company="Old")
    stage, group = builders.make_stage(workspace, "Lead"), builders.make_group(workspace, "Fair")
    lines = ["email,first name,company,tags"]
    for number in range(rows):
        address = "nonsense" if number % 11 == 5 else f"person{number - number % 13 // 12}@b.org"
        lines.append(f"{address},Name {number},{'' if number % 3 else 'Acme'},tag{number % 5}")
    _start(
        workspace,
        lines,
        consent_source="event",
        on_duplicate="update",
        groups=[group],
        tags=["proof"],
        stage=stage,
    )


def _start(workspace: Workspace, lines: list[str], **choices: Any) -> None:
    content = io.BytesIO("\n".join(lines).encode())
    origin = lifecycle.upload(workspace=workspace, content=content, name="proof.csv", by="proof", now=builders.NOW)
    chosen = Choices(mapping=origin.mapping, certified=True, **choices)
    lifecycle.start(origin, choices=chosen, by="proof", now=builders.NOW)


def importer(kill: str) -> int:
    """What a forked importer does: works as the tasks do until nothing is left; dies at the step of `kill`."""
    if kill:
        arm(kill)
    while Import.objects.get().status == "running":
        try:
            if not running.run_next():
                time.sleep(0.02)
        except OperationalError:  # a lock that took too long: the lease runs out, and it is tried again
            time.sleep(0.02)
    return 0


def arm(order: str) -> None:
    """Make the named function of imports kill this process, `before` or `after` its n-th call."""
    path, moment, number = order.split(":")
    module_name, name = path.split(".")
    module = importlib.import_module(f"contacts.importing.{module_name}")
    original, calls = getattr(module, name), Counter[str]()

    def deadly(*args: Any, **options: Any) -> Any:
        calls["all"] += 1
        is_now = calls["all"] == int(number)
        if moment == "before" and is_now:
            os.kill(os.getpid(), signal.SIGKILL)
        try:
            return original(*args, **options)
        finally:
            if moment == "after" and is_now:
                os.kill(os.getpid(), signal.SIGKILL)

    setattr(module, name, deadly)


def report() -> dict[str, Any]:
    """Return all that an import leaves, without keys and times."""
    origin = Import.objects.get()
    counts = ("done_rows", "created_rows", "updated_rows", "skipped_rows", "rejected_rows")
    return {
        "import": [origin.status, *(getattr(origin, name) for name in counts)],
        "contacts": _rows(Contact, "email", "first_name", "company", "status", "stage__name"),
        "groups": _rows(Membership, "group__name", "contact__email"),
        "tags": _rows(Tagging, "tag__name", "contact__email"),
        "consents": _rows(Consent, "contact__email", "source"),
        "moves": _rows(StageMove, "contact__email", "to_stage__name"),
        "changes": _rows(FieldChange, "contact__email", "field", "new"),
        "rejects": _rows(RejectedRow, "line", "reason"),
        "others": [Workspace.objects.count(), Group.objects.count()],
    }


def _rows(model: Any, *names: str) -> list[Any]:
    return sorted(map(list, model.objects.values_list(*names)), key=str)


def obey(order: dict[str, Any]) -> Any:
    """Carry out one order and return the answer."""
    what = order.pop("do")
    if what == "setup":
        return setup(**order)
    if what == "spawn":
        return fork(lambda: importer(order["kill"]))
    if what == "wait":
        return os.waitpid(order["pid"], 0)[1]
    if what == "progress":
        return Import.objects.get().done_rows
    return report()


if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(json.dumps(obey(json.loads(line))) + "\n")
        sys.stdout.flush()
