"""The process that looks into the database that the nodes of a proof share: makes campaigns, starts them, reports.

Orders come as with `sender_host`: `{"do": "setup", "address": "10.0.0.1", "port": 25, "people": 20, "accounts": 2}`,
`{"do": "start"}`, `{"do": "report"}`, `{"do": "hits", "messages": ["..."]}`.
"""

import json
import sys
from collections import Counter
from typing import Any

import django

django.setup()

from django.db.models import Sum  # noqa: E402

from campaigns import lifecycle  # noqa: E402
from campaigns.models import Campaign, CampaignTotal, Enrolment, Message  # noqa: E402
from contacts.models import Contact  # noqa: E402
from fluenzr.core import clock  # noqa: E402
from fluenzr.core.models import Heartbeat  # noqa: E402
from fluenzr.mailboxes.enums import Channel, Encryption, Provider  # noqa: E402
from tests import builders  # noqa: E402
from tests.prove.sender_host import AROUND_THE_CLOCK  # noqa: E402
from tracking.models import RawHit  # noqa: E402


def setup(*, address: str, port: int, people: int, accounts: int) -> None:
    """Make a draft for each account, every other of which is a relay, with its share of the people."""
    workspace = builders.make_workspace(postal_address="Acme, 1 Example Street, Exampleton")
    door = {"smtp_host": address, "smtp_port": port, "smtp_encryption": Encryption.NONE, "channel": Channel.EMAIL}
    for number in range(accounts):
        provider = Provider.RELAY if number % 2 else Provider.SMTP
        account = builders.make_account(workspace, provider=provider, **door)
        campaign = builders.make_campaign(workspace, account=account, status="draft", **AROUND_THE_CLOCK)
        addresses = [f"person{one}@example.com" for one in range(number, people, accounts)]
        contacts = Contact.objects.bulk_create(
            Contact(workspace=workspace, email=one, email_key=one) for one in addresses
        )
        Enrolment.objects.bulk_create(
            Enrolment(workspace=workspace, campaign=campaign, contact=one, added_at=builders.NOW, seed=seed)
            for seed, one in enumerate(contacts)
        )
        CampaignTotal.objects.filter(campaign=campaign).update(contacts=len(contacts))


def start() -> None:
    """Start all campaigns."""
    for campaign in Campaign.objects.all():
        lifecycle.start(campaign, by="proof", now=clock.database_now())


def report() -> dict[str, Any]:
    """Return what the rows say."""
    messages = Message.objects.all()
    by_state = {state: sorted(messages.filter(state=state).values_list("recipient", flat=True)) for state in STATES}
    return {
        "campaigns": dict(Counter(Campaign.objects.values_list("status", flat=True))),
        "messages": dict(Counter(messages.values_list("state", flat=True))),
        "people": dict(Counter(Enrolment.objects.values_list("status", flat=True))),
        "totals": CampaignTotal.objects.aggregate(**{name: Sum(name) for name in ("emails_sent", "uncertain")}),
        "alive": sorted(Heartbeat.objects.values_list("name", flat=True)),
        **by_state,
    }


STATES = ("sent", "uncertain")


def hits(messages: list[str]) -> int:
    """Return how many hits of these messages are in the database."""
    return RawHit.objects.filter(message__in=messages).count()


def obey(order: dict[str, Any]) -> Any:
    """Carry out one order and return the answer."""
    return {"setup": setup, "start": start, "report": report, "hits": hits}[order.pop("do")](**order)


if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(json.dumps(obey(json.loads(line))) + "\n")
        sys.stdout.flush()
