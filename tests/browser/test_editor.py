"""The workflow editor, as people use it. The server's side is tested in tests/campaigns/views."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from campaigns import drafts
from campaigns.models import Campaign, WorkflowDraft
from fluenzr.workspaces.models import Member, Workspace
from tests.browsing import PHONE, Doorman, Visitor
from tests.builders import NOW, make_campaign, make_contact, make_email_node, make_running, make_workflow

WAIT = {"id": "wait", "type": "delay", "data": {"days": 3}}


@pytest.fixture
def campaign(workspace: Workspace) -> Campaign:
    return make_campaign(workspace)


def enter(visitor: Visitor, campaign: Campaign) -> Page:
    page = visitor.goto(f"/campaigns/{campaign.public_id}/workflow")
    page.locator(".flow-card").first.wait_for()
    return page


def save(page: Page) -> None:
    page.keyboard.press("Control+s")
    page.locator(".flow-saved.is-saved").wait_for()


def document(campaign: Campaign) -> Any:
    return WorkflowDraft.objects.get(campaign=campaign).graph


def kinds(campaign: Campaign) -> list[str]:
    """The types of the steps in the order in which people come to them."""
    drawn = document(campaign)
    types = {node["id"]: node["type"] for node in drawn["nodes"]}
    return [types[name] for name in drafts.walk(drawn)]


def card(page: Page, node: str) -> Any:
    return page.locator(f'.react-flow__node[data-id="{node}"]')


def drag(page: Page, start: Any, end: Any) -> None:
    begin, stop = start.bounding_box(), end.bounding_box()
    page.mouse.move(begin["x"] + begin["width"] / 2, begin["y"] + begin["height"] / 2)
    page.mouse.down()
    page.mouse.move(stop["x"], stop["y"], steps=4)
    page.mouse.move(stop["x"] + stop["width"] / 2, stop["y"] + stop["height"] / 2)
    page.mouse.up()


def test_sequence_is_drawn_by_mouse(marketer: Visitor, campaign: Campaign) -> None:
    page = enter(marketer, campaign)
    card(page, "mail_1").click()
    page.locator(".flow-kind[data-kind=delay]").click()
    page.locator(".flow-kind[data-kind=email]").click()
    page.get_by_label("Subject").fill("And now, {{firstName}}?")
    page.locator(".flow-rich .tiptap").click()
    page.keyboard.type("Hello ")
    page.locator(".flow-body-bar .flow-variables").select_option("company")
    save(page)

    assert kinds(campaign) == ["start", "email", "delay", "email", "end"]
    last = document(campaign)["nodes"][-1]["data"]
    assert (last["subject"], last["body"]) == ("And now, {{firstName}}?", "<p>Hello {{company}}</p>")
    assert marketer.barriers() == []


def test_step_is_dragged_onto_a_way_and_taken_back(marketer: Visitor, campaign: Campaign) -> None:
    page = enter(marketer, campaign)
    drag(page, page.locator(".flow-kind[data-kind=delay]"), page.locator(".flow-edge-label .flow-plus").nth(1))
    save(page)
    assert kinds(campaign) == ["start", "email", "delay", "end"]
    page.locator(".react-flow__pane").click(position={"x": 20, "y": 20})
    page.keyboard.press("Control+z")
    save(page)
    assert kinds(campaign) == ["start", "email", "end"]
    page.keyboard.press("Control+y")
    save(page)
    assert kinds(campaign) == ["start", "email", "delay", "end"]


def test_steps_are_connected_moved_and_removed(marketer: Visitor, workspace: Workspace) -> None:
    loose = make_workflow(make_email_node(), WAIT)
    loose["edges"].pop()
    for row, node in enumerate(loose["nodes"]):
        node["position"] = {"x": 0, "y": 150 * row}
    campaign = make_campaign(workspace, loose)
    page = enter(marketer, campaign)
    drag(page, card(page, "wait").locator(".source"), card(page, "end").locator(".target"))
    save(page)
    assert {"from": "wait", "to": "end"} in document(campaign)["edges"]
    card(page, "wait").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    save(page)
    assert next(node for node in document(campaign)["nodes"] if node["id"] == "wait")["position"]["x"] > 0
    page.keyboard.press("Delete")
    save(page)
    assert kinds(campaign) == ["start", "email", "end"]


def test_steps_are_copied_into_another_campaign(marketer: Visitor, workspace: Workspace, campaign: Campaign) -> None:
    other = make_campaign(workspace, make_workflow(make_email_node(), WAIT))
    page = enter(marketer, other)
    card(page, "wait").click()
    page.locator(".flow-panel form").wait_for()
    card(page, "wait").focus()
    page.keyboard.press("Control+d")
    page.keyboard.press("Control+c")
    save(page)
    page = enter(marketer, campaign)
    page.locator(".react-flow__pane").click(position={"x": 20, "y": 20})
    page.keyboard.press("Control+v")
    save(page)
    assert [len(document(one)["nodes"]) for one in (other, campaign)] == [5, 4]


def test_workflow_is_drawn_by_keyboard_alone(marketer: Visitor, campaign: Campaign) -> None:
    page = enter(marketer, campaign)
    page.get_by_role("button", name="Outline").press("Enter")
    page.get_by_role("button", name="Add a step after “Email 1: Subject of mail_1”").press("Enter")
    page.get_by_role("menuitem", name="Condition").press("Enter")
    expect(page.locator("[data-step]:focus")).to_contain_text("Condition")
    page.get_by_role("button", name="Add a step to “Yes” of “Condition: If opened within 2 days”").press("Enter")
    page.get_by_role("menuitem", name="Delay").press("Enter")
    page.locator(".flow-panel").get_by_label("Days", exact=True).fill("5")
    save(page)
    assert kinds(campaign) == ["start", "email", "condition", "delay", "end"]
    assert document(campaign)["nodes"][-1]["data"]["days"] == 5
    assert marketer.barriers() == []
    page.get_by_role("button", name="Remove “Delay: Wait 5 days”").press("Enter")
    save(page)
    assert kinds(campaign) == ["start", "email", "condition", "end"]


def test_problems_show_where_they_are(marketer: Visitor, campaign: Campaign) -> None:
    page = enter(marketer, campaign)
    card(page, "mail_1").click()
    page.get_by_label("Subject").fill("Hi {{frstName}}")
    save(page)
    expect(page.get_by_role("button", name="Problems: 1")).to_be_visible()
    expect(card(page, "mail_1").locator(".flow-problem")).to_have_count(1)
    expect(page.locator("[data-problems-of=subject]")).to_contain_text("frstName")


def test_change_of_somebody_else_is_shown_and_nothing_is_lost(marketer: Visitor, campaign: Campaign) -> None:
    page = enter(marketer, campaign)
    theirs = make_workflow(make_email_node(subject="Theirs"))
    drafts.save(campaign, document=theirs, revision=1)
    page.locator(".flow-kind[data-kind=delay]").click()
    page.get_by_role("button", name="Load theirs").click()
    expect(card(page, "mail_1")).to_contain_text("Theirs")
    assert document(campaign) == theirs
    page.locator(".react-flow__pane").click(position={"x": 20, "y": 20})
    page.keyboard.press("Control+z")
    save(page)
    assert kinds(campaign) == ["start", "email", "delay", "end"]
    # That the save was refused is what the console may say.
    assert [problem for problem in marketer.problems if "409" not in problem] == []
    marketer.problems.clear()


def test_preview_shows_the_mail_to_a_real_person(marketer: Visitor, campaign: Campaign) -> None:
    make_contact(campaign.workspace, first_name="Jane")
    page = enter(marketer, campaign)
    card(page, "mail_1").click()
    page.get_by_label("Subject").fill("Hi {{firstName}}")
    page.get_by_text("Live preview").click()
    expect(page.locator(".flow-preview-subject")).to_have_text("Hi Jane")
    expect(page.frame_locator(".flow-preview iframe").locator("body")).to_contain_text("Hello")


def test_running_campaign_shows_its_numbers_and_changes_nothing(marketer: Visitor, workspace: Workspace) -> None:
    page = enter(marketer, make_running(workspace, people=3, started_at=NOW))
    expect(card(page, "mail_1")).to_contain_text("3")
    card(page, "mail_1").click()
    expect(page.get_by_label("Subject")).to_be_disabled()
    assert page.locator(".flow-kind, .flow-plus").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_step_is_added_by_touch_on_a_phone(doorman: Doorman, owner: Member, campaign: Campaign, scheme: str) -> None:
    visitor = doorman.let_in(owner, viewport=PHONE, has_touch=True, is_mobile=True, color_scheme=scheme)
    page = enter(visitor, campaign)
    card(page, "mail_1").tap()
    page.locator(".flow-panel").get_by_role("button", name="Close").tap()
    page.locator(".flow-edge-label .flow-plus").nth(1).tap()
    page.get_by_role("menuitem", name="Delay").tap()
    page.locator(".flow-panel form").wait_for()
    save(page)
    assert kinds(campaign) == ["start", "email", "delay", "end"]
    assert visitor.barriers() == []
