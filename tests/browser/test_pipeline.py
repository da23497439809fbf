"""Moving cards on the board by mouse and by keyboard."""

import pytest
from playwright.sync_api import expect

from contacts import pipeline, stages
from contacts.models import Contact
from fluenzr.workspaces.models import Workspace
from tests.browsing import Visitor
from tests.builders import make_contact

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def card(workspace: Workspace) -> Contact:
    """A contact that stands in the first stage."""
    stages.create_defaults(workspace.pk)
    return make_contact(workspace, first_name="Ann", last_name="Lee", stage=stages.ordered(workspace)[0])


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
