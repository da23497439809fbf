"""Who made a request: a person, or a machine that fetched what a mail holds. Pure; rules of reliability.md, section 5.

Every hit is kept; the verdict only says whether it counts. Each rule has a name that staff can read beside the hit.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

from ua_parser import parse_device

# A gateway opens a mail's links at once (836 sweeps were measured: all within a second); a person does not.
BURST = timedelta(seconds=2)
BURST_LINKS = 3
# Nobody reads a mail so soon after its server took it.
TOO_SOON = timedelta(seconds=2)

PERSON = ""
HEAD, PREFETCH, AGENT, UNNAMED, APPLE, GMAIL, SOON, SWEEP = (
    "head", "prefetch", "agent", "unnamed", "apple", "gmail", "soon", "sweep",
)  # fmt: skip

# Apple's mail privacy loads every image of every mail, read or not, and names itself just so.
_APPLE_PROXY = "Mozilla/5.0"
# Gmail fetches images ahead of the reader under this name; its image proxy (GoogleImageProxy) is a real opening.
_GMAIL_PREFETCH = re.compile(r"Chrome/42\.0\.2311\.135 .*Edge/12\.246 Mozilla/5\.0")
_IMAGE_PROXIES = re.compile(r"GoogleImageProxy|YahooMailProxy|Yahoo Mail Proxy|OutlookImageProxy", re.IGNORECASE)
_PREFETCH_WORDS = ("prefetch", "preview", "prerender")
_PREFETCH_HEADERS = ("Purpose", "Sec-Purpose", "X-Purpose", "X-Moz")

# What machines call themselves: crawlers, gateways of mail security, link previews, monitors, libraries.
_MACHINES = re.compile(
    r"""bot(?![a-z])|robot|crawl|spider|slurp|scrap(er|y)|archiv|fetch|index(er|ing)|harvest|
    monitor|uptime|checker|validator|scanner|\bscan\b|preview|prerender|headless|phantomjs|puppeteer|playwright|selenium|
    (https?|www)[:.]|@[\w-]+\.|\+[\w-]+\.[a-z]|^mozilla/5\.0\ \(compatible;\ ?(?!msie|konqueror|ibrowse)|
    barracuda|mimecast|proofpoint|safelinks|symantec|messagelabs|forcepoint|ironport|trend\ ?micro|fortinet|fortigate|
    sophos|zscaler|palo\ ?alto|fireeye|trellix|cloudmark|vaderetro|spamhaus|virustotal|urlscan|censys|shodan|
    facebookexternalhit|^whatsapp|skypeuri|embedly|iframely|mastodon|img-?proxy|
    feed(ly|bin|burner|parser)|\brss\b|^curl|wget|libwww|\blwp|python|urllib|aiohttp|httpx|go-http|okhttp|^java/|
    jakarta|apache-http|axios|\bnode(\.js)?[-/ ]|^got\b|undici|perl|ruby|\bphp|guzzle|symfony|winhttp|powershell|
    postman|insomnia|httpie|http_?client|http-client|libcurl|
    google-|googleother|google\ (web|favicon|page)|apis-google|mediapartners|lighthouse|pagespeed|
    pingdom|gtmetrix|newrelic|datadog|nagios|zabbix|w3c|nutch|heritrix|ahrefs|semrush|majestic|qwantify|
    gpt|claude|perplexity|anthropic|openai|cohere|diffbot|screaming\ frog|
    nmap|nikto|sqlmap|masscan|zgrab|nuclei|wpscan|probe|downloader""",
    re.IGNORECASE | re.VERBOSE,
)
# Names of devices and programs of people that would match above.
_PEOPLE = re.compile(
    r"cubot|Thunderbird|Outlook|Microsoft Office|ms-office|Airmail|MobileMail|Postbox|eM ?Client|The Bat!|Lotus-Notes|"
    r"\[FBAN|\[FB_IAB|Instagram \d|LinkedInApp|YaBrowser",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Hit:
    """One request: `kind` is `open` or `click`, `link` the number of the link, `at` in UTC."""

    id: UUID
    kind: str
    link: int
    at: datetime
    method: str
    agent: str
    headers: Mapping[str, str]


def verdicts(
    hits: Sequence[Hit], *, links: int, accepted_at: datetime | None, too_soon: timedelta = TOO_SOON
) -> dict[UUID, str]:
    """Return the rule that made each hit a machine's, `""` for a person's, by id of the hit.

    `hits` are those of one message; `links` is how many tracked links it holds (unsubscribe and preferences are none);
    `accepted_at` is when its server took it.
    """
    swept = _swept(hits, links)
    return {hit.id: _verdict(hit, swept, accepted_at, too_soon) for hit in hits}


def _verdict(hit: Hit, swept: set[UUID], accepted_at: datetime | None, too_soon: timedelta) -> str:
    by_itself = of_request(hit)
    if by_itself:
        return by_itself
    if hit.id in swept:
        return SWEEP
    if accepted_at is not None and timedelta() <= hit.at - accepted_at < too_soon:
        return SOON
    return PERSON


def of_request(hit: Hit) -> str:
    """Return the rule that one request breaks by itself, or `""`."""
    if hit.method == "HEAD":
        return HEAD
    # Most requests have none of the headers that are kept.
    told = [hit.headers[name].lower() for name in _PREFETCH_HEADERS if name in hit.headers] if hit.headers else ()
    if any(word in text for text in told for word in _PREFETCH_WORDS):
        return PREFETCH
    return of_agent(hit.agent)


@lru_cache(maxsize=4096)
def of_agent(agent: str) -> str:
    """Return the rule that the name of a program breaks, or `""`."""
    agent = agent.strip()
    if not agent:
        return UNNAMED
    if agent == _APPLE_PROXY:
        return APPLE
    if _GMAIL_PREFETCH.search(agent):
        return GMAIL
    if _IMAGE_PROXIES.search(agent):
        return PERSON
    if _MACHINES.search(agent) and not _PEOPLE.search(agent):
        return AGENT
    device = parse_device(agent)
    return AGENT if device is not None and device.family == "Spider" else PERSON


def _swept(hits: Sequence[Hit], links: int) -> set[UUID]:
    """Return the hits that belong to a burst: too many of the links within two seconds."""
    enough = min(BURST_LINKS, links) if links >= 2 else BURST_LINKS
    ordered = sorted(hits, key=lambda hit: hit.at)
    swept: set[UUID] = set()
    start = 0
    for end, last in enumerate(ordered):
        while last.at - ordered[start].at > BURST:
            start += 1
        window = ordered[start : end + 1]
        if len({hit.link for hit in window if hit.kind == "click"}) >= enough:
            swept.update(hit.id for hit in window)
    return swept
