"""What simulated people do with their mails: each script becomes an event, and the event has its usual consequences."""

import heapq
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time
from itertools import count
from typing import Any

from django.utils.translation import gettext_lazy as _

from campaigns import colleagues
from campaigns.enums import REVISABLE, EventType
from campaigns.mail import links
from campaigns.nodes.base import Mail
from campaigns.outcomes import ENDS
from campaigns.simulator.loading import World
from campaigns.simulator.scripts import Script
from campaigns.simulator.stories import Ending, What
from campaigns.simulator.travellers import Traveller
from contacts import companies
from fluenzr.core.errors import Text

_NO_MAIL = _("No email was sent to this contact in time for it.")
_NOT_TRACKED = _("Nobody sees it: it is not tracked for this email or this contact.")
_NO_LINK = _("The email has no such link.")


class Reactions:
    """The events that are to come, the earliest first."""

    def __init__(
        self, world: World, scripts: Sequence[Script], travellers: Sequence[Traveller], start: datetime
    ) -> None:
        self._world, self._scripts = world, scripts
        self._turns = count()
        self._queue: list[tuple[datetime, int, Traveller, int, str]] = []
        # Which scripts each person is still to act by.
        self._open = {one: [n for n, script in enumerate(scripts) if _concerns(script, one)] for one in travellers}
        self._left = dict.fromkeys((one, number) for one, numbers in self._open.items() for number in numbers)
        for one, numbers in self._open.items():
            for number in numbers:
                if scripts[number].day is not None:
                    self._push(
                        scripts[number].day_at(start, world.campaign.timezone), one, number, scripts[number].node
                    )

    @property
    def next_at(self) -> datetime | None:
        """When the next event is due."""
        return self._queue[0][0] if self._queue else None

    def mail_sent(self, one: Traveller, node: str, at: datetime) -> None:
        """Note what the person will do with the mail of a node that was sent just now."""
        for number in self._open[one]:
            script = self._scripts[number]
            if script.day is None and script.node in ("", node):
                self._push(script.at(at), one, number, node)

    def _push(self, at: datetime, one: Traveller, number: int, node: str) -> None:
        heapq.heappush(self._queue, (at, next(self._turns), one, number, node))

    def happen(self, now: datetime) -> None:
        """Let everything happen that is due."""
        while self._queue and self._queue[0][0] <= now:
            at, _turn, one, number, node = heapq.heappop(self._queue)
            # On a day, it is about the mail that is named, else about the last one.
            mail = one.mails.get(node) if node else next(reversed(one.mails.values()), None)
            if mail is not None:
                self._left.pop((one, number), None)
                self._do(one, self._scripts[number], mail, at)

    def tell_missed(self) -> None:
        """Tell each person's story to its end: what was to be done, and never could be."""
        for one, number in self._left:
            script, last = self._scripts[number], max(moment.at for moment in one.moments)
            one.tell(What.MISSED, last, script.node, text=_NO_MAIL, event=script.on, url=script.url)

    def _do(self, one: Traveller, script: Script, mail: Mail, at: datetime) -> None:
        if script.on in ENDS:
            one.mails[mail.node] = _stamped(mail, script.on, at)
            one.tell(What.HAPPENS, at, mail.node, event=script.on)
            status, reason = ENDS[script.on]
            if one.status in REVISABLE:
                one.end(Ending(status), reason, at, node=mail.node)
            if script.on == EventType.REPLIED and self._world.campaign.one_per_company:
                self._end_colleagues(one, at)
            return
        url = self._url(mail, script.url) if script.on == EventType.CLICKED else ""
        refused = self._unseen(mail, script.on, url)
        one.tell(What.HAPPENS, at, mail.node, event=script.on, url=url or script.url, text=refused)
        if not refused:
            seen = at if self._world.knows_moments else datetime.combine(at.date(), time(), UTC)
            one.mails[mail.node] = _stamped(mail, script.on, seen, url if self._world.knows_moments else "")
            one.wake(at)

    def _end_colleagues(self, one: Traveller, at: datetime) -> None:
        company = companies.of(one.person.contact.email_key)
        for other in self._open:
            if other.is_running and company and companies.of(other.person.contact.email_key) == company:
                other.end(Ending(colleagues.STATUS), colleagues.reason(company), at, node=other.journey.node)

    def _unseen(self, mail: Mail, on: str, url: str) -> Text:
        if on == EventType.CLICKED and not url:
            return _NO_LINK
        is_tracked = mail.clicks_tracked if on == EventType.CLICKED else mail.opens_tracked
        return "" if is_tracked else _NOT_TRACKED

    def _url(self, mail: Mail, asked: str) -> str:
        """Return the link of a mail that is clicked, "" when it has no such one."""
        urls = self._world.previews.tracked_urls(mail.node)
        if not asked:
            return next(iter(urls), "")
        differ = any(not links.is_fixed(url) for url in urls)
        return asked if asked in urls or differ else ""


def _concerns(script: Script, one: Traveller) -> bool:
    return script.contact in (None, one.person.contact.pk) and not one.person.excluded


def _stamped(mail: Mail, on: str, at: datetime, url: str = "") -> Mail:
    """Return the mail with what happened to it; the first time of each kind counts."""
    stamps = {
        EventType.OPENED: "opened_at",
        EventType.CLICKED: "clicked_at",
        EventType.REPLIED: "replied_at",
        EventType.BOUNCED: "bounced_at",
    }
    changes: dict[str, Any] = {}
    stamp = stamps.get(EventType(on), "")
    if stamp and getattr(mail, stamp) is None:
        changes[stamp] = at
    if url:
        changes["clicks"] = {url: at, **mail.clicks}
    return replace(mail, **changes)
