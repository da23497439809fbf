"""Plays the imaginary recipients of sandbox accounts.

Whatever they do takes the ways of real recipients: hits lie where the spool's lines end up, replies and reports lie in
the account's inbox. So the sandbox proves the product instead of imitating it.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import Message as Mail
from enum import StrEnum
from functools import cached_property

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from fluenzr.core import signing
from fluenzr.core.errors import Invalid
from fluenzr.core.ids import uuid7
from fluenzr.mailboxes.models import Account, SandboxMail, SandboxReply
from fluenzr.workspaces.models import ScopedQuerySet
from tracking import correspondence, leaving, parsing, targets
from tracking.enums import HitKind
from tracking.models import RawHit
from tracking.parsing import Parsed

LIVELY = "lively"
NOTHING = "nothing"
BATCH = 200
# Mails older than this are left alone: a sandbox that becomes lively does not answer last year's mails.
LATEST = timedelta(days=1)
LONGEST_DELAY = 15
MOST_WORDS = 10_000

_PIXEL = re.compile(r"/t/o/([\w-]{42})(?![\w-])", re.ASCII)
_PIXEL_IMAGE = re.compile(r"<img\b[^<>]*/t/o/[\w-]{42}[^<>]*>", re.ASCII | re.IGNORECASE)
_CLICK = re.compile(r"/t/c/([\w-]{42})(?![\w-])", re.ASCII)
_LEAVE = re.compile(r"/t/u/([\w-]{42})(?![\w-])", re.ASCII)
_BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
)


class Act(StrEnum):
    """What a recipient, or something in between, may do with a mail."""

    OPEN = "open"
    CLICK = "click"
    REPLY = "reply"
    OUT_OF_OFFICE = "out_of_office"
    HARD_BOUNCE = "hard_bounce"
    SOFT_BOUNCE = "soft_bounce"
    UNSUBSCRIBE = "unsubscribe"
    COMPLAIN = "complain"
    SCAN = "scan"


LABELS = {
    Act.OPEN: _("Open"),
    Act.CLICK: _("Click"),
    Act.REPLY: _("Reply"),
    Act.OUT_OF_OFFICE: _("Out of office"),
    Act.HARD_BOUNCE: _("Bounce: no such address"),
    Act.SOFT_BOUNCE: _("Bounce: mailbox full"),
    Act.UNSUBSCRIBE: _("Unsubscribe"),
    Act.COMPLAIN: _("Report as spam"),
    Act.SCAN: _("Scan all links as a mail gateway"),
}


@dataclass(frozen=True)
class Deed:
    """What a recipient does, when: `words` of a reply (none: some are drawn), number of a link (none: the first)."""

    now: datetime
    words: str = ""
    link: int | None = None


@dataclass(frozen=True)
class Clickable:
    """A tracked link of a mail: its number, and where it leads."""

    number: int
    url: str


@dataclass(frozen=True)
class File:
    """A file that a mail carries."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Letter:
    """A stored mail as its recipient has it."""

    mail: SandboxMail
    parsed: Parsed

    @cached_property
    def shown(self) -> str:
        """What may hold links: the HTML and the text."""
        return f"{self.parsed.html}\n{self.parsed.text}"

    def claims(self, purpose: str, pattern: re.Pattern[str], text: str) -> list[signing.Claim]:
        """Return what the valid tokens of one kind in a text say, each once."""
        found = (signing.verify(purpose, token) for token in dict.fromkeys(pattern.findall(text)))
        return list(dict.fromkeys(claim for claim in found if claim is not None))

    @property
    def html(self) -> str:
        """The HTML without the pixel: whoever looks at the mail here is not its recipient."""
        return _PIXEL_IMAGE.sub("", self.parsed.html)

    @cached_property
    def links(self) -> list[Clickable]:
        """The tracked links, in their order, each once."""
        claims = self.claims("click", _CLICK, self.shown)
        return [Clickable(claim.link, url) for claim, url in targets.urls(claims).items()]

    @cached_property
    def files(self) -> list[File]:
        """The files that it carries, in their order."""
        parts = (part for part in self.parsed.mail.walk() if part.get_content_disposition() == "attachment")
        return [File(part.get_filename("file"), _content(part)) for part in parts]

    @cached_property
    def number(self) -> int:
        """A number drawn from the Message-ID: the same mail always meets the same recipient."""
        digest = hashlib.blake2b(self.mail.message_id.encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big")


def _content(part: Mail) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def read(mail: SandboxMail) -> Letter:
    """Return a stored mail, read."""
    return Letter(mail, parsing.parse(bytes(mail.raw)))


def play(mail: SandboxMail, act: Act, *, now: datetime, words: str = "", link: int | None = None) -> None:
    """Let the recipient of a mail do something, in one transaction: reply with these words, click that link.

    Raises:
        Invalid: the mail holds nothing to do it with: no pixel, no such link, no unsubscribe address; or the reply is
            too long.
    """
    if len(words) > MOST_WORDS:
        raise Invalid(_("A reply has at most %(most)s characters here") % {"most": MOST_WORDS}, field="words")
    letter = read(mail)
    with transaction.atomic():
        _PLAYS[act](letter, Deed(now, words.strip(), link))
        row = SandboxMail.objects.select_for_update(no_key=True).get(pk=mail.pk)
        row.played = [*row.played, act]
        row.save(update_fields=["played"])


def is_due(now: datetime) -> bool:
    """Whether a lively sandbox holds a mail that nobody did anything with."""
    return _untouched(now).exists()


def play_lively(*, now: datetime) -> int:
    """Let the recipients of lively sandboxes act, each after a moment of its own; return how many mails were played."""
    played = 0
    for mail in _untouched(now)[:BATCH]:
        letter = read(mail)
        if mail.received_at + timedelta(seconds=2 + letter.number % LONGEST_DELAY) > now:
            continue
        for act in plan(letter.number):
            _try(mail, act, now)
        SandboxMail.objects.filter(pk=mail.pk, played=[]).update(played=[NOTHING])
        played += 1
    return played


def plan(number: int) -> tuple[Act, ...]:
    """Return what the recipient with this number does: what an ordinary list would do, in small."""
    chance, rest = divmod(number // LONGEST_DELAY, 1000)
    for limit, acts in (
        (20, (Act.HARD_BOUNCE,)),
        (30, (Act.SOFT_BOUNCE,)),
        (60, (Act.OUT_OF_OFFICE,)),
        (70, (Act.OPEN, Act.UNSUBSCRIBE)),
        (110, (Act.SCAN,)),
    ):
        if rest < limit:
            return acts
    mood = chance % 1000
    for limit, acts in ((70, (Act.OPEN, Act.REPLY)), (170, (Act.CLICK,)), (520, (Act.OPEN,))):
        if mood < limit:
            return acts
    return ()


def _untouched(now: datetime) -> ScopedQuerySet:
    rows = SandboxMail.objects.filter(account__sandbox_play=LIVELY, played=[], received_at__gt=now - LATEST)
    return rows.select_related("account").order_by("received_at")


def _try(mail: SandboxMail, act: Act, now: datetime) -> None:
    try:
        play(mail, act, now=now)
    except Invalid:
        return  # a mail without pixel is not opened, as in life


def _open(letter: Letter, deed: Deed) -> None:
    pixels = letter.claims("open", _PIXEL, letter.parsed.html)
    if not pixels:
        raise Invalid(_("The mail holds no pixel: nobody can see that it is opened."))
    _hit(letter, HitKind.OPEN, pixels[0], deed.now)


def _click(letter: Letter, deed: Deed) -> None:
    links = [one for one in letter.claims("click", _CLICK, letter.shown) if deed.link in (None, one.link)]
    if not links:
        raise Invalid(_("The mail holds no tracked link.") if deed.link is None else _("The mail holds no such link."))
    for pixel in letter.claims("open", _PIXEL, letter.parsed.html):
        _hit(letter, HitKind.OPEN, pixel, deed.now)
    _hit(letter, HitKind.CLICK, links[0], deed.now)


def _scan(letter: Letter, deed: Deed) -> None:
    links = letter.claims("click", _CLICK, letter.shown)
    if not links:
        raise Invalid(_("The mail holds no tracked link."))
    # One link alone makes no burst; gateways then betray themselves by asking for the head only.
    method = "GET" if len(links) > 1 else "HEAD"
    for link in links:
        _hit(letter, HitKind.CLICK, link, deed.now, method=method)


def _hit(letter: Letter, kind: HitKind, claim: signing.Claim, now: datetime, method: str = "GET") -> None:
    RawHit.objects.create(
        id=uuid7(),
        kind=kind,
        message=claim.message_id,
        link=claim.link,
        at=now,
        method=method,
        # A range that is reserved for examples (RFC 5737).
        ip=f"203.0.113.{letter.number % 254 + 1}",
        user_agent=_BROWSERS[letter.number % len(_BROWSERS)],
    )


def _unsubscribe(letter: Letter, deed: Deed) -> None:
    header = " ".join(letter.parsed.headers.get("list-unsubscribe", []))
    claims = letter.claims("leave", _LEAVE, f"{header} {letter.shown}")
    if not claims:
        raise Invalid(_("The mail holds no unsubscribe address."))
    leaving.act(leaving.Wish.LEAVE, claims[0].message_id, source=leaving.ONE_CLICK, now=deed.now)


def _answer(write: Callable[[Letter, Deed], bytes]) -> Callable[[Letter, Deed], None]:
    def deliver(letter: Letter, deed: Deed) -> None:
        account = letter.mail.account_id
        # Locks the account's row, so that replies become visible in the order of their numbers; and asks for a visit.
        Account.objects.filter(pk=account).update(next_poll_at=deed.now)
        SandboxReply.objects.create(
            workspace_id=letter.mail.workspace_id, account_id=account, raw=write(letter, deed), received_at=deed.now
        )

    return deliver


def _to(letter: Letter) -> correspondence.Original:
    parsed = letter.parsed
    return correspondence.Original(
        sender=parsed.sender,
        sender_name=parsed.sender_name,
        reply_to=parsed.header("reply-to"),
        recipient=letter.mail.recipient,
        message_id=letter.mail.message_id,
        references=(*parsed.references, letter.mail.message_id),
        subject=parsed.subject,
        text=parsed.text,
        raw=bytes(letter.mail.raw),
    )


_PLAYS: dict[Act, Callable[[Letter, Deed], None]] = {
    Act.OPEN: _open,
    Act.CLICK: _click,
    Act.SCAN: _scan,
    Act.UNSUBSCRIBE: _unsubscribe,
    Act.REPLY: _answer(
        lambda letter, deed: correspondence.reply(_to(letter), choice=letter.number, now=deed.now, words=deed.words)
    ),
    Act.OUT_OF_OFFICE: _answer(lambda letter, deed: correspondence.out_of_office(_to(letter), now=deed.now)),
    Act.HARD_BOUNCE: _answer(lambda letter, deed: correspondence.bounce(_to(letter), hard=True, now=deed.now)),
    Act.SOFT_BOUNCE: _answer(lambda letter, deed: correspondence.bounce(_to(letter), hard=False, now=deed.now)),
    Act.COMPLAIN: _answer(lambda letter, deed: correspondence.complaint(_to(letter), now=deed.now)),
}
