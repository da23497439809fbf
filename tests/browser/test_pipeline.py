"""Moving cards on the board by mouse, by finger and by keyboard."""

import pytest
from playwright.sync_api import Locator, expect

from contacts import pipeline, stages
from contacts.models import Contact
from fluenzr.workspaces.models import Member, Workspace
from tests.browsing import DESKTOP, Doorman, Visitor
from tests.builders import make_contact

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def card(workspace: Workspace) -> Contact:
    """A contact that stands in the first stage."""
    stages.create_defaults(workspace.pk)
    return make_contact(workspace, first_name="Ann", last_name="Lee", stage=stages.ordered(workspace)[0])


def middle(of: Locator) -> dict[str, float]:
    box = of.bounding_box()
    assert box is not None
    return {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}


def test_a_card_is_dragged_to_another_stage(marketer: Visitor, card: Contact) -> None:
    page = marketer.goto("/pipeline/")
    page.locator("[data-deal]").drag_to(page.locator('[data-name="Proposal"] .lane-cards'))
    expect(page.locator('[data-name="Proposal"] .number')).to_have_text("1")
    expect(page.locator('[data-name="Proposal"] [data-deal]')).to_have_count(1)
    expect(page.locator('[data-name="Lead"] .number')).to_have_text("0")
    assert page.url.endswith("/pipeline/")
    card.refresh_from_db()
    assert card.stage is not None
    assert card.stage.name == "Proposal"
    assert marketer.barriers() == []


def test_a_card_is_dragged_by_a_finger_that_holds_it(doorman: Doorman, owner: Member, card: Contact) -> None:
    page = doorman.let_in(owner, viewport=DESKTOP, has_touch=True).goto("/pipeline/")
    finger = page.context.new_cdp_session(page)
    start = middle(page.locator("[data-deal]"))
    target = middle(page.locator('[data-name="Proposal"] .lane-cards'))
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [start]})
    page.locator(".is-lifted").wait_for()
    for point in ({"x": (start["x"] + target["x"]) / 2, "y": start["y"]}, target):
        finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page.locator('[data-name="Proposal"] .number')).to_have_text("1")
    assert page.url.endswith("/pipeline/")
    card.refresh_from_db()
    assert card.stage is not None
    assert card.stage.name == "Proposal"


def test_shift_and_an_arrow_key_move_the_card(marketer: Visitor, card: Contact) -> None:
    page = marketer.goto("/pipeline/")
    page.get_by_role("link", name="Ann Lee", exact=True).focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator('[data-name="Qualified"] .number')).to_have_text("1")
    expect(page.get_by_role("link", name="Ann Lee", exact=True)).to_be_focused()
    expect(page.locator("[data-said]")).to_have_text("Ann Lee moved to Qualified")
    card.refresh_from_db()
    assert card.stage is not None
    assert card.stage.name == "Qualified"


def test_a_large_board_shows_cards_first_and_the_counts_when_they_are_there(
    marketer: Visitor, workspace: Workspace, card: Contact, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "FEW", 1)
    monkeypatch.setattr(pipeline, "CARDS", 1)
    make_contact(workspace, first_name="Bob", stage=card.stage, deal_value=100)
    page = marketer.goto("/pipeline/")
    lead = page.locator('[data-name="Lead"]')
    expect(lead.locator(".number")).to_have_text("2")
    expect(lead.locator(".lane-value")).to_have_text("100\u00a0EUR")
    lead.get_by_role("link", name="More").click()
    expect(lead.locator("[data-deal]")).to_have_count(2)
    assert marketer.barriers() == []
