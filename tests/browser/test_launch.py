"""The way from the preview to the launch, in a browser. What the pages show is tested in tests/campaigns/views."""

from campaigns.models import Campaign
from fluenzr.workspaces.models import Member, Workspace
from tests.browsing import PHONE, Doorman, Visitor
from tests.builders import make_campaign, make_contact, make_email_node, make_enrolment, make_workflow


def make_draft(workspace: Workspace, people: int = 2) -> Campaign:
    mail = make_email_node(subject="Hi {{firstName}}", body="At {{company}}")
    campaign = make_campaign(workspace, make_workflow(mail, make_email_node("mail_2")), name="Q1")
    for number in range(people):
        make_enrolment(campaign, make_contact(workspace, f"p{number}@a.example", first_name="Ada"), version=None)
    return campaign


def test_preview_and_launch_have_no_barriers_on_a_phone(doorman: Doorman, owner: Member, workspace: Workspace) -> None:
    campaign = make_draft(workspace)
    visitor = doorman.let_in(owner, viewport=PHONE)
    for path in ("preview", "preview?device=text", "preview?device=mobile", "launch"):
        visitor.goto(f"/campaigns/{campaign.public_id}/{path}")
        assert (path, visitor.barriers()) == (path, [])


def test_arrow_keys_leaf_through_the_people(marketer: Visitor, workspace: Workspace) -> None:
    page = marketer.goto(f"/campaigns/{make_draft(workspace).public_id}/preview")
    page.keyboard.press("ArrowRight")
    page.get_by_role("link", name="p1@a.example").wait_for()
    page.keyboard.press("ArrowLeft")
    page.get_by_role("link", name="p0@a.example").wait_for()
    assert page.frame_locator(".mail-frame").locator("mark").inner_text() == "company"


def test_campaign_is_launched_from_its_overview(marketer: Visitor, workspace: Workspace) -> None:
    campaign = make_draft(workspace)
    page = marketer.goto(f"/campaigns/{campaign.public_id}/")
    page.get_by_role("link", name="Launch").click()
    page.get_by_role("button", name="Launch").click()
    page.get_by_text("Launched: 2 contacts are on the way.").wait_for()
    campaign.refresh_from_db()
    assert campaign.status == "active"
