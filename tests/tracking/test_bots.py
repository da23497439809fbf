from datetime import timedelta

import pytest

from fluenzr.core.ids import uuid7
from tests.builders import NOW
from tracking import bots
from tracking.bots import Hit

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"
LATER = NOW + timedelta(minutes=5)


def hit(seconds: float = 0, link: int = 0, kind: str = "click", **fields) -> Hit:
    fields = {"method": "GET", "agent": FIREFOX, "headers": {}} | fields
    return Hit(id=uuid7(), kind=kind, link=link, at=LATER + timedelta(seconds=seconds), **fields)


def judged(*hits: Hit, links: int = 5, accepted_at=NOW, **options) -> list[str]:
    verdicts = bots.verdicts(hits, links=links, accepted_at=accepted_at, **options)
    return [verdicts[one.id] for one in hits]


def test_three_links_within_two_seconds_are_a_sweep_with_all_that_came_with_it():
    assert judged(hit(kind="open"), hit(0.2, 0), hit(1, 1), hit(1.9, 2)) == ["sweep"] * 4


def test_all_links_are_a_sweep_when_there_are_two():
    assert judged(hit(0, 0), hit(1, 1), links=2) == ["sweep", "sweep"]
    assert judged(hit(0, 0), hit(1, 1), links=3) == ["", ""]


def test_slow_readers_and_double_clicks_are_people():
    assert judged(hit(0, 0), hit(3, 1), hit(6, 2)) == ["", "", ""]
    assert judged(hit(0, 0), hit(0.3, 0), hit(0.6, 0), links=1) == ["", "", ""]


def test_a_person_after_a_sweep_counts():
    assert judged(hit(0, 0), hit(0.1, 1), hit(0.2, 2), hit(600, 1)) == ["sweep", "sweep", "sweep", ""]


def test_nobody_reads_a_mail_within_two_seconds():
    quick = Hit(uuid7(), "open", 0, NOW + timedelta(seconds=1), "GET", FIREFOX, {})

    assert judged(quick) == ["soon"]
    assert judged(quick, too_soon=timedelta()) == [""]
    assert judged(quick, accepted_at=None) == [""]


@pytest.mark.parametrize(
    ("fields", "verdict"),
    [
        ({"method": "HEAD"}, "head"),
        ({"headers": {"Sec-Purpose": "prefetch;prerender"}}, "prefetch"),
        ({"headers": {"X-Moz": "prefetch"}}, "prefetch"),
        ({"agent": "Mozilla/5.0"}, "apple"),
        ({"agent": ""}, "unnamed"),
        ({"agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
                   "Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0"}, "gmail"),
        ({"agent": "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"}, ""),
        ({"agent": "curl/8.5.0"}, "agent"),
        ({"agent": "python-requests/2.32"}, "agent"),
        ({"agent": "Go-http-client/2.0"}, "agent"),
        ({"agent": "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"}, "agent"),
        ({"agent": "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5"}, "agent"),
        ({"agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/120.0 Safari/537.36"}, "agent"),
        ({"agent": "Barracuda Sentinel (EE)"}, "agent"),
    ],
)  # fmt: skip
def test_a_request_betrays_a_machine_by_itself(fields, verdict):
    assert judged(hit(**fields)) == [verdict]


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (Linux; Android 6.0; CUBOT DINOSAUR) AppleWebKit/537.36 Chrome/77.0 Mobile Safari/537.36",
        "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; .NET CLR 2.0.50727; .NET4.0C)",
        "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Microsoft Outlook 16.0.5134; ms-office)",
        "Mozilla/5.0 (X11; Linux x86_64; rv:102.0) Gecko/20100101 Thunderbird/102.11.0",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Mobile/21F90 [FBAN/FBIOS;FBAV/4.0]",
        "Mozilla/5.0 (Linux; arm; Android 9; POCO F1) Chrome/84.0 YaBrowser/20.9.0 Mobile Safari/537.36",
        "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
    ],
)
def test_programs_of_people_pass(agent):
    assert bots.of_agent(agent) == ""
