"""A mail that our own sender made, answered by its recipient: what the parts agree about, and no test of one shows."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client

from campaigns import engine, outbox, scheduler
from campaigns.mail import rendering
from campaigns.models import CampaignTotal, Enrolment, Event, Link, Message
from fluenzr.core import clock
from fluenzr.mailboxes.models import SandboxMail
from fluenzr.workspaces.models import Workspace
from tests import builders
from tracking import folding, parsing, polling, sandbox, shipping
from tracking.sandbox import Act

pytestmark = pytest.mark.django_db(transaction=True)
BODY = 'Hello, <a href="https://acme.example/one">one</a> and <a href="https://acme.example/two?x=1&amp;y=2">two</a>.'


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, settings) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture
def client() -> Client:
    return Client(headers={"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"})


@pytest.fixture
def sent(workspace: Workspace) -> SandboxMail:
    """One mail of a running campaign, in the sandbox."""
    node = builders.make_email_node(body=BODY, bodyFormat="html", trackOpens=True, trackClicks=True)
    campaign = builders.make_campaign(
        workspace,
        builders.make_workflow(node),
        status="active",
        send_days=list(clock.DAY_NAMES),
        send_hours_start=0,
        send_hours_end=24,
        max_emails_per_hour=None,
    )
    rendering.publish_links(campaign.version)
    builders.make_enrolment(campaign, builders.make_contact(workspace, "jane@globex.example"), version=None)
    engine.begin(campaign, now=clock.database_now())
    for _tick in range(5):
        now = clock.database_now()
        engine.advance_due(now=now)
        scheduler.plan(now=now)
        Message.objects.filter(state="queued", not_before__gt=now).update(not_before=now)
        outbox.send_account(campaign.lanes.get().account_id)
    return SandboxMail.objects.get()


def settle(now: datetime | None = None) -> list[tuple[str, bool]]:
    now = now or clock.database_now()
    shipping.ship(now=now)
    folding.fold(now=now)
    return list(
        Event.objects.exclude(type__in=("sent", "added", "completed")).order_by("id").values_list("type", "is_bot")
    )


def addresses_in(mail: SandboxMail, kind: str) -> list[str]:
    html = parsing.parse(bytes(mail.raw)).html
    return re.findall(rf"http://testserver(/t/{kind}/[\w.-]+)", html)


def test_pixel_and_links_of_a_sent_mail_lead_back(client: Client, sent: SandboxMail):
    client.get(addresses_in(sent, "o")[0])
    targets = [client.get(path)["Location"] for path in addresses_in(sent, "c")]

    assert targets == ["https://acme.example/one", "https://acme.example/two?x=1&y=2"]
    assert Link.objects.count() == 2
    # Both links within a moment: a gateway, and the pixel with it.
    assert settle() == [("opened", True), ("clicked", True), ("clicked", True)]


def test_one_link_is_a_person(client: Client, sent: SandboxMail):
    client.get(addresses_in(sent, "o")[0])
    client.get(addresses_in(sent, "c")[1])

    assert settle() == [("opened", False), ("clicked", False)]
    assert Event.objects.get(type="clicked").link is not None
    assert CampaignTotal.objects.values_list("sent", "opened", "clicked").get() == (1, 1, 1)


def test_the_header_of_a_sent_mail_unsubscribes_by_one_click(client: Client, sent: SandboxMail):
    headers = parsing.parse(bytes(sent.raw)).headers
    path = re.search(r"<http://testserver(/t/u/[\w-]+)>", headers["list-unsubscribe"][0])[1]
    answer = client.post(path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")

    assert (answer.status_code, answer.content) == (200, b"")
    assert Enrolment.objects.get().status == "unsubscribed"


@pytest.mark.parametrize("act", Act)
def test_every_act_of_the_sandbox_meets_a_sent_mail(sent: SandboxMail, act: Act):
    now = clock.database_now() + timedelta(minutes=1)
    sandbox.play(sent, act, now=now)
    settle(now)
    polling.visit(sent.account_id, now=now)

    expected = {
        Act.OPEN: ["opened"],
        Act.CLICK: ["opened", "clicked"],
        Act.SCAN: ["clicked", "clicked"],
        Act.REPLY: ["replied"],
        Act.OUT_OF_OFFICE: ["auto_replied"],
        Act.HARD_BOUNCE: ["bounced"],
        Act.SOFT_BOUNCE: ["bounced"],
        Act.UNSUBSCRIBE: ["unsubscribed"],
        Act.COMPLAIN: ["complained"],
    }
    assert [kind for kind, _is_bot in settle(now)] == expected[act]
