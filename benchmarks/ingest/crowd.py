"""Mails of a campaign that everybody got, and the addresses in them."""

import random
from dataclasses import dataclass
from pathlib import Path

from django.utils import timezone

from campaigns.models import Enrolment, Message
from contacts.models import Contact
from fluenzr.core import bulk, ids, signing
from tests import builders

LINKS = 4
# Those who open and click again and again.
READERS = 6000
NODE = "mail_1"


def fill(mails: int) -> None:
    """Make so many people and the mail that each got, with links that are the same for all."""
    workspace = builders.make_workspace()
    campaign = builders.make_campaign(workspace, status="active")
    now = timezone.now()
    people, journeys, letters = ids.draw(mails), ids.draw(mails), ids.draw(mails)
    contact = Contact(workspace=workspace, created_at=now, updated_at=now)
    addresses = [f"person{number}@example.com" for number in range(mails)]
    bulk.insert_like(contact, ("id", "email", "email_key"), zip(people, addresses, addresses, strict=True))
    journey = Enrolment(
        workspace=workspace, campaign=campaign, version=campaign.version, node=NODE, status="in_progress",
        seed=1, added_at=now, first_sent_at=now, emails_sent=1,
    )  # fmt: skip
    bulk.insert_like(journey, ("id", "contact_id"), zip(journeys, people, strict=True))
    mail = Message(
        workspace=workspace, campaign=campaign, version=campaign.version, node=NODE, state="sent",
        account=campaign.lanes.get().account, created_at=now, not_before=now, sending_at=now, sent_at=now,
        frozen={"subject": "A subject", "variables": {"firstName": "Ada", "company": "Globex"}},
    )  # fmt: skip
    rows = zip(letters, journeys, people, addresses, [f"{key}@acme.example" for key in letters], strict=True)
    bulk.insert_like(mail, ("id", "enrolment_id", "contact_id", "recipient", "message_id"), rows)
    for index in range(LINKS):
        builders.make_link(Message.objects.all()[0], index, f"https://acme.example/page-{index}")


@dataclass(frozen=True)
class Paths:
    """Files of addresses, in any order: of pixels and links of some mails, and of one link of each of the others.

    `image` is what nginx is asked for, `forged` a pixel that nobody made.
    """

    pixels: Path
    links: Path
    firsts: Path
    image: Path
    forged: Path


def write(folder: Path, *, seed: int) -> Paths:
    """Write the addresses into files of the folder."""
    everybody = list(Message.objects.order_by("pk").values_list("pk", flat=True))
    keys, others = everybody[:READERS], everybody[READERS:]
    chance = random.Random(seed)
    paths = {
        "pixels": [f"/t/o/{signing.sign('open', key)}.gif" for key in keys],
        "links": [f"/t/c/{signing.sign('click', key, index)}" for key in keys for index in range(LINKS)],
        "firsts": [f"/t/c/{signing.sign('click', key, chance.randrange(LINKS))}" for key in others],
        "image": ["/pixel.gif"],
        "forged": ["/t/o/forged.gif"],
    }
    for name, lines in paths.items():
        chance.shuffle(lines)
        (folder / name).write_text("\n".join(lines) + "\n")
    return Paths(**{name: folder / name for name in paths})
