"""Lists: views, columns, what is chosen, what is said while they load and when they fail; the search box by keys."""

from playwright.sync_api import Route, expect

from fluenzr.workspaces.models import Member, Workspace
from tests.browsing import PHONE, Doorman, Visitor
from tests.builders import make_contact


def test_a_list_is_kept_as_a_view_with_its_columns(marketer: Visitor, workspace: Workspace) -> None:
    make_contact(workspace, "ann@acme.example", company="Initech")
    page = marketer.goto("/contacts/?status=active")

    page.locator("summary", has_text="Columns").click()
    page.get_by_label("Company", exact=True).uncheck()
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("columnheader", name="Company")).to_have_count(0)
    page.locator("summary", has_text="View").click()
    page.get_by_label("Keep these filters as a view").fill("Alive")
    page.locator(".list-bar").get_by_role("button", name="Save").click()

    expect(page.get_by_role("link", name="Alive")).to_have_attribute("aria-current", "page")
    assert marketer.barriers() == []


def test_bulk_bar_asks_with_the_number_of_the_chosen(doorman: Doorman, owner: Member, workspace: Workspace) -> None:
    for number in range(3):
        make_contact(workspace, f"p{number}@acme.example")
    visitor = doorman.let_in(owner, viewport=PHONE)
    page = visitor.goto("/contacts/")
    page.get_by_label("Choose p0@acme.example").check()
    page.locator(".bulk-bar summary", has_text="More").click()
    assert visitor.barriers() == []
    page.get_by_role("button", name="Delete").click()

    expect(page.locator("#confirm-text")).to_contain_text("Delete these contacts (1)?")
    page.locator("#confirm").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("1 contact deleted.")).to_be_visible()


def test_filters_of_a_phone_wait_behind_a_button(doorman: Doorman, owner: Member, workspace: Workspace) -> None:
    make_contact(workspace, "ann@a.example")
    visitor = doorman.let_in(owner, viewport=PHONE)
    page = visitor.goto("/contacts/")
    assert not page.get_by_label("Status").first.is_visible()
    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("Status").first.select_option("bounced")
    page.get_by_text("Nothing matches these filters.").wait_for()

    assert visitor.barriers() == []


def test_a_list_that_fails_says_so_and_how_to_go_on(marketer: Visitor, workspace: Workspace) -> None:
    make_contact(workspace, "ann@acme.example")
    page = marketer.goto("/contacts/")

    def fail(route: Route) -> None:
        route.abort()

    page.route("**/contacts/?*", fail)
    page.get_by_label("Status").first.select_option("active")
    note = page.locator("#list-error")
    expect(note).to_contain_text("no connection")
    expect(page.locator(".toast-note")).to_have_count(0)
    page.unroute("**/contacts/?*", fail)
    note.get_by_role("link", name="Try again").click()

    expect(page.get_by_role("link", name="Remove the filter Status: Active")).to_be_visible()
    # The browser itself complains of the connection that was cut.
    marketer.problems.clear()


def test_the_way_back_leads_through_the_list_as_it_was(marketer: Visitor, workspace: Workspace) -> None:
    for name in ("ann", "bob"):
        make_contact(workspace, f"{name}@a.example")
    page = marketer.goto("/contacts/")
    page.locator(".filters [type=search]").fill("ann")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="ann@a.example").click()
    page.wait_for_url("**/contacts/con_*/")
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(2)


def test_the_focus_stays_on_the_head_that_sorts(marketer: Visitor, workspace: Workspace) -> None:
    make_contact(workspace, "ann@a.example")
    page = marketer.goto("/contacts/")
    for order in ("ascending", "descending"):
        page.get_by_role("link", name="Email", exact=True).press("Enter")
        expect(page.locator(f"th[aria-sort={order}] a")).to_be_focused()


def test_search_goes_by_keys(marketer: Visitor, workspace: Workspace) -> None:
    make_contact(workspace, "ann@acme.example", first_name="Ann", last_name="Lee")
    page = marketer.goto("/")
    page.keyboard.press("Control+k")
    expect(page.locator(".hits").get_by_role("link", name="New campaign")).to_be_visible()
    page.keyboard.type("lee")
    expect(page.locator(".hits").get_by_role("link", name="Ann Lee")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    page.wait_for_url("**/contacts/con_*/")
