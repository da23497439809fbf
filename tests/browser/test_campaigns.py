"""The pages of a campaign as people use them. What they show is tested in tests/campaigns/views."""

from playwright.sync_api import expect

from fluenzr.workspaces.models import Workspace
from tests.browsing import Visitor
from tests.builders import make_account, make_campaign, make_contact, make_running

# The page is not left: what would be sent is only told.
SENT_TWICE = """() => {
    const told = [];
    addEventListener("submit", (event) => {
        told.push(event.defaultPrevented ? "held" : "sent");
        event.preventDefault();
    });
    for (const _time of [1, 2]) document.querySelector("main form").requestSubmit();
    return told;
}"""


def test_form_is_sent_once_while_its_answer_is_on_the_way(marketer: Visitor, workspace: Workspace) -> None:
    make_account(workspace)
    page = marketer.goto("/campaigns/new")
    assert page.evaluate(SENT_TWICE) == ["sent", "held"]


def test_page_that_cannot_poll_says_so_once(marketer: Visitor, workspace: Workspace) -> None:
    campaign = make_running(workspace, people=1)
    page = marketer.goto(f"/campaigns/{campaign.public_id}/")
    page.route("**/campaigns/**", lambda route: route.abort())
    for _time in range(2):
        with page.expect_event("requestfailed"):
            page.locator("[data-live]").dispatch_event("refresh")
    page.locator(".toast-note").wait_for()
    assert page.locator(".toast-note").count() == 1
    marketer.problems.clear()


def test_campaign_is_paused_after_a_question(marketer: Visitor, workspace: Workspace) -> None:
    campaign = make_running(workspace, people=2, name="Q1")
    page = marketer.goto(f"/campaigns/{campaign.public_id}/")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#confirm-text")).to_have_text("Pause “Q1”? 2 contacts wait where they are until you resume.")
    page.locator("#confirm [value=yes]").click()
    page.get_by_role("link", name="Resume").wait_for()
    campaign.refresh_from_db()
    assert campaign.status == "paused"


def test_contacts_are_counted_before_they_are_added(marketer: Visitor, workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    for name in ("ann", "bob"):
        make_contact(workspace, f"{name}@a.example")
    page = marketer.goto(f"/campaigns/{campaign.public_id}/contacts/add")
    page.get_by_label("Everybody who matches").check()
    page.locator("[data-way=matching] [name=q]").fill("a.example")
    page.get_by_role("button", name="Count them").click()
    page.get_by_role("button", name="Add 2 contacts").click()
    page.get_by_role("link", name="ann@a.example").wait_for()
    assert campaign.enrolments.count() == 2


def test_chosen_campaigns_are_compared(marketer: Visitor, workspace: Workspace) -> None:
    for name in ("Q1", "Q2"):
        make_campaign(workspace, name=name)
    page = marketer.goto("/campaigns/")
    page.locator("[data-select-all]").check()
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("heading", name="Compare campaigns").wait_for()
    assert marketer.barriers() == []
