"""The pages of a campaign at a desk and on a phone. What they show is tested in tests/campaigns/views."""

import pytest

from fluenzr.workspaces.models import Member, Workspace
from tests.browsing import DESKTOP, PHONE, Doorman, Visitor
from tests.builders import NOW, make_campaign, make_running

PAGES = ("", "contacts", "contacts/add", "activity", "statistics", "settings")


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_pages_of_campaigns_have_no_barriers(
    doorman: Doorman, owner: Member, workspace: Workspace, viewport: dict[str, int]
) -> None:
    campaign = make_running(workspace, people=2, started_at=NOW)
    visitor = doorman.let_in(owner, viewport=viewport)
    for path in ("", "new", *(f"{campaign.public_id}/{rest}" for rest in PAGES)):
        visitor.goto(f"/campaigns/{path}")
        assert (path, visitor.barriers()) == (path, [])


def test_campaign_is_started_after_a_question(marketer: Visitor, workspace: Workspace) -> None:
    campaign = make_campaign(workspace, name="Q1")
    page = marketer.goto(f"/campaigns/{campaign.public_id}/")
    page.get_by_role("button", name="Start").click()
    assert page.locator("#confirm-text").inner_text() == ("Start “Q1”? 0 contacts get its emails in the sending hours.")
    page.locator("#confirm [value=yes]").click()
    page.get_by_role("button", name="Pause").wait_for()
    campaign.refresh_from_db()
    assert campaign.status == "active"
