"""People who see the product for the first time: what they set out to do, and how many clicks that takes them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page

from tests.browsing import COUNT_CLICKS, browser_type_launch_args, clicks, forget_clicks
from tests.prove import processes
from tests.prove.installation import Installation

__all__ = ["browser_type_launch_args"]

MOST_CLICKS, MOST_TABS = 12, 80
# What has the focus is called: a field by its label, anything else by its words.
CALLED = """() => {
    const one = document.activeElement;
    if (one === document.body) return "";
    const label = one.getAttribute("aria-label") ?? one.labels?.[0]?.innerText;
    return label === undefined ? one.innerText : `field ${label}`;
}"""
WAIT_MS = 15_000


@pytest.fixture
def site(server_database: str, tmp_path: Path) -> Iterator[Installation]:
    """An installation that runs, with nothing in it."""
    one = Installation(database_url=server_database, folder=tmp_path)
    one.environment |= {"ALLOW_PRIVATE_HOSTS": "1", "FLUENZR_SETTLING_SECONDS": "2", "FLUENZR_POLL_SECONDS": "2"}
    assert one.manage("migrate", "--verbosity", "0").returncode == 0
    leader = one.up()
    yield one
    leader.terminate()
    leader.wait(timeout=30)
    processes.kill_marked(one.mark)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of somebody new; an error on its console fails the test."""
    heard: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce", locale="en-GB")
    context.add_init_script(COUNT_CLICKS)
    context.on("console", lambda message: heard.append(message.text) if message.type == "error" else None)
    context.on("weberror", lambda error: heard.append(str(error.error)))
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    yield page
    context.close()
    assert heard == []


def sign_up(page: Page, site: Installation) -> None:
    page.goto(f"http://127.0.0.1:{site.port}/sign-up")
    page.get_by_label("Your name").fill("Jane Doe")
    page.get_by_label("Email").fill("jane@acme.example")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_label("Workspace").fill("Acme")
    page.get_by_label("Workspace").press("Enter")
    page.get_by_role("heading", name="First steps").wait_for()


def reach(page: Page, words: str) -> None:
    """Press Tab until what has the focus is called so."""
    passed = [page.evaluate(CALLED)]
    while words not in passed[-1] and len(passed) < MOST_TABS:
        page.keyboard.press("Tab")
        passed.append(page.evaluate(CALLED))
    if words in passed[-1]:
        return
    raise AssertionError(f"{words!r} is not reached by Tab, only {passed}")


def fill(page: Page, label: str, text: str) -> None:
    reach(page, f"field {label}")
    page.keyboard.type(text)


def press(page: Page, words: str) -> None:
    reach(page, words)
    page.keyboard.press("Enter")


def step(page: Page, text: str) -> Locator:
    """Return the way to one of the first steps."""
    return page.locator(".steps li", has_text=text).get_by_role("link")


def always_open(site: Installation) -> None:
    """Let the campaign send at whatever hour these tests run."""
    asked = """
from campaigns.models import Campaign, CampaignAccount
from fluenzr.core import clock
Campaign.objects.update(send_days=list(clock.DAY_NAMES), send_hours_start=0, send_hours_end=24)
CampaignAccount.objects.update(next_slot_at=None)
"""
    done = site.manage("shell", "-c", asked)
    assert done.returncode == 0, done.stderr


def sent(page: Page, site: Installation) -> None:
    """Wait until the mail to Bob lies in the sandbox."""
    address = f"http://127.0.0.1:{site.port}/sandbox/"

    def there() -> bool:
        return "bob@corp.example" in page.request.get(address).text()

    processes.wait_until(there, seconds=60, what="the first mail")


def test_first_launch_by_mouse(site: Installation, page: Page) -> None:
    sign_up(page, site)
    forget_clicks(page)
    step(page, "Connect an email account").click()
    page.get_by_role("link", name="Begin with a sandbox").click()
    page.get_by_label("Email").fill("jane@acme.example")
    page.get_by_role("button", name="Add the sandbox").click()
    step(page, "Add contacts").click()
    page.get_by_label("Email").fill("bob@corp.example")
    page.get_by_label("First name").fill("Bob")
    page.get_by_label("Consent from").select_option("existing")
    page.get_by_role("button", name="Add the contact").click()
    step(page, "Create a campaign").click()
    page.get_by_label("Name", exact=True).fill("Hello")
    page.get_by_role("button", name="Create").click()
    page.locator(".flow-kind[data-kind=email]").click()
    page.get_by_label("Subject").fill("A word, {{firstName}}?")
    page.keyboard.press("Tab")
    page.locator(".flow-rich .tiptap").focus()
    page.keyboard.type("Shall we talk on Thursday?")
    page.locator(".flow-saved.is-saved").wait_for()
    page.get_by_role("link", name="Launch").click()
    page.get_by_role("button", name="Add your 1 active contact").click()
    page.get_by_role("button", name="Launch").click()
    page.get_by_text("Launched: 1 contact is on the way.").wait_for()
    taken = clicks(page)
    always_open(site)
    sent(page, site)

    assert 0 < taken <= MOST_CLICKS


def test_first_launch_by_keyboard(site: Installation, page: Page) -> None:
    page.goto(f"http://127.0.0.1:{site.port}/sign-up")
    fill(page, "Your name", "Jane Doe")
    fill(page, "Email", "jane@acme.example")
    fill(page, "Password", "correct horse battery")
    fill(page, "Workspace", "Acme")
    press(page, "Create account")
    page.get_by_role("heading", name="First steps").wait_for()
    # With the colon, as the search box on the way offers the same by the same words.
    press(page, ": Connect an email account")
    page.get_by_role("heading", name="Connect an account").wait_for()
    press(page, "Begin with a sandbox")
    page.get_by_role("heading", name="Add a sandbox").wait_for()
    fill(page, "Email", "jane@acme.example")
    press(page, "Add the sandbox")
    page.get_by_role("heading", name="First steps").wait_for()
    press(page, ": Add contacts")
    page.get_by_role("heading", name="Add a contact").wait_for()
    fill(page, "Email", "bob@corp.example")
    fill(page, "Consent from", "Existing")
    press(page, "Add the contact")
    page.get_by_role("heading", name="First steps").wait_for()
    press(page, ": Create a campaign")
    page.get_by_role("heading", name="New campaign").wait_for()
    fill(page, "Name", "Hello")
    press(page, "Create")
    page.locator(".flow-card").first.wait_for()
    press(page, "Outline")
    press(page, "Add a step after")
    page.keyboard.press("Enter")
    fill(page, "Subject", "A word?")
    fill(page, "Body", "Shall we talk on Thursday?")
    page.keyboard.press("Control+s")
    page.locator(".flow-saved.is-saved").wait_for()
    page.keyboard.press("Escape")
    press(page, "Launch")
    page.get_by_role("heading", name="Launch “Hello”").wait_for()
    press(page, "Add your 1 active contact")
    page.get_by_text("1 contact added").wait_for()
    press(page, "Launch")
    page.get_by_text("Launched: 1 contact is on the way.").wait_for()
    always_open(site)
    sent(page, site)

    assert clicks(page) == 0
