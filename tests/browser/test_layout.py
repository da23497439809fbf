from playwright.sync_api import expect

from fluenzr.workspaces.models import Member
from tests.browsing import PHONE, Doorman, Visitor
from tests.builders import make_member, make_workspace


def test_search_is_one_key_away(marketer: Visitor) -> None:
    page = marketer.goto("/settings/profile")
    page.keyboard.press("/")
    page.keyboard.type("no such thing")

    page.locator("#search-hits").get_by_text("Nothing found for “no such thing”.").wait_for()


def test_keys_are_listed_by_a_key(marketer: Visitor) -> None:
    page = marketer.goto("/settings/profile")
    page.keyboard.press("?")
    page.get_by_text("Save the form").wait_for()

    assert marketer.barriers() == []
    page.keyboard.press("Escape")
    expect(page.get_by_text("Save the form")).not_to_be_visible()


def test_open_tab_is_in_sight_on_a_phone(doorman: Doorman, owner: Member) -> None:
    page = doorman.let_in(owner, viewport=PHONE).goto("/settings/security")
    expect(page.locator(".tabs [aria-current]")).to_be_in_viewport(ratio=1)


def test_theme_follows_the_system_until_one_is_chosen(doorman: Doorman, owner: Member) -> None:
    visitor = doorman.let_in(owner, color_scheme="dark")
    page = visitor.goto("/settings/profile")
    theme = page.locator("html")
    assert theme.get_attribute("data-bs-theme") == "dark"

    page.locator(".top .menu").last.locator("summary").click()
    page.get_by_role("button", name="Light").click()
    assert theme.get_attribute("data-bs-theme") == "light"
    page.reload()
    assert theme.get_attribute("data-bs-theme") == "light"


def test_workspace_switches(marketer: Visitor, owner: Member) -> None:
    make_member(make_workspace("Second"), user=owner.user)
    page = marketer.goto("/settings/profile")
    page.locator(".top .menu").first.locator("summary").click()
    page.get_by_role("button", name="Second").click()
    expect(page.locator(".workspace-name")).to_have_text("Second")
    assert "/settings" not in page.url
