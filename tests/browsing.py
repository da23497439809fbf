"""A person at a browser. Whatever a test does with it, an error on the console or a break of the policy fails it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from fluenzr.workspaces.models import Member, User
from tests import chromium
from tests.builders import PASSWORD

# Playwright's own loop runs in the thread of the tests, which makes Django believe that they are asynchronous.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

AXE = Path(__file__).resolve().parent.parent / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
# What htmx says of a request that a newer one took the place of, as `hx-sync` asks: nothing went wrong.
REPLACED = ("htmx:afterRequest", "htmx:sendAbort")
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
# Long, since a machine may have other tests to run: what is there sooner is not waited for.
TIMEOUT_MS = 20_000
expect.set_options(timeout=TIMEOUT_MS)
REPORT_POLICY = """document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));"""
SERIOUS = """async () => {
    const found = await axe.run(document, {resultTypes: ["violations"]});
    return found.violations.filter((one) => ["serious", "critical"].includes(one.impact)).map(
        (one) => `${one.id}: ${one.help}: ${one.nodes.map((node) => node.target.join(" ")).join(", ")}`);
}"""
# Clicks of a mouse or a finger; choosing by a key is none, and neither is what a script does.
COUNT_CLICKS = """addEventListener("click", (event) => {
    if (event.isTrusted && event.detail > 0)
        sessionStorage.clicks = Number(sessionStorage.clicks ?? 0) + 1;
}, true);"""
OVERFLOW = """() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    const wide = [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > width);
    return wide.slice(0, 5).map((one) => one.outerHTML.slice(0, 90));
}"""


def at_rest(page: Page) -> None:
    """Wait until htmx has put in what it fetched: before that, what is new hears nobody."""
    busy = ".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added"
    page.wait_for_function("(busy) => !document.querySelector(busy)", arg=busy)


def leave(target: Locator) -> None:
    """Click what leads to another page, and wait until that one is there."""
    with target.page.expect_navigation():
        target.click()


def clicks(page: Page) -> int:
    """Return how often a person clicked since the page's tab was opened, or since `forget_clicks`."""
    return int(page.evaluate("() => Number(sessionStorage.clicks ?? 0)"))


def forget_clicks(page: Page) -> None:
    """Count from here."""
    page.evaluate("() => { sessionStorage.clicks = 0 }")


def confirmed(user: User) -> Client:
    """Return a client of that person, who gave the password just now and so need not confirm it."""
    client = Client()
    client.force_login(user)
    client.post("/confirm", {"password": PASSWORD})
    return client


class Visitor:
    """A person at a page. `problems` is what the console complained of since the test began."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.context = context
        self.address = address
        self.problems: list[str] = []
        context.set_default_timeout(TIMEOUT_MS)
        context.add_init_script(REPORT_POLICY)
        context.add_init_script(COUNT_CLICKS)
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.problems.append(str(error.error)))
        self.page: Page = context.new_page()
        self.page.set_default_timeout(TIMEOUT_MS)

    def _hear(self, message: Any) -> None:
        if message.type == "error" and not message.text.startswith(REPLACED):
            self.problems.append(f"{urlsplit(message.page.url).path}: {message.text}")

    def goto(self, path: str) -> Page:
        """Open a page of the site."""
        self.page.goto(f"{self.address}{path}")
        return self.page

    @property
    def path(self) -> str:
        """Where the person is, without the query."""
        return urlsplit(self.page.url).path

    def sign_in(self, user: User) -> None:
        """Be that person from now on, as after the sign-in page."""
        client = confirmed(user)
        name = django_settings.SESSION_COOKIE_NAME
        self.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": self.address}])

    def barriers(self) -> list[str]:
        """Return what axe finds serious or critical on the page, and what is wider than the window."""
        if not self.page.evaluate("() => Boolean(window.axe)"):
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found: list[str] = self.page.evaluate(SERIOUS)
        wide: list[str] = self.page.evaluate(OVERFLOW)
        return found + [f"too wide: {one}" for one in wide]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Start Debian's chromium, as root too."""
    program = chromium.path()
    if program is None:
        say = pytest.fail if os.environ.get("CI") else pytest.skip
        say("NO BROWSER: install Debian's chromium, or name one in $CHROMIUM")
    return {**browser_type_launch_args, "executable_path": program, "args": ["--no-sandbox", "--disable-gpu"]}


@pytest.fixture
def address(live_server: Any, settings: Any) -> str:
    """Where the site is served, over plain HTTP as on a laptop."""
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "session", "csrf"
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = False
    settings.SITE_URL = live_server.url
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
    return str(live_server.url)


class Doorman:
    """Lets visitors in, each in a browser of their own, and hears what their consoles say."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser = browser
        self.address = address
        self.visitors: list[Visitor] = []

    def let_in(self, member: Member | None = None, **options: Any) -> Visitor:
        """Return somebody new at a browser, signed in if `member` says who; options are Playwright's of a context."""
        options = {"viewport": DESKTOP, "reduced_motion": "reduce", "locale": "en-GB"} | options
        visitor = Visitor(self.browser.new_context(**options), self.address)
        self.visitors.append(visitor)
        if member is not None:
            visitor.sign_in(member.user)
        return visitor


@pytest.fixture
def doorman(browser: Browser, address: str) -> Iterator[Doorman]:
    """Let visitors in, of any kind."""
    door = Doorman(browser, address)
    yield door
    heard = [problem for visitor in door.visitors for problem in visitor.problems]
    for visitor in door.visitors:
        visitor.context.close()
    assert heard == [], heard


@pytest.fixture
def visitor(doorman: Doorman) -> Visitor:
    """Somebody who is not signed in."""
    return doorman.let_in()


@pytest.fixture
def marketer(doorman: Doorman, owner: Member) -> Visitor:
    """The owner of `workspace`, signed in."""
    return doorman.let_in(owner)
