"""The main job, end to end: the documents' own requests against a running server, with real SMTP and IMAP servers.

What the script did stands in a ledger; what the product says happened must equal it.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.journeys import answers
from tests.journeys.dovecot import PASSWORD as IMAP_PASSWORD
from tests.journeys.dovecot import Dovecot, dovecot
from tests.journeys.integrator import Integrator
from tests.journeys.people import Ledger, Person
from tests.journeys.post_office import PostOffice
from tests.prove import processes
from tests.prove.installation import Installation
from tests.smtp_servers import Certificate, make_certificate, sink

SENDER = "jane@acme.example"
SMTP_PASSWORD = "smtp secret"
TOUR, PRICES, TALK = "https://acme.example/tour", "https://acme.example/prices?for=teams", "https://acme.example/talk"
CAST = ("reader", "replier", "absent", "gone", "leaver", "guarded", "silent")
# A person needs a moment to find a mail: whoever looks within two seconds is a machine.
MOMENT = 2.5
EMAILS = ("node_2", "node_5")
WORKFLOW = {
    "nodes": [
        {"id": "node_1", "type": "start"},
        {
            "id": "node_2",
            "type": "email",
            "data": {
                "subject": "{{firstName}}, quick question",
                "body": f"Hello {{{{firstName}}}},\n\nI'm reaching out...\n\n{TOUR}\n{PRICES}\n{TALK}\n",
                "trackOpens": True,
                "trackClicks": True,
            },
        },
        {"id": "node_3", "type": "delay", "data": {"minutes": 1}},
        {"id": "node_4", "type": "condition", "data": {"check": "opened", "nodeId": "node_2"}},
        {
            "id": "node_5",
            "type": "email",
            "data": {"subject": "", "body": f"{{{{firstName}}}},\n\nI'm following up... {TALK}", "sameThread": True},
        },
        {"id": "node_6", "type": "end"},
    ],
    "edges": [
        {"from": "node_1", "to": "node_2"},
        {"from": "node_2", "to": "node_3"},
        {"from": "node_3", "to": "node_4"},
        {"from": "node_4", "to": "node_5", "branch": "yes"},
        {"from": "node_4", "to": "node_6", "branch": "no"},
        {"from": "node_5", "to": "node_6"},
    ],
}
EVERY_DAY = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


@dataclass
class World:
    """A running installation and all that is around it."""

    api: Integrator
    office: PostOffice
    imap: Dovecot
    ledger: Ledger
    people: dict[str, Person]

    def account(self) -> dict[str, Any]:
        """The documented request for an account, with these servers."""
        return {
            "email": SENDER,
            "displayName": "Jane Doe",
            "provider": "smtp",
            "smtp": {
                "host": "127.0.0.1",
                "port": self.office.port,
                "username": SENDER,
                "password": SMTP_PASSWORD,
                "encryption": "tls",
            },
            "imap": {
                "host": "127.0.0.1",
                "port": self.imap.port,
                "username": SENDER,
                "password": IMAP_PASSWORD,
                "encryption": "ssl",
            },
        }


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return make_certificate(tmp_path)


@pytest.fixture
def world(server_database: str, tmp_path: Path, certificate: Certificate) -> Iterator[World]:
    installation = Installation(database_url=server_database, folder=tmp_path)
    installation.environment |= {
        "DEBUG": "0",
        "ALLOW_PRIVATE_HOSTS": "1",
        "FLUENZR_SETTLING_SECONDS": "2",
        "FLUENZR_POLL_SECONDS": "2",
        "FLUENZR_LEASE_SECONDS": "5",
        # The certificates of the mail servers are checked, so the installation must trust their issuer.
        "SSL_CERT_FILE": str(certificate.path),
    }
    created = "workspace", "create", "--name", "Acme", "--plan", "pro", "--owner", "owner@acme.example"
    with (
        dovecot(certificate) as imap,
        sink(password=SMTP_PASSWORD, tls=certificate.server, kind=PostOffice) as office,
    ):
        assert isinstance(office, PostOffice)
        office.imap, office.residents = imap, {SENDER}
        migrated = installation.manage("migrate", "--verbosity", "0")
        assert migrated.returncode == 0, migrated.stderr
        done = installation.manage(*created, "--password", "correct horse", "--api-key", "Journey", "--json")
        assert done.returncode == 0, done.stderr
        leader = installation.up()
        ledger = Ledger()
        people = {name: f"{name}@{name}.example" for name in CAST}
        yield World(
            api=Integrator(f"http://127.0.0.1:{installation.port}", json.loads(done.stdout)["apiKey"]),
            office=office,
            imap=imap,
            ledger=ledger,
            people={name: Person(email, office.boxes[email], ledger) for name, email in people.items()},
        )
        leader.terminate()
        assert leader.wait(timeout=20) == 0
    processes.kill_marked(installation.mark)


def test_a_sequence_of_two_mails_and_all_that_comes_back(world: World) -> None:
    campaign = set_up(world)
    world.api.post(f"/campaigns/{campaign}/start")
    wait(lambda: all(len(person.letters) == 1 for person in world.people.values()), 30, "a first mail for everybody")
    check_first_mails(world)
    everybody_acts(world)
    statuses = {"replier": "replied", "gone": "bounced", "leaver": "unsubscribed"}
    wait(lambda: statuses.items() <= standing(world, campaign).items(), 20, "those who stop are stopped")
    check_waiting(world, campaign)
    wait(lambda: status_of(world, campaign) == "completed", 120, "the campaign completes")
    finished = dict.fromkeys(("reader", "absent", "guarded", "silent"), "completed")
    assert standing(world, campaign) == statuses | finished
    check_second_mails(world)
    look_again(world)
    wait(lambda: opens_are_counted(world, campaign), 20, "the last open is counted")
    check_numbers(world, campaign)
    check_activity(world, campaign)
    check_contacts(world)
    answer_late(world, campaign)


def set_up(world: World) -> str:
    """Contacts, a group, an account and a campaign by the documents' requests; returns the campaign's id."""
    api = world.api
    group = api.post("/groups", {"name": "Q1 leads"})["id"]
    contacts = [
        api.post("/contacts", {"email": person.email, "firstName": name.title(), "company": f"{name.title()} Ltd"})[
            "id"
        ]
        for name, person in world.people.items()
    ]
    assert api.post(f"/groups/{group}/contacts", {"contactIds": contacts})["added"] == len(CAST)
    account = api.post("/email-accounts", world.account())["id"]
    tested = api.post(f"/email-accounts/{account}/test")
    assert [(check["name"], check["ok"]) for check in tested["checks"]] == [
        ("smtp", True),
        ("mail", True),
        ("imap", True),
    ]
    campaign: str = api.post(
        "/campaigns", {"name": "Q1 2025 Prospecting", "emailAccountId": account, "workflow": WORKFLOW}
    )["id"]
    clock = {"sendDays": EVERY_DAY, "sendHoursStart": 0, "sendHoursEnd": 24, "maxEmailsPerHour": 36_000}
    api.put(f"/campaigns/{campaign}", {"settings": {**clock, "timezone": "Europe/Paris"}})
    added = api.post(f"/campaigns/{campaign}/contacts", {"groupIds": [group]})
    assert added == {"added": len(CAST), "skipped": 0, "errors": []}
    return campaign


def check_first_mails(world: World) -> None:
    for name, person in world.people.items():
        letter = person.letters[0]
        world.ledger.write("sent", person.email, 0)
        assert letter.header("Subject") == f"{name.title()}, quick question"
        assert letter.header("From") == f"Jane Doe <{SENDER}>"
        assert letter.header("To") == person.email or f"<{person.email}>" in letter.header("To")
        assert letter.header("Message-ID").endswith("@acme.example>")
        assert f"Hello {name.title()},\r\n\r\nI'm reaching out...".replace("\r", "") in letter.text.replace("\r", "")
        assert (len(letter.links), len(letter.images)) == (3, 1)


def everybody_acts(world: World) -> None:
    people = world.people
    time.sleep(MOMENT)
    # Those who are to stop open first: only that they stopped can keep the second mail from them.
    for name in ("reader", "replier", "absent", "leaver"):
        people[name].open()
    people["reader"].click(1, leads_to=PRICES)
    gone, absent, replier = people["gone"], people["absent"], people["replier"]
    gone.answer(world.imap, answers.bounce(gone.letters[0], recipient=gone.email), to=SENDER, kind="bounced")
    machine = answers.out_of_office(absent.letters[0], sender=absent.email)
    absent.answer(world.imap, machine, to=SENDER, kind="auto_replied")
    words = answers.reply(replier.letters[0], sender=replier.email, text="Yes, call me on Thursday.")
    replier.answer(world.imap, words, to=SENDER, kind="replied")
    people["leaver"].press_unsubscribe()
    assert people["guarded"].be_scanned() == 3


def check_waiting(world: World, campaign: str) -> None:
    """While the delay runs, the API says where somebody stands, and until when."""
    silent = by_name(world, campaign)["silent"]
    shown = world.api.get(f"/campaigns/{campaign}/contacts/{silent['contactId']}")
    assert (shown["status"], shown["currentNodeId"], shown["emailsSent"]) == ("in_progress", "node_3", 1)
    assert shown["reason"] == "Waiting for the delay to end."
    assert shown["nextActionAt"].endswith("Z")


def check_second_mails(world: World) -> None:
    """Whoever opened and did not stop has a second mail, in the thread of the first; nobody else has one."""
    followed = ("reader", "absent")
    assert {name: len(person.letters) for name, person in world.people.items()} == {
        name: 2 if name in followed else 1 for name in CAST
    }
    assert sorted(world.office.boxes) == sorted(person.email for person in world.people.values())
    for name in followed:
        first, second = world.people[name].letters
        world.ledger.write("sent", world.people[name].email, 1)
        assert second.header("Subject") == f"Re: {name.title()}, quick question"
        assert second.header("In-Reply-To") == first.header("Message-ID")
        assert second.header("References") == first.header("Message-ID")
        assert "I'm following up..." in second.text


def look_again(world: World) -> None:
    """The reader opens the second mail, and the first once more."""
    time.sleep(MOMENT)
    world.people["reader"].open(1)
    world.people["reader"].open(0)


def check_numbers(world: World, campaign: str) -> None:
    """Every figure is the count of the ledger; rates are by the definitions of the documents."""
    counted, ledger = world.api.get(f"/campaigns/{campaign}/stats"), world.ledger
    people = {kind: ledger.people(kind) for kind in ("sent", "opened", "clicked", "replied", "bounced", "unsubscribed")}
    delivered = people["sent"] - people["bounced"]
    assert {name: counted[name] for name in people} == people
    assert (counted["totalContacts"], counted["delivered"], counted["uncertain"]) == (len(CAST), delivered, 0)
    assert counted["emailsSent"] == ledger.mails("sent")
    for kind in ("open", "click", "reply", "unsubscribe"):
        assert counted[f"{kind}Rate"] == percent(people[PAST[kind]], delivered)
    assert counted["bounceRate"] == percent(people["bounced"], people["sent"])
    mails = world.api.get(f"/campaigns/{campaign}/stats/emails")
    assert mails == [email_line(ledger, number) for number in range(len(EMAILS))]
    for interval in ("hour", "day", "week"):
        check_timeline(world, campaign, interval)
    assert world.api.get(f"/campaigns/{campaign}")["stats"] == {
        "totalContacts": len(CAST),
        "sent": people["sent"],
        "delivered": delivered,
        **{name: people[name] for name in ("opened", "clicked", "replied", "bounced", "unsubscribed")},
    }


PAST = {"open": "opened", "click": "clicked", "reply": "replied", "unsubscribe": "unsubscribed"}


def email_line(ledger: Ledger, number: int) -> dict[str, Any]:
    counts = {kind: ledger.mails(kind, number) for kind in ("sent", "opened", "clicked", "replied")}
    subject = WORKFLOW["nodes"][(1, 4)[number]]["data"]["subject"]  # type: ignore[index]
    rates = {f"{kind}Rate": percent(counts[PAST[kind]], counts["sent"]) for kind in ("open", "click", "reply")}
    return {"nodeId": EMAILS[number], "emailNumber": number + 1, "subject": subject} | counts | rates


def check_timeline(world: World, campaign: str, interval: str) -> None:
    """The sums are those of the mails, whatever the interval."""
    buckets = world.api.get(f"/campaigns/{campaign}/stats/timeline?interval={interval}")
    kinds = ("sent", "opened", "clicked", "replied", "bounced", "unsubscribed")
    sums = {kind: sum(bucket[kind] for bucket in buckets) for kind in kinds}
    assert sums == {kind: world.ledger.mails(kind) for kind in kinds}


def check_activity(world: World, campaign: str) -> None:
    """Every deed is an event, once; the gateway's are kept apart."""
    listed = [event for kind in KINDS for event in world.api.all(f"/campaigns/{campaign}/activity?type={kind}")]
    told = sorted((event["type"], event["contactEmail"], event["emailNodeId"]) for event in listed)
    assert told == sorted((deed.kind, deed.email, EMAILS[deed.number]) for deed in world.ledger.deeds)
    contact = by_name(world, campaign)["guarded"]["contactId"]
    scanned = f"/campaigns/{campaign}/activity?contactId={contact}&type=clicked,opened"
    assert world.api.all(scanned) == []
    assert sorted(event["type"] for event in world.api.all(f"{scanned}&includeBots=true")) == [
        *["clicked"] * 3,
        "opened",
    ]


KINDS = ("sent", "opened", "clicked", "replied", "auto_replied", "bounced", "unsubscribed")


def check_contacts(world: World) -> None:
    """The people themselves: their status, and who may never be written to again."""
    shown = {contact["email"]: contact["status"] for contact in world.api.all("/contacts")}
    changed = {"replier": "replied", "gone": "bounced", "leaver": "unsubscribed"}
    assert shown == {person.email: changed.get(name, "active") for name, person in world.people.items()}
    barred = {entry["target"]: entry["reason"] for entry in world.api.all("/suppressions")}
    people = world.people
    assert barred == {people["gone"].email: "bounced", people["leaver"].email: "unsubscribed"}


def answer_late(world: World, campaign: str) -> None:
    """A reply after the end still counts: the goal of it all (contract A41)."""
    reader = world.people["reader"]
    words = answers.reply(reader.letters[1], sender=reader.email, text="Sorry for the delay. Let us talk.")
    reader.answer(world.imap, words, to=SENDER, kind="replied", number=1)
    wait(lambda: standing(world, campaign)["reader"] == "replied", 20, "the late reply counts")
    check_numbers(world, campaign)
    assert len(reader.letters) == 2


def opens_are_counted(world: World, campaign: str) -> bool:
    return len(world.api.all(f"/campaigns/{campaign}/activity?type=opened")) == world.ledger.times("opened")


def by_name(world: World, campaign: str) -> dict[str, Any]:
    """The people in the campaign as the API lists them."""
    rows = {row["contactEmail"]: row for row in world.api.all(f"/campaigns/{campaign}/contacts")}
    return {name: rows[person.email] for name, person in world.people.items()}


def standing(world: World, campaign: str) -> dict[str, str]:
    return {name: row["status"] for name, row in by_name(world, campaign).items()}


def status_of(world: World, campaign: str) -> str:
    status: str = world.api.get(f"/campaigns/{campaign}")["status"]
    return status


def percent(count: int, base: int) -> float:
    """One decimal, half up."""
    return (2000 * count + base) // (2 * base) / 10 if base else 0.0


def wait(condition: Callable[[], bool], seconds: float, what: str) -> None:
    processes.wait_until(condition, seconds=seconds, what=what)
