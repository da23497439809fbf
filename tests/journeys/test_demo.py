"""What `make run` promises: within a minute mail is on the sandbox page, its recipients act, and it stops in time."""

import http.cookiejar
import json
import re
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fluenzr.demo import PEOPLE
from tests.journeys.integrator import Integrator
from tests.prove import processes
from tests.prove.installation import Installation


class Browser:
    """Somebody who is signed in."""

    def __init__(self, site: str, *, email: str, password: str) -> None:
        self.site = site
        jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        # The page asks for a login and comes back to itself.
        token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.page("/sandbox/"))[0]
        fields = {"csrfmiddlewaretoken": token, "login": email, "password": password, "next": "/sandbox/"}
        self.page(self.address, form=fields)

    def page(self, path: str, *, form: dict[str, str] | None = None) -> str:
        url = urllib.parse.urljoin(self.site, path)
        data = urllib.parse.urlencode(form).encode() if form is not None else None
        with self.opener.open(urllib.request.Request(url, data=data, headers={"Referer": url}), timeout=10) as answer:
            self.address = answer.url
            text: str = answer.read().decode()
        return text

    def mails(self) -> set[str]:
        return set(re.findall(r'href="(/sandbox/sbx_\w+/)"', self.page("/sandbox/")))


@pytest.fixture
def installation(server_database: str, tmp_path: Path) -> Iterator[Installation]:
    one = Installation(database_url=server_database, folder=tmp_path)
    one.environment |= {"ALLOW_PRIVATE_HOSTS": "1", "FLUENZR_SETTLING_SECONDS": "2", "FLUENZR_POLL_SECONDS": "5"}
    yield one
    processes.kill_marked(one.mark)


def demo(installation: Installation) -> Any:
    done = installation.manage("demo", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_demo_shows_mail_within_a_minute_and_stops_within_five_seconds(installation: Installation) -> None:
    assert installation.manage("migrate", "--verbosity", "0").returncode == 0
    began = time.monotonic()
    access = demo(installation)
    leader = installation.up()
    browser = Browser(access["url"], email=access["email"], password=access["password"])
    processes.wait_until(lambda: len(browser.mails()) >= PEOPLE, seconds=60, what="everybody's first mail")
    assert time.monotonic() - began < 60
    mail = browser.page(sorted(browser.mails())[0])
    assert "Sam Demo" in mail
    api = Integrator(access["url"], access["apiKey"])
    (campaign,) = api.get("/campaigns")
    opened = f"/campaigns/{campaign['id']}/stats"
    processes.wait_until(lambda: api.get(opened)["opened"] > 0, seconds=60, what="somebody opens")
    stopping = time.monotonic()
    leader.terminate()
    assert leader.wait(timeout=20) == 0
    assert time.monotonic() - stopping < 5
    assert demo(installation) == access
