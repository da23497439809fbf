"""`python -m benchmarks.rendering`: what making a mail costs the processor, against Django's own way in the same run.

Both make the same letter (`benchmarks.sending.letter`) for each person: the product by `rendering.make`, from rows that
are in memory already; Django by compiled templates and `EmailMultiAlternatives`. What needs Django set up is imported
where it is used.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from benchmarks.installation import installation
from benchmarks.sending import letter

ROUNDS = 7
# At least so many times as many mails in the same time as Django's way.
CLAIMS = {"plain": 12.0, "deciding": 3.0}


def makers(mails: int) -> dict[str, Callable[[], int]]:
    """Return what is measured, by name; each makes this many mails and returns their bytes."""
    from benchmarks.sending import peers
    from tests import builders

    workspace = builders.make_workspace(postal_address="Acme\n1 rue de Rivoli\nParis")
    account = builders.make_account(workspace, letter.SENDER, display_name="Ada Lovelace", provider="smtp")
    found: dict[str, Callable[[], int]] = {
        name: _ours(builders, workspace, account, mails, deciding=name == "deciding") for name in CLAIMS
    }
    found["Django"] = lambda: sum(len(peers.message(number).message().as_bytes()) for number in range(mails))
    return found


def _ours(builders: Any, workspace: Any, account: Any, mails: int, *, deciding: bool) -> Callable[[], int]:
    from campaigns import graph
    from campaigns.mail import rendering
    from campaigns.mail.freezing import Sources
    from campaigns.models import Message
    from contacts.models import Contact
    from fluenzr.core import ids

    step = builders.make_email_node(subject=letter.SUBJECT, body=letter.body(deciding=deciding))
    campaign = builders.make_campaign(workspace, builders.make_workflow(step), account)
    graph.of_version(campaign.version_id)
    people = [letter.person(number) for number in range(mails)]
    contacts = [
        Contact(
            workspace=workspace,
            email=one.email,
            first_name=one.values["firstName"],
            last_name=one.values["lastName"],
            company=one.values["company"],
            job_title=one.values["jobTitle"],
        )
        for one in people
    ]
    journeys = ids.draw(mails)
    messages = [
        Message(
            workspace_id=workspace.pk,
            campaign_id=campaign.pk,
            enrolment_id=journey,
            contact_id=contact.pk,
            account_id=account.pk,
            version_id=campaign.version_id,
            node="mail_1",
            recipient=contact.email,
            message_id=f"{journey.hex}@acme.example",
        )
        for contact, journey in zip(contacts, journeys, strict=True)
    ]
    sources = {
        "contacts": {one.pk: one for one in contacts},
        "accounts": {account.pk: account},
        "campaigns": {campaign.pk: campaign},
        "seeds": dict.fromkeys(journeys, 1),
        "fields": {},
    }
    files = rendering.enclosures(messages)

    def work() -> int:
        made = rendering.make(messages, files, now=builders.NOW, sources=Sources(**sources))
        return sum(len(one.content) for one in made.values() if isinstance(one, rendering.Made))

    return work


def measure(found: dict[str, Callable[[], int]], mails: int) -> dict[str, list[float]]:
    """Return the microseconds of processor time a mail of each round, taken in turn, by name."""
    took: dict[str, list[float]] = {name: [] for name in found}
    for name, work in found.items():
        print(f"{name}: {work() // mails} bytes a mail", flush=True)
    for _round in range(ROUNDS):
        for name, work in found.items():
            began = time.process_time()
            work()
            took[name].append((time.process_time() - began) / mails * 1e6)
    return took


def main() -> int:
    """The exit code: 0 when everything is as claimed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=1000)
    arguments = parser.parse_args()
    with installation(on="sqlite"):
        found, mails = makers(arguments.mails), arguments.mails
        took = measure(found, mails)
    good = True
    for name, claim in CLAIMS.items():
        ratio = median(theirs / ours for theirs, ours in zip(took["Django"], took[name], strict=True))
        good &= ratio >= claim
        mark = "" if ratio >= claim else "   NOT AS CLAIMED"
        print(f"{name}: {median(took[name]):.0f} us a mail, {ratio:.1f} times Django (at least {claim:g}){mark}")
    print(f"Django: {median(took['Django']):.0f} us a mail; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print("as claimed" if good else "NOT AS CLAIMED")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
