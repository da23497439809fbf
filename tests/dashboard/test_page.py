import re
from datetime import UTC, datetime

import pytest
from django.test import Client

from campaigns.enums import CampaignStatus
from campaigns.models import CampaignTotal
from fluenzr.core import clock
from fluenzr.mailboxes.enums import AccountStatus
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import (
    NOW,
    accept,
    make_account,
    make_campaign,
    make_contact,
    make_member,
    make_message,
    make_running,
)
from tests.counting import queries_of
from tracking.models import Conversation

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(workspace: Workspace) -> Client:
    client = Client()
    client.force_login(make_member(workspace, Role.VIEWER).user)
    return client


def send_one(workspace: Workspace) -> None:
    """Run a campaign that sends one mail just now."""
    campaign = make_running(workspace, people=0, started_at=datetime.now(UTC))
    enrolment = campaign.enrolments.create(
        workspace=workspace,
        contact=make_contact(workspace),
        added_at=datetime.now(UTC),
        seed=1,
        version=campaign.version,
    )
    accept(make_message(enrolment), at=datetime.now(UTC))


def test_page_asks_to_sign_in(db: None) -> None:
    assert Client().get("/")["Location"] == "/sign-in?next=/"


def test_new_workspace_shows_its_first_steps(client: Client, workspace: Workspace) -> None:
    page = client.get("/")
    assert [step.is_done for step in page.context["steps"]] == [False] * 4
    assert "First steps" in page.content.decode()

    make_campaign(workspace)
    make_contact(workspace)

    page = client.get("/")
    assert [step.is_done for step in page.context["steps"]] == [True, True, True, False]
    assert page.context["next_step"].url.endswith("/workflow")


def test_first_steps_are_put_away_for_one_member(client: Client, owner: Member) -> None:
    client.post("/first-steps/dismiss")

    assert client.get("/").context["steps"] == []
    other = Client()
    other.force_login(owner.user)
    assert len(other.get("/").context["steps"]) == 4


def reply(workspace: Workspace, **fields: object) -> Conversation:
    fields = {"contact": make_contact(workspace), "account": make_account(workspace), "last_at": NOW} | fields
    return Conversation.objects.create(workspace=workspace, preview="Sounds good", **fields)


def test_replies_wait_until_somebody_dealt_with_them(workspace: Workspace, owner: Member) -> None:
    client = Client()
    client.force_login(owner.user)
    waiting = reply(workspace)
    reply(workspace, status="read")

    page = client.get("/")
    assert (page.context["replies"].newest, page.context["replies"].total) == ([waiting], 1)
    assert "1 reply waits" in page.content.decode()

    client.post(f"/replies/{waiting.public_id}/done")
    assert client.get("/").context["replies"].total == 0


def test_viewers_leave_replies_as_they_are(client: Client, workspace: Workspace) -> None:
    waiting = reply(workspace)

    assert client.post(f"/replies/{waiting.public_id}/done").status_code == 403
    assert client.get("/").context["replies"].total == 1


def test_running_campaign_shows_its_numbers(client: Client, workspace: Workspace) -> None:
    send_one(workspace)

    page = client.get("/")

    assert page.context["steps"] == []
    assert [(row.label, row.total, row.rate) for row in page.context["month"].rows] == [
        ("Sent", 1, None),
        ("Opened", 0, 0.0),
        ("Replied", 0, 0.0),
    ]
    assert [one.sent for one in page.context["sendings"]] == [1]
    assert [event.type for event, _tone in page.context["latest"]] == ["sent"]


def test_page_names_what_needs_attention(client: Client, workspace: Workspace) -> None:
    account = make_account(workspace, status=AccountStatus.ERROR, status_reason="Wrong password")
    paused = make_campaign(workspace, account=account, status=CampaignStatus.PAUSED)
    doubted = make_campaign(workspace, account=account)
    CampaignTotal.objects.filter(campaign=doubted).update(uncertain=2)

    page = client.get("/")

    assert [(one.tone, one.name, one.reason) for one in page.context["matters"][::2]] == [
        ("red", account.email, "Wrong password"),
        ("amber", paused.name, ""),
    ]
    assert page.context["matters"][1].text == "2 mails may or may not have arrived"
    assert "Wrong password" in page.content.decode()


def test_stranger_sees_nothing_of_it(workspace: Workspace, stranger: Member) -> None:
    send_one(workspace)
    make_campaign(workspace, status=CampaignStatus.PAUSED)
    client = Client()
    client.force_login(stranger.user)

    context = client.get("/").context

    assert (context["matters"], context["sendings"], context["latest"]) == ([], [], [])
    assert [row.total for row in context["month"].rows] == [0, 0, 0]
    assert not any(step.is_done for step in context["steps"])


def test_page_takes_as_many_queries_for_three_as_for_one(client: Client, workspace: Workspace) -> None:
    def more() -> None:
        send_one(workspace)
        reply(workspace)
        make_campaign(workspace, status=CampaignStatus.PAUSED)

    more()
    one = queries_of(client, "/")
    more()
    more()

    assert queries_of(client, "/") == one


def test_page_carries_no_style_of_its_own(client: Client, workspace: Workspace) -> None:
    send_one(workspace)

    assert re.findall(r"<[^>]+\sstyle=", client.get("/").content.decode()) == []


def test_the_numbers_of_the_chart_are_a_file_too(client: Client, workspace: Workspace) -> None:
    send_one(workspace)
    answer = client.get("/last-30-days.csv")
    lines = answer.content.decode("utf-8-sig").splitlines()
    today = clock.local_date(datetime.now(UTC), workspace.timezone).isoformat()
    assert answer["Content-Disposition"] == 'attachment; filename="last-30-days.csv"'
    assert (lines[0], lines[-1], len(lines)) == ("Date,Sent,Opened,Replied", f"{today},1,0,0", 31)
    assert 'href="/last-30-days.csv"' in client.get("/").content.decode()
