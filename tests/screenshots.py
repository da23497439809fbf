"""`python -m tests.screenshots`: pictures of the product for the documents, of the demo as `make run` shows it."""

import json
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests import chromium
from tests.prove import processes
from tests.prove.installation import Installation

FOLDER = processes.ROOT / "docs" / "images"
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
# By name of the picture: the page, below the site or below the demo's campaign.
OF_THE_SITE = {"dashboard": "/", "campaigns": "/campaigns/", "contacts": "/contacts/"}
OF_THE_CAMPAIGN = {
    "workflow": "workflow",
    "overview": "",
    "statistics": "statistics",
    "preview": "preview",
    "simulator": "simulator",
}
ON_THE_PHONE = ("overview",)
BY_NIGHT = ("workflow",)
# By then the demo's people have read, clicked and answered.
LET_IT_RUN_SECONDS = 150


def main() -> int:
    """The exit code: 0 when all pictures were taken."""
    if not chromium.install():
        sys.exit("This needs a browser: install Debian's chromium, or name one in $CHROMIUM.")
    with tempfile.TemporaryDirectory(prefix="fluenzr-screenshots-") as folder:
        site = Installation(database_url=f"sqlite:///{folder}/db.sqlite3", folder=Path(folder))
        site.environment |= {"FLUENZR_SETTLING_SECONDS": "2", "FLUENZR_POLL_SECONDS": "5"}
        try:
            if site.manage("migrate", "--verbosity", "0").returncode != 0:
                sys.exit("The database cannot be made.")
            access = json.loads(site.manage("demo", "--json").stdout)
            site.up()
            print(f"the demo runs for {LET_IT_RUN_SECONDS} s", flush=True)
            time.sleep(LET_IT_RUN_SECONDS)
            take_all(access)
        finally:
            processes.kill_marked(site.mark)
    return 0


def take_all(access: dict[str, str]) -> None:
    """Take every picture of a site that runs; `access` is what `manage.py demo --json` prints."""
    campaign = campaign_of(access)
    paths = OF_THE_SITE | {name: f"/campaigns/{campaign}/{page}" for name, page in OF_THE_CAMPAIGN.items()}
    with sync_playwright() as playwright:
        options: dict[str, Any] = {"executable_path": chromium.path(), "args": ["--no-sandbox", "--disable-gpu"]}
        browser = playwright.chromium.launch(**options)
        desk = signed_in(browser, access, viewport=DESKTOP)
        for name, path in paths.items():
            take(desk, access["url"] + path, name)
        night = signed_in(browser, access, viewport=DESKTOP, color_scheme="dark")
        for name in BY_NIGHT:
            take(night, access["url"] + paths[name], f"{name}-dark")
        phone = signed_in(browser, access, viewport=PHONE, device_scale_factor=2)
        for name in ON_THE_PHONE:
            take(phone, access["url"] + paths[name], f"{name}-phone")
        browser.close()


def campaign_of(access: dict[str, str]) -> str:
    """Return the id of the demo's first campaign."""
    request = urllib.request.Request(
        f"{access['url']}/v1/campaigns", headers={"Authorization": f"Bearer {access['apiKey']}"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return str(json.load(answer)["data"][-1]["id"])


def signed_in(browser: Browser, access: dict[str, str], **options: Any) -> Page:
    """Return a page of somebody who came in by the sign-in form."""
    page = browser.new_context(locale="en-GB", reduced_motion="reduce", **options).new_page()
    page.goto(f"{access['url']}/sign-in")
    page.get_by_label("Email").fill(access["email"])
    page.get_by_label("Password", exact=True).fill(access["password"])
    page.get_by_label("Password", exact=True).press("Enter")
    page.wait_for_url(f"{access['url']}/")
    return page


def take(page: Page, url: str, name: str) -> None:
    """Take a picture of the page when it has come to rest."""
    page.goto(url)
    # Polling never ends, so the network is never idle: what is drawn is drawn within this time.
    page.wait_for_timeout(1500)
    page.screenshot(path=FOLDER / f"{name}.png")
    print(f"docs/images/{name}.png", flush=True)


if __name__ == "__main__":
    sys.exit(main())
