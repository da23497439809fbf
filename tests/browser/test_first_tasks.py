"""What somebody wants who opens the product for the first time, and how many clicks it takes (a launch: journeys)."""

from campaigns.models import WorkflowDraft
from fluenzr.workspaces.models import Workspace
from tests.browsing import Visitor, clicks
from tests.builders import (
    NOW,
    make_campaign,
    make_contact,
    make_email_node,
    make_enrolment,
    make_running,
    make_workflow,
)

FIND_OUT, CHANGE_A_MAIL = 4, 6


def test_who_replied_and_why_somebody_got_no_mail(marketer: Visitor, workspace: Workspace) -> None:
    campaign = make_running(workspace, people=0, name="Spring", started_at=NOW)
    replier = make_enrolment(
        campaign, make_contact(workspace, "ada@corp.example"), status="replied", first_sent_at=NOW, replied_at=NOW
    )
    make_enrolment(
        campaign,
        make_contact(workspace, "bob@corp.example"),
        status="error",
        reason="“company” is blank and has no fallback.",
    )
    campaign.total.contacts, campaign.total.sent, campaign.total.replied = 2, 1, 1
    campaign.total.save()
    page = marketer.goto("/")
    page.get_by_role("link", name="Campaigns").first.click()
    page.get_by_role("link", name="Spring").click()
    page.locator(".tile", has_text="Replied").click()
    page.get_by_text(str(replier.contact)).wait_for()
    assert page.get_by_text("bob@corp.example").count() == 0
    page.locator(".chips a").first.click()
    page.get_by_text("“company” is blank and has no fallback.").wait_for()

    assert 0 < clicks(page) <= FIND_OUT


def test_second_mail_of_a_paused_campaign_is_changed(marketer: Visitor, workspace: Workspace) -> None:
    graph = make_workflow(make_email_node("mail_1"), make_email_node("mail_2"))
    campaign = make_campaign(workspace, graph, name="Spring", status="paused", started_at=NOW)
    page = marketer.goto("/")
    page.get_by_role("link", name="Campaigns").first.click()
    page.get_by_role("link", name="Spring").click()
    page.get_by_role("link", name="Workflow").click()
    page.locator('.react-flow__node[data-id="mail_2"]').click()
    page.get_by_label("Subject").fill("A better subject")
    page.keyboard.press("Control+s")
    page.locator(".flow-saved.is-saved").wait_for()

    assert 0 < clicks(page) <= CHANGE_A_MAIL
    changed = WorkflowDraft.objects.get(campaign=campaign).graph
    assert [node["data"]["subject"] for node in changed["nodes"] if node["id"] == "mail_2"] == ["A better subject"]
