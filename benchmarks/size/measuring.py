"""What is measured, and the limit of each figure (issue 5, `shared/performance.md` section 5)."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from itertools import islice
from statistics import median
from typing import Any
from unittest.mock import patch

from django.test import Client
from django.utils import timezone

from benchmarks.size import filling
from benchmarks.size.filling import Filled
from benchmarks.size.watching import medians, transactions
from campaigns import births, claiming, lifecycle, scheduler, statistics, timeline
from campaigns import retention as campaigns_retention
from campaigns.mail.rendering import Unrenderable
from campaigns.models import Message
from campaigns.periods import Period
from contacts import grouping
from contacts.retention import BATCH, Span
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces.enums import Role
from tests import builders
from tests.browsing import confirmed
from tracking import retention as tracking_retention

COUNT = 500
# So many rows are dropped.
ROWS = 1_000_000
TIMES = 20
FAR = 5000
LONGEST = "ms of the longest transaction"
DATABASE, WHOLE = "ms in the database", "ms in all"

Figures = Mapping[str, float]


@dataclass(frozen=True)
class Measure:
    """A measurement: what it finds by name, and how much of some of that it may find."""

    run: Callable[[Filled], Figures]
    limits: Figures


def claim(filled: Filled) -> Figures:
    """Take planned mails of a mailbox, 500 at a time."""
    filling.plan(filled.mailbox, now=filled.now)
    account = Account.objects.select_related("workspace").get(pk=filled.mailbox.pk)

    def take() -> None:
        taken = claiming.claim(account, owner="benchmark", count=COUNT, now=timezone.now())
        assert len(taken) == COUNT, f"{len(taken)} of {COUNT} mails were due"

    return dict(zip((DATABASE, WHOLE), medians(take, TIMES), strict=True))


def bulk(filled: Filled) -> Figures:
    """Take people of a relay's lane, 500 at a time; their mails are written, but not made."""

    def unmade(messages: Sequence[Message], *_people: Any, **_options: Any) -> list[tuple[Message, Unrenderable]]:
        return [(message, Unrenderable("not made here")) for message in messages]

    def take() -> None:
        now = timezone.now()
        until = now + timedelta(minutes=1)
        born = scheduler.take(filled.relay.pk, owner="benchmark", lease_until=until, now=now, count=COUNT)
        assert len(born) == COUNT, f"{len(born)} of {COUNT} people were due"

    with patch.object(births, "make", unmade):
        return dict(zip((DATABASE, WHOLE), medians(take, TIMES), strict=True))


def numbers(filled: Filled) -> Figures:
    """Ask what the statistics of a campaign say: of people and of each mail, and beside it of each day."""
    campaign, now = filled.past, timezone.now()
    asked = medians(lambda: (statistics.overview(campaign), statistics.emails(campaign)), TIMES)
    of_days = medians(lambda: timeline.buckets(campaign, period=Period(), interval="day", now=now), TIMES)
    return {DATABASE: asked[0], WHOLE: asked[1], "ms in the database for each day": of_days[0]}


def activity(filled: Filled) -> Figures:
    """Ask the API for the activity: page 1, page 5,000 as one reads on, and at a jump; then the page of the site."""
    _key, token = builders.make_key(filled.workspace)
    owner = builders.make_member(filled.workspace, Role.OWNER).user
    api = Client(headers={"Authorization": f"Bearer {token}"})
    here = filled.past.public_id
    lists = (
        ("API", api, f"/v1/campaigns/{here}/activity?includeBots=true&page="),
        ("site", confirmed(owner), f"/campaigns/{here}/activity?bots=on&page="),
    )
    found: dict[str, float] = {}
    for name, client, path in lists:
        ask = partial(_asked, client, path)
        jump = ask(FAR - 1)
        pairs = [(ask(1), ask(FAR)) for _time in range(TIMES)]
        first, far = (median(pair[at] for pair in pairs[1:]) for at in (0, 1))
        found |= {f"{name} page 1 ms": first, f"{name} page {FAR} of page 1": far / first, f"{name} jump ms": jump}
    return found


def _asked(client: Client, path: str, page: int) -> float:
    """Return the milliseconds of a page."""
    began = time.perf_counter()
    answer = client.get(f"{path}{page}")
    assert answer.status_code == HTTPStatus.OK, f"{path}{page}: {answer.status_code}"
    return (time.perf_counter() - began) * 1000


def traces(filled: Filled) -> Figures:
    """Take addresses and programs out of opens and clicks."""
    return _batches(campaigns_retention.drop_traces(filled.workspace, _old()))


def hits(filled: Filled) -> Figures:
    """Delete raw hits."""
    return _batches(tracking_retention.drop_hits(filled.workspace, _old()))


def contents(filled: Filled) -> Figures:
    """Forget what makes mails again."""
    return _batches(campaigns_retention.drop_contents(filled.workspace, _old()))


def _old() -> Span:
    return Span(None, timezone.now() - timedelta(days=7))


def draft(filled: Filled) -> Figures:
    """Delete a draft with everybody in it."""
    campaign = filling.draft(filled)
    return _held(lambda: lifecycle.delete(campaign, by="benchmark", now=timezone.now()))


def group(filled: Filled) -> Figures:
    """Delete a group with everybody in it."""
    crowd = filling.group(filled)
    return _held(lambda: grouping.delete(crowd, by="benchmark", now=timezone.now()))


def _batches(dropping: Iterable[None]) -> Figures:
    """Drop a million rows, or what there is."""
    return _held(lambda: deque(islice(dropping, ROWS // BATCH), maxlen=0))


def _held(work: Callable[[], object]) -> Figures:
    began = time.perf_counter()
    with transactions() as found:
        work()
    return {"seconds": time.perf_counter() - began, LONGEST: found.longest}


_FAR_PAGE = {f"{name} page {FAR} of page 1": 2.0 for name in ("API", "site")}
ALL: Mapping[str, Measure] = {
    "claim of 500 planned mails": Measure(claim, {DATABASE: 25}),
    "take of 500 people by a relay": Measure(bulk, {DATABASE: 25}),
    "statistics of a campaign": Measure(numbers, {DATABASE: 2}),
    "activity of a campaign": Measure(activity, _FAR_PAGE),
    "retention: traces in events": Measure(traces, {LONGEST: 1000}),
    "retention: raw hits": Measure(hits, {LONGEST: 1000}),
    "retention: contents of mails": Measure(contents, {LONGEST: 1000}),
    "deleting a draft": Measure(draft, {LONGEST: 1000}),
    "deleting a group": Measure(group, {LONGEST: 1000}),
}
