"""The simulator at a desk, on a phone and by keyboard. What it says is tested in tests/campaigns/views."""

import pytest
from playwright.sync_api import expect

from campaigns.models import Campaign
from fluenzr.workspaces.models import Member, Workspace
from tests.browsing import PHONE, Doorman, Visitor
from tests.builders import make_campaign, make_contact, make_email_node, make_enrolment, make_workflow

WAIT = {"id": "wait", "type": "delay", "data": {"days": 2}}


@pytest.fixture
def path(workspace: Workspace) -> str:
    steps = (make_email_node(body="Hello {{email}}"), WAIT, make_email_node("mail_2", subject=""))
    campaign: Campaign = make_campaign(workspace, make_workflow(*steps))
    make_enrolment(campaign, make_contact(workspace, "ada@acme.example"))
    return f"/campaigns/{campaign.public_id}/simulator?start=2027-03-01T10:00"


def test_simulator_has_no_barriers_on_a_phone(doorman: Doorman, owner: Member, path: str) -> None:
    visitor = doorman.let_in(owner, viewport=PHONE)
    visitor.goto(f"{path}&rows=1&e1-on=clicked")
    assert visitor.barriers() == []


def test_reply_is_added_and_played_by_keyboard(marketer: Visitor, path: str) -> None:
    page = marketer.goto(path)
    expect(page.locator(".simulator-sum")).to_contain_text("2 emails would be sent")
    page.locator("#add-event").press("Enter")
    page.get_by_label("What", exact=True).select_option("replied")
    page.get_by_label("When").fill("5")
    page.get_by_label("When").press("Enter")
    expect(page.locator(".simulator-sum")).to_contain_text("1 email would be sent")
    expect(page.locator(".story-lines")).to_contain_text("The contact replied.")
    assert "e1-on=replied" in page.url
    assert "change=" not in page.url


def test_mail_opens_in_its_frame(marketer: Visitor, path: str) -> None:
    page = marketer.goto(path)
    page.get_by_text("Email 1: Subject of mail_1").click()
    expect(page.frame_locator("iframe").first.locator("body")).to_contain_text("Hello ada@acme.example")
