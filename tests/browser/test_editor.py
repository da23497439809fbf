"""The workflow editor, as people use it. The server's side is tested in tests/campaigns/views."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from campaigns import drafts, snippets
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


def test_slow_form_leaves_no_form_of_another_step_to_type_into(marketer: Visitor, campaign: Campaign) -> None:
    page, held = enter(marketer, campaign), []
    card(page, "mail_1").click()
    expect(page.get_by_label("Subject")).to_have_value("Subject of mail_1")
    page.route("**/workflow/panel", lambda route: held.append(route))
    page.locator(".flow-kind[data-kind=email]").click()
    expect(page.get_by_label("Subject")).to_have_count(0)
    page.locator(".flow-kind[data-kind=delay]").click()
    expect(page.locator(".flow-panel h2")).to_contain_text("Delay")
    for route in reversed(held):
        route.continue_()
    page.get_by_label("Days", exact=True).fill("4")
    save(page)

    assert [node["data"].get("days") for node in document(campaign)["nodes"] if node["type"] == "delay"] == [4]
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
    drafts.save(campaign, document=theirs, revision=1, by="ana@acme.example")
    page.locator(".flow-kind[data-kind=delay]").click()
    expect(page.get_by_role("alert")).to_contain_text("ana@acme.example saved another version at")
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


def test_pause_of_a_running_campaign_opens_its_workflow(marketer: Visitor, workspace: Workspace) -> None:
    page = enter(marketer, make_running(workspace, people=3, started_at=NOW))
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("dialog").get_by_role("button", name="Pause").click()
    page.locator(".flow-kind").first.wait_for()
    assert marketer.path.endswith("/workflow")


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


def test_files_are_attached_seen_in_the_preview_and_removed(marketer: Visitor, campaign: Campaign) -> None:
    make_contact(campaign.workspace)
    page = enter(marketer, campaign)
    card(page, "mail_1").click()
    one = {"name": "offer.pdf", "mimeType": "application/pdf", "buffer": b"Offer"}
    page.get_by_label("Attachments").set_input_files([one, {**one, "name": "terms.pdf"}])
    expect(page.locator(".flow-file-list li")).to_have_count(2)
    save(page)
    data = next(node["data"] for node in document(campaign)["nodes"] if node["id"] == "mail_1")
    assert [file["name"] for file in data["attachments"]] == ["offer.pdf", "terms.pdf"]
    page.get_by_text("Live preview").click()
    expect(page.locator(".flow-preview-files")).to_contain_text("terms.pdf")
    page.get_by_role("button", name="Remove offer.pdf").click()
    page.get_by_label("Attachments").set_input_files({**one, "name": "setup.exe"})
    expect(page.get_by_text("Mail servers refuse files that end in .exe")).to_be_visible()
    save(page)
    data = next(node["data"] for node in document(campaign)["nodes"] if node["id"] == "mail_1")
    assert [file["name"] for file in data["attachments"]] == ["terms.pdf"]


def test_files_are_dropped_onto_their_list_and_nowhere_else(marketer: Visitor, campaign: Campaign) -> None:
    page = enter(marketer, campaign)
    card(page, "mail_1").click()
    files = page.locator(".flow-files")
    files.wait_for()
    dropped = page.evaluate_handle(
        "() => { const it = new DataTransfer(); it.items.add(new File(['x'], 'offer.txt')); return it; }"
    )
    page.locator(".flow-canvas").dispatch_event("drop", {"dataTransfer": dropped})
    expect(files.locator("li")).to_have_count(0)
    files.dispatch_event("drop", {"dataTransfer": dropped})
    expect(files.locator("li")).to_contain_text("offer.txt")


def test_steps_in_a_frame_are_removed_together(marketer: Visitor, workspace: Workspace) -> None:
    campaign = make_campaign(workspace, workflow=make_workflow(make_email_node("mail_1"), WAIT))
    page = enter(marketer, campaign)
    first, last = card(page, "mail_1").bounding_box(), card(page, "wait").bounding_box()
    page.keyboard.down("Shift")
    page.mouse.move(first["x"] - 30, first["y"] - 10)
    page.mouse.down()
    page.mouse.move(last["x"] + last["width"] + 30, last["y"] + last["height"] + 10, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    assert page.locator(".flow-panel").count() == 0
    page.keyboard.press("Delete")
    save(page)
    assert kinds(campaign) == ["start", "end"]


def test_html_becomes_plain_text_with_its_variables_paragraphs_and_addresses(
    marketer: Visitor, workspace: Workspace
) -> None:
    body = '<p>Hi {{firstName|there}},</p><p>see <a href="https://a.example/x">the <b>tour</b></a><br>now.</p>'
    mail = make_email_node("mail_1", body=body, bodyFormat="html")
    page = enter(marketer, make_campaign(workspace, workflow=make_workflow(mail)))
    card(page, "mail_1").click()
    page.get_by_role("button", name="HTML").click()
    page.get_by_role("button", name="Plain text").click()
    text = "Hi {{firstName|there}},\n\nsee the tour (https://a.example/x)\nnow."
    expect(page.get_by_role("textbox", name="Body", exact=True)).to_have_value(text)


def test_snippet_is_found_by_name_and_copied_into_the_body(marketer: Visitor, workspace: Workspace) -> None:
    campaign = make_campaign(workspace, make_workflow(make_email_node(body="<p>Hello</p>")))
    offer = "{Hi|Hello} {{firstName|there}},\n\na free month."
    for name, body in (("Address", "1 Main Street"), ("Offer", offer)):
        snippets.create(workspace=campaign.workspace, name=name, body=body, by="ana", now=NOW)
    page = enter(marketer, campaign)
    card(page, "mail_1").click()
    page.get_by_role("button", name="Snippets").click()
    page.get_by_label("Find a snippet").fill("off")
    expect(page.locator(".flow-snippets li")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator(".flow-rich .variable")).to_have_text("first name | there")
    save(page)
    data = next(node["data"] for node in document(campaign)["nodes"] if node["id"] == "mail_1")
    expect(page.locator(".flow-rich .spintax")).to_have_text("{Hi|Hello}")
    assert "{Hi|Hello} {{firstName|there}}," in data["body"]
    assert "a free month." in data["body"]


def test_what_is_typed_while_the_server_is_away_is_saved_when_it_is_back(marketer: Visitor, campaign: Campaign) -> None:
    page = enter(marketer, campaign)
    card(page, "mail_1").click()
    page.route("**/workflow/*", lambda route: route.abort())
    page.route("**/workflow/values/*", lambda route: route.abort())
    page.get_by_label("Subject").fill("Written offline")
    expect(page.locator(".flow-saved")).to_contain_text("Not saved: No connection to the server")
    # The step is left before anything could be taken.
    page.locator(".react-flow__pane").click(position={"x": 20, "y": 20})
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    page.locator(".flow-saved.is-saved").wait_for()
    expect(card(page, "mail_1")).to_contain_text("Written offline")
    data = next(node["data"] for node in document(campaign)["nodes"] if node["id"] == "mail_1")
    assert data["subject"] == "Written offline"
    assert [problem for problem in marketer.problems if "ERR_FAILED" not in problem] == []
    marketer.problems.clear()


def test_undo_after_typing_takes_back_what_was_typed(marketer: Visitor, campaign: Campaign) -> None:
    page = enter(marketer, campaign)
    card(page, "mail_1").click()
    page.get_by_label("Subject").fill("Another subject")
    page.get_by_role("button", name="Undo (Ctrl+Z)").click()
    expect(page.get_by_label("Subject")).to_have_value("Subject of mail_1")
    page.get_by_role("button", name="Redo (Ctrl+Y)").click()
    expect(page.get_by_label("Subject")).to_have_value("Another subject")


def test_branches_are_tidied_into_the_order_of_their_ways(marketer: Visitor, workspace: Workspace) -> None:
    ask = {"id": "asked", "type": "condition", "data": {"check": "opened"}}
    drawn = make_workflow(make_email_node(), ask, make_email_node("first"))
    drawn["edges"][2]["branch"] = "yes"
    drawn["nodes"].insert(0, make_email_node("second"))
    ways = [{"from": "asked", "to": "second", "branch": "no"}, {"from": "second", "to": "end"}]
    page = enter(marketer, make_campaign(workspace, {**drawn, "edges": ways + drawn["edges"]}))
    assert card(page, "first").bounding_box()["x"] < card(page, "second").bounding_box()["x"]
