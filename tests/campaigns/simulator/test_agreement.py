"""The proof that the simulator tells the truth: the engine, its scheduler and its outcomes do the same to the same."""

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns import colleagues, engine, events, outcomes, scheduler
from campaigns.enums import CampaignStatus, EventType
from campaigns.events import Happening
from campaigns.models import Campaign, CampaignAccount, Enrolment, Message
from campaigns.simulator import simulation
from campaigns.simulator.scripts import Script
from contacts.models import Contact
from fluenzr.workspaces.models import Workspace
from tests.builders import (
    NOW,
    accept,
    make_account,
    make_campaign,
    make_contact,
    make_email_node,
    make_enrolment,
)

pytestmark = pytest.mark.django_db

PEOPLE = 4
# People of the engine begin so little apart that it is no time, and yet tells who is first.
APART = timedelta(microseconds=1)
EXACT = timedelta(milliseconds=1)
UNTIL = timedelta(days=200)


def random_workflow(dice: random.Random) -> dict[str, Any]:
    """A tree: delays, mails, and conditions whose branches go their own ways to the end."""
    nodes: list[dict[str, Any]] = [{"id": "start", "type": "start"}, {"id": "end", "type": "end"}]
    edges: list[dict[str, str]] = []

    def grow(source: dict[str, str], depth: int, mailed: bool) -> None:
        name = f"n{len(nodes)}"
        if depth == 0:
            edges.append(source | {"to": "end"})
            return
        kind = dice.choice(["email", "delay", "condition"]) if mailed else "email"
        edges.append(source | {"to": name})
        if kind == "email":
            nodes.append(make_email_node(name))
        elif kind == "delay":
            data = {"days": dice.randint(0, 3), "hours": dice.randint(1, 30), "businessDays": dice.random() < 0.5}
            nodes.append({"id": name, "type": "delay", "data": data})
        else:
            asked = {"check": "opened", "withinDays": dice.randint(0, 3), "withinHours": dice.randint(0, 5)}
            field = {"check": "field", "field": "company", "operator": "equals", "value": "Acme"}
            nodes.append({"id": name, "type": "condition", "data": dice.choice([asked, field])})
            for branch in ("yes", "no"):
                grow({"from": name, "branch": branch}, depth - 1, mailed)
            return
        grow({"from": name}, depth - 1, mailed or kind == "email")

    grow({"from": "start"}, 6, False)
    return {"nodes": nodes, "edges": edges}


def random_campaign(workspace: Workspace, dice: random.Random, **fields: Any) -> Campaign:
    account = make_account(
        workspace,
        daily_limit=dice.choice([None, 3, 5]),
        hourly_limit=dice.choice([None, 10]),
        min_gap_seconds=dice.choice([0, 90]),
        timezone=dice.choice(["", "Asia/Tokyo"]),
    )
    return make_campaign(
        workspace,
        random_workflow(dice),
        account,
        send_days=dice.choice([["monday", "wednesday", "friday"], ["monday", "tuesday", "saturday"]]),
        send_hours_start=dice.randint(6, 10),
        send_hours_end=dice.randint(11, 16),
        max_emails_per_hour=dice.choice([None, 2, 30]),
        timezone=dice.choice(["Europe/Paris", "America/New_York"]),
        **fields,
    )


def random_people(workspace: Workspace, dice: random.Random) -> list[Contact]:
    """People of two companies, in turn."""
    return [
        make_contact(workspace, f"p{number}@company{number % 2}.example", company=dice.choice(["Acme", "Other"]))
        for number in range(PEOPLE)
    ]


def random_scripts(dice: random.Random, contacts: list[Contact]) -> list[Script]:
    kinds = ["opened", "opened", "opened", "clicked", "replied", "unsubscribed", "bounced"]
    return [
        Script(
            on=dice.choice(kinds),
            contact=dice.choice(contacts).pk,
            number=dice.choice([None, 1]),
            after=timedelta(hours=dice.randint(1, 60), minutes=dice.randint(0, 59)),
        )
        for _number in range(dice.randint(0, 5))
    ]


class Really:
    """The engine by a clock that jumps to whatever is due next; recipients do what the scripts say."""

    def __init__(self, campaign: Campaign, contacts: list[Contact], scripts: list[Script]) -> None:
        self.campaign, self.scripts = campaign, scripts
        self.to_come: list[tuple[datetime, str, Message]] = []
        campaign.status = CampaignStatus.ACTIVE
        campaign.save(update_fields=["status"])
        for contact in contacts:
            make_enrolment(campaign, contact, version=None)
        engine.begin(campaign, now=NOW)
        for number, row in enumerate(Enrolment.objects.order_by("pk")):
            Enrolment.objects.filter(pk=row.pk).update(next_run_at=NOW + number * APART)

    def run(self) -> None:
        now = NOW
        while now < NOW + UNTIL:
            for message in Message.objects.filter(state="queued", not_before__lte=now).order_by("not_before"):
                accept(message, message.not_before)
                self.expect(message)
            for due in sorted((one for one in self.to_come if one[0] <= now), key=lambda one: one[0]):
                self.to_come.remove(due)
                self.do(*due)
            engine.advance_due(now=now)
            scheduler.plan(now=now)
            following = self.next_at()
            if following is None:
                return
            now = max(now, following)

    def next_at(self) -> datetime | None:
        found = [at for at, _kind, _message in self.to_come]
        found += Message.objects.filter(state="queued").values_list("not_before", flat=True)
        found += Enrolment.objects.filter(phase="step").values_list("next_run_at", flat=True)
        waiting = list(Enrolment.objects.filter(phase="mail").values_list("next_run_at", flat=True))
        lane = CampaignAccount.objects.get(campaign=self.campaign)
        if waiting:
            free = lane.next_slot_at - scheduler.AHEAD if lane.next_slot_at else NOW
            found.append(max(min(waiting), free))
        return min(found, default=None)

    def expect(self, message: Message) -> None:
        first = Message.objects.filter(enrolment=message.enrolment).order_by("pk").first() == message
        for script in self.scripts:
            if script.contact == message.contact_id and (script.number is None or first):
                self.to_come.append((message.not_before + script.after, script.on, message))

    def do(self, at: datetime, kind: str, message: Message) -> None:
        message = Message.objects.select_related("contact", "workspace").get(pk=message.pk)
        if kind in ("opened", "clicked"):
            events.record([Happening(EventType(kind), at, message=message)])
        elif kind == "bounced":
            outcomes.bounced(message, kind=outcomes.HARD, at=at, now=at, metadata={})
        else:
            {"replied": outcomes.replied, "unsubscribed": outcomes.unsubscribed}[kind](
                message, at=at, now=at, metadata={}
            )


@pytest.mark.parametrize("seed", range(8))
def test_simulated_times_are_those_of_the_engine(workspace: Workspace, seed: int) -> None:
    dice = random.Random(seed)
    campaign = random_campaign(workspace, dice, one_per_company=seed % 4 != 0)
    contacts = random_people(workspace, dice)
    scripts = random_scripts(dice, contacts)

    told = simulation.simulate(campaign, contacts=contacts, start=NOW, now=NOW, events=scripts)
    Really(campaign, contacts, scripts).run()

    for path in told.paths:
        enrolment = Enrolment.objects.get(contact=path.contact)
        sent = list(Message.objects.filter(enrolment=enrolment, state="sent").order_by("sent_at"))
        assert [mail.node for mail in path.mails] == [message.node for message in sent]
        apart = [abs(mail.at - message.sent_at) for mail, message in zip(path.mails, sent, strict=True)]
        assert max(apart, default=timedelta()) < EXACT
        assert (path.ending, str(path.reason)) == (enrolment.status, enrolment.reason or path.ending.label)
        assert abs(path.ended_at - enrolment.finished_at) < EXACT


def test_agreement_is_tried_on_something(workspace: Workspace) -> None:
    """The random workflows have several mails a person, waits, and every kind of end that people cause."""
    endings, reasons, mails = set(), set(), 0
    for seed in range(8):
        dice = random.Random(seed)
        campaign = random_campaign(workspace, dice, one_per_company=seed % 4 != 0)
        Contact.objects.all().delete()
        contacts = random_people(workspace, dice)
        told = simulation.simulate(
            campaign, contacts=contacts, start=NOW, now=NOW, events=random_scripts(dice, contacts)
        )
        endings |= {path.ending.value for path in told.paths}
        reasons |= {str(path.reason) for path in told.paths}
        mails += told.mails
    assert mails > 8 * PEOPLE * 2
    assert reasons & {str(colleagues.reason(f"company{number}.example")) for number in range(2)}
    assert endings >= {"completed", "replied"}


def test_now_is_the_start_when_none_is_given(workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    make_contact(workspace)
    assert simulation.simulate(campaign, now=NOW).start == NOW
    assert abs(simulation.simulate(campaign, now=timezone.now()).start - timezone.now()) < timedelta(minutes=1)
