"""The process in which senders live and die: loads Django once, then forks one sender for each order it reads.

Orders come as JSON lines on standard input, answers go to standard output:
`{"do": "setup", "port": 2525, "people": 20, "accounts": 1}`, `{"do": "spawn", "kill": "settling.settle:before:3"}`,
`{"do": "pause"}`, `{"do": "report"}`. A sender plans, recovers and sends until its campaign is complete. A kill order
names a function of `campaigns`, `before` or `after`, and the call at which the sender kills itself.
"""

import importlib
import json
import os
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.db import DatabaseError, connections  # noqa: E402

from campaigns import engine, fleet, lifecycle, outbox, recovery, scheduler, senders  # noqa: E402
from campaigns.enums import CampaignStatus  # noqa: E402
from campaigns.models import Campaign, CampaignAccount, Enrolment, Message  # noqa: E402
from contacts import standing  # noqa: E402
from contacts.models import Contact  # noqa: E402
from fluenzr.core import clock  # noqa: E402
from fluenzr.core.errors import Conflict  # noqa: E402
from fluenzr.mailboxes.enums import Channel, Encryption, Provider  # noqa: E402
from fluenzr.mailboxes.models import Account  # noqa: E402
from tests import builders  # noqa: E402

AROUND_THE_CLOCK = {
    "send_days": list(clock.DAY_NAMES),
    "send_hours_start": 0,
    "send_hours_end": 24,
    "max_emails_per_hour": None,
}


def setup(
    *, port: int, people: int, accounts: int = 1, mails: int = 1, status: str = "active", provider: str = Provider.SMTP
) -> None:
    """Make a campaign of so many mails in a row whose accounts send to the sink."""
    workspace = builders.make_workspace()
    doors = [_account(workspace, port, provider) for _number in range(accounts)]
    workflow = builders.make_workflow(*(builders.make_email_node(f"mail_{number}") for number in range(1, mails + 1)))
    campaign = builders.make_campaign(workspace, workflow, account=doors[0], status=status, **AROUND_THE_CLOCK)
    for position, account in enumerate(doors[1:], start=1):
        CampaignAccount.objects.create(workspace=workspace, campaign=campaign, account=account, position=position)
    for number in range(people):
        contact = builders.make_contact(workspace, f"person{number}@example.com")
        builders.make_enrolment(campaign, contact, version=None)
    if status == CampaignStatus.ACTIVE:
        engine.begin(campaign, now=clock.database_now())


def _account(workspace: Any, port: int, provider: str) -> Account:
    return builders.make_account(
        workspace,
        channel=Channel.EMAIL,
        provider=provider,
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
    while Campaign.objects.get().status in (CampaignStatus.ACTIVE, CampaignStatus.PAUSED):
        try:
            now = clock.database_now()
            recovery.recover(now=now)
            moved = engine.advance_due(now=now) + scheduler.plan(now=now)
            sent = send()
        except DatabaseError:  # two planners on SQLite, or a lock that took too long: the next round tries again
            moved = sent = 0
        if not moved and not sent:
            time.sleep(0.02)


def send() -> int:
    """Send what is due, from mailboxes at once where the product does."""
    mailboxes = list(senders.of_mailboxes(Account.objects.all()).values_list("pk", flat=True))
    sent = fleet.send(mailboxes) if mailboxes else 0
    others = Account.objects.exclude(pk__in=mailboxes).values_list("pk", flat=True)
    return sent + sum(map(outbox.send_account, others))


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


def fork(work: Callable[[], int]) -> int:
    """Fork a process that does this and exits with its result; return its pid."""
    connections.close_all()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        status = work()
    finally:
        if status == 1:
            traceback.print_exc()
        os._exit(status)


def sender(kill: str) -> int:
    """What a forked sender does."""
    if kill:
        arm(kill)
    send_until_done()
    return 0


def start_at(moment: float) -> bool:
    """Start the campaign at that very moment; whether this call was the one that did."""
    campaign = Campaign.objects.get()
    time.sleep(max(0.0, moment - time.time()))
    try:
        lifecycle.start(campaign, by="proof", now=clock.database_now())
    except Conflict:
        return False
    return True


def pause() -> dict[str, Any]:
    """Pause, and say which mails are on the wire then; nothing else may be until `resume`."""
    lifecycle.pause(Campaign.objects.get(), by="proof", now=clock.database_now())
    return {"gone": Message.objects.filter(state__in=("sending", "sent", "uncertain")).count()}


def resume() -> dict[str, Any]:
    """Resume, and say how many mails were on the wire just before."""
    gone = Message.objects.filter(state__in=("sending", "sent", "uncertain")).count()
    lifecycle.resume(Campaign.objects.get(), by="proof", now=clock.database_now())
    return {"gone": gone}


def leave(person: str) -> dict[str, Any]:
    """Unsubscribe a person, and say how many of their mails are on the wire when that is committed."""
    contact = Contact.objects.get(email=person)
    standing.unsubscribe(contacts=[contact], source="proof", now=clock.database_now())
    gone = Message.objects.filter(contact=contact, state__in=("sending", "sent", "uncertain")).count()
    return {"gone": gone}


def obey(order: dict[str, Any]) -> Any:
    """Carry out one order and return the answer."""
    what = order.pop("do")
    if what == "setup":
        return setup(**order)
    if what == "spawn":
        return fork(lambda: sender(order["kill"]))
    if what == "start":
        return fork(lambda: 0 if start_at(order["moment"]) else 3)
    if what in ("pause", "resume", "leave"):
        return {"pause": pause, "resume": resume, "leave": leave}[what](**order)
    if what == "wait":
        return os.waitpid(order["pid"], 0)[1]
    return report()


if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(json.dumps(obey(json.loads(line))) + "\n")
        sys.stdout.flush()
