"""The process in which senders live and die: loads Django once, then forks one sender for each order it reads.

Orders come as JSON lines on standard input, answers go to standard output:
`{"do": "setup", "port": 2525, "people": 20, "accounts": 1}`, `{"do": "spawn", "kill": "settling.settle:before:3"}`,
`{"do": "report"}`. A sender plans, recovers and sends until its campaign is complete. A kill order names a function of
`campaigns`, `before` or `after`, and the call at which the sender kills itself.
"""

import importlib
import json
import os
import signal
import sys
import time
import traceback
from collections import Counter
from typing import Any

import django

django.setup()

from django.db import DatabaseError, connections  # noqa: E402

from campaigns import engine, outbox, recovery, scheduler  # noqa: E402
from campaigns.enums import CampaignStatus  # noqa: E402
from campaigns.models import Campaign, CampaignAccount, Enrolment, Message  # noqa: E402
from fluenzr.core import clock  # noqa: E402
from fluenzr.mailboxes.enums import Channel, Encryption, Provider  # noqa: E402
from fluenzr.mailboxes.models import Account  # noqa: E402
from tests import builders  # noqa: E402

AROUND_THE_CLOCK = {
    "send_days": list(clock.DAY_NAMES),
    "send_hours_start": 0,
    "send_hours_end": 24,
    "max_emails_per_hour": None,
}


def setup(*, port: int, people: int, accounts: int = 1) -> None:
    """Make an active campaign whose accounts send to the sink."""
    workspace = builders.make_workspace()
    doors = [_account(workspace, port) for _number in range(accounts)]
    campaign = builders.make_campaign(workspace, account=doors[0], status=CampaignStatus.ACTIVE, **AROUND_THE_CLOCK)
    for position, account in enumerate(doors[1:], start=1):
        CampaignAccount.objects.create(workspace=workspace, campaign=campaign, account=account, position=position)
    for number in range(people):
        contact = builders.make_contact(workspace, f"person{number}@example.com")
        builders.make_enrolment(campaign, contact, version=None)
    engine.begin(campaign, now=clock.database_now())


def _account(workspace: Any, port: int) -> Account:
    return builders.make_account(
        workspace,
        channel=Channel.EMAIL,
        provider=Provider.SMTP,
        smtp_host="127.0.0.1",
        smtp_port=port,
        smtp_encryption=Encryption.NONE,
    )


def report() -> dict[str, Any]:
    """Return what the rows say."""
    messages = Message.objects.all()
    doubted = messages.filter(state="uncertain")
    return {
        "campaign": Campaign.objects.get().status,
        "messages": dict(Counter(messages.values_list("state", flat=True))),
        "uncertain": sorted(doubted.values_list("recipient", flat=True)),
        "people": dict(Counter(Enrolment.objects.values_list("status", flat=True))),
    }


def send_until_done() -> None:
    """Be a sender, as the worker's tasks are, until nothing is left to do."""
    while Campaign.objects.get().status == CampaignStatus.ACTIVE:
        try:
            now = clock.database_now()
            recovery.recover(now=now)
            moved = engine.advance_due(now=now) + scheduler.plan(now=now)
            sent = sum(outbox.send_account(key) for key in Account.objects.values_list("pk", flat=True))
        except DatabaseError:  # two planners on SQLite, or a lock that took too long: the next round tries again
            moved = sent = 0
        if not moved and not sent:
            time.sleep(0.02)


def arm(order: str) -> None:
    """Make the named function kill this process, `before` or `after` its n-th call."""
    path, moment, number = order.rsplit(":", 2)
    module_name, *owners, name = path.split(".")
    owner = importlib.import_module(f"campaigns.{module_name}")
    for part in owners:
        owner = getattr(owner, part)
    original, calls = getattr(owner, name), Counter[str]()

    def deadly(*args: Any, **options: Any) -> Any:
        calls["all"] += 1
        if moment == "before" and calls["all"] == int(number):
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*args, **options)
        if moment == "after" and calls["all"] == int(number):
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, deadly)


def spawn(kill: str) -> int:
    """Fork a sender; return its pid."""
    connections.close_all()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        if kill:
            arm(kill)
        send_until_done()
        status = 0
    finally:
        if status:
            traceback.print_exc()
        os._exit(status)


def obey(order: dict[str, Any]) -> Any:
    """Carry out one order and return the answer."""
    what = order.pop("do")
    if what == "setup":
        return setup(**order)
    if what == "spawn":
        return spawn(order.get("kill", ""))
    if what == "wait":
        return os.waitpid(order["pid"], 0)[1]
    return report()


if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(json.dumps(obey(json.loads(line))) + "\n")
        sys.stdout.flush()
