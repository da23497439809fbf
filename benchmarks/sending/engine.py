"""`python -m benchmarks.sending.engine`: the product, from the start of a campaign to its last mail and step.

`fill` makes people in a fresh database, `send` makes a campaign for all of them, starts beat and clusters by their
commands, as `docs/operations/running.md` has them on a node that only works, starts the campaign, and waits. The time
counts from the start to the last `sent`; processor time and statements to the end of the campaign, so that nothing
that was put off is left out. Then the database is asked whether everybody got one mail, and whether all is written.
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import django

from benchmarks.sending import letter
from benchmarks.sending.metering import Measured, Meter
from tests.prove import processes

BATCH = 2000
# Addresses that nobody in the campaign has, for the suppressions to be asked against.
SUPPRESSED = 1000
CLUSTERS = ("work", "send")
READY_SECONDS = 180.0
# When nothing was sent for so long, the engine stands still.
STILL_SECONDS = 90.0
NODE = "mail"


def fill(people: int) -> None:
    """Make the tables, a workspace, and a group of so many people."""
    from django.core.management import call_command

    from contacts import suppression
    from contacts.models import Contact, Membership
    from fluenzr.core import clock
    from tests import builders

    call_command("migrate", verbosity=0)
    workspace = builders.make_workspace(postal_address="Acme, 1 Example Street, Exampleton")
    group, now = builders.make_group(workspace), clock.database_now()
    for first in range(0, people, BATCH):
        rows = [_contact(workspace, number) for number in range(first, min(first + BATCH, people))]
        found = Contact.objects.bulk_create(rows)
        members = (Membership(workspace=workspace, group=group, contact=one, added_at=now) for one in found)
        Membership.objects.bulk_create(members)
    targets = [f"gone{number}@company{number}.example" for number in range(SUPPRESSED)]
    suppression.suppress(workspace=workspace, targets=targets, now=now)


def _contact(workspace: Any, number: int) -> Any:
    from contacts.drafts import COLUMNS
    from contacts.models import Contact

    one = letter.person(number)
    columns = {COLUMNS[name]: value for name, value in one.values.items()}
    return Contact(workspace=workspace, email=one.email, email_key=one.email, **columns)


def prepare(*, accounts: int, provider: str, port: int, deciding: bool, now: datetime, encryption: str = "none") -> Any:
    """Return a draft with everybody in it, which sends around the clock and without limits from some accounts."""
    from campaigns import audience, lifecycle
    from campaigns.models import CampaignAccount
    from contacts.models import Group
    from fluenzr.core import clock
    from fluenzr.workspaces.models import Workspace
    from tests import builders

    workspace = Workspace.objects.get()
    doors = [_account(workspace, number, provider, port, encryption, now) for number in range(accounts)]
    data = {"subject": letter.SUBJECT, "body": letter.body(deciding=deciding), "bodyFormat": "html"}
    campaign = lifecycle.create(
        workspace=workspace,
        name="Everybody",
        account=doors[0],
        settings={
            "sendDays": list(clock.DAY_NAMES),
            "sendHoursStart": 0,
            "sendHoursEnd": 24,
            "maxEmailsPerHour": None,
        },
        workflow=builders.make_workflow(builders.make_email_node(NODE, **data)),
        by="benchmark",
        now=now,
    )
    for position, account in enumerate(doors[1:], start=1):
        CampaignAccount.objects.create(workspace=workspace, campaign=campaign, account=account, position=position)
    audience.add(campaign, by="benchmark", now=now, batch="benchmark", group_ids=[Group.objects.get().public_id])
    return campaign


def _account(workspace: Any, number: int, provider: str, port: int, encryption: str, now: datetime) -> Any:
    from fluenzr.mailboxes import accounts

    return accounts.create(
        workspace=workspace,
        draft={
            "provider": provider,
            "email": letter.SENDER.replace("@", f"{number}@"),
            "displayName": "Ada Lovelace",
            "smtp": {"host": "127.0.0.1", "port": port, "encryption": encryption},
            "dailyLimit": None,
            "hourlyLimit": None,
        },
        by="benchmark",
        now=now,
    )


@contextmanager
def workers(*, mark: str, log: Path, nodes: int = 1) -> Iterator[None]:
    """Beat and clusters of so many nodes, once each cluster has shown a sign of life and all have their processes."""
    from fluenzr.core.models import Heartbeat

    parts = [("beat", {}), *(("cluster", {"Q_CLUSTER_NAME": name}) for name in CLUSTERS)]
    try:
        for node in range(nodes):
            place = {"DATA_DIR": f"{os.environ['DATA_DIR']}/{node}"} if nodes > 1 else {}
            for command, own in parts:
                environment = {**os.environ, **own, **place}
                processes.start(["manage.py", command], mark=mark, environment=environment, log=log)
        whole = nodes * _processes()
        processes.wait_until(
            lambda: (
                Heartbeat.objects.filter(name__in=CLUSTERS).count() == len(CLUSTERS)
                and len(processes.marked(mark)) >= whole
            ),
            seconds=READY_SECONDS,
            what="the workers",
        )
        yield
    finally:
        processes.kill_marked(mark)


def _processes() -> int:
    """Return how many processes a node has: its beat, and of each cluster the workers and four that serve them."""
    from django.conf import settings

    known = settings.Q_CLUSTER
    return 1 + sum(known["ALT_CLUSTERS"].get(name, known)["workers"] + 4 for name in CLUSTERS)


def send(campaign: Any, *, mark: str) -> Measured:
    """Start the campaign and return what it took."""
    from django.db.models import Max

    from campaigns import lifecycle
    from campaigns.mail import rendering
    from campaigns.models import Message
    from fluenzr.core import clock

    meter = Meter(lambda: processes.marked(mark))
    began = clock.database_now()
    lifecycle.start(campaign, by="benchmark", now=began)
    people = _wait(campaign)
    ended = Message.objects.aggregate(last=Max("sent_at"))["last"]
    (mail,) = rendering.compose([Message.objects.all()[0]]).values()
    return meter.read(mails=people, seconds=(ended - began).total_seconds(), size=len(mail))


def _wait(campaign: Any) -> int:
    """Wait until the campaign is complete; return how many mails it sent."""
    from campaigns.enums import CampaignStatus
    from campaigns.models import CampaignTotal

    before, since = -1, time.monotonic()
    while True:
        campaign.refresh_from_db(fields=["status"])
        sent: int = CampaignTotal.objects.get(campaign=campaign).emails_sent
        if campaign.status == CampaignStatus.COMPLETED:
            return sent
        if sent != before:
            before, since = sent, time.monotonic()
        elif time.monotonic() - since > STILL_SECONDS:
            sys.exit(f"The engine stands still: {_states()}")
        time.sleep(0.1)


def _states() -> dict[str, Any]:
    from campaigns.models import Enrolment, Message

    return {
        "messages": dict(Counter(Message.objects.values_list("state", flat=True))),
        "people": dict(Counter(Enrolment.objects.values_list("status", flat=True))),
    }


def check(campaign: Any, people: int) -> None:
    """End when not everybody got exactly one mail, or when something about it is not written down."""
    from django.db.models import Sum

    from campaigns.enums import EnrolmentStatus, EventType, MessageState
    from campaigns.models import CampaignTotal, Enrolment, Event, Message, Tally
    from campaigns.models.event import ALL_TIME

    sent = Message.objects.filter(state=MessageState.SENT)
    total = CampaignTotal.objects.get(campaign=campaign)
    found = {
        "mails": Message.objects.count(),
        "sent": sent.count(),
        "people with a mail": sent.values("enrolment").distinct().count(),
        "recipients": sent.values("recipient").distinct().count(),
        "events": Event.objects.filter(type=EventType.SENT).values("message").distinct().count(),
        "people at the end": Enrolment.objects.filter(status=EnrolmentStatus.COMPLETED).count(),
        "counted mails": total.emails_sent,
        "counted people": total.sent,
        "tallied": Tally.objects.filter(slot=ALL_TIME).aggregate(all=Sum("sent"))["all"],
        "tallied by time": Tally.objects.exclude(slot=ALL_TIME).aggregate(all=Sum("sent"))["all"],
    }
    wrong = {name: number for name, number in found.items() if number != people}
    if wrong:
        sys.exit(f"Of {people} people: {wrong}")


def main() -> None:
    """Do one of the two, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("do", choices=("fill", "send"))
    parser.add_argument("--people", type=int, required=True)
    parser.add_argument("--accounts", type=int, default=1)
    parser.add_argument("--provider", choices=("smtp", "relay"), default="relay")
    parser.add_argument("--encryption", choices=("none", "ssl"), default="none")
    parser.add_argument("--deciding", action="store_true")
    parser.add_argument("--nodes", type=int, default=1)
    parser.add_argument("--log", type=Path)
    arguments = parser.parse_args()
    django.setup()
    if arguments.do == "fill":
        fill(arguments.people)
        return
    from fluenzr.core import clock

    mark, port, now = os.environ["BENCH_MARK"], int(os.environ["BENCH_SMTP_PORT"]), clock.database_now()
    campaign = prepare(
        accounts=arguments.accounts,
        provider=arguments.provider,
        port=port,
        encryption=arguments.encryption,
        deciding=arguments.deciding,
        now=now,
    )
    with workers(mark=mark, log=arguments.log, nodes=arguments.nodes):
        measured = send(campaign, mark=mark)
    check(campaign, arguments.people)
    print(measured.dump())


if __name__ == "__main__":
    main()
