"""The recipients: what they do with a mail over the network, each deed written into a ledger that is counted later."""

import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

from tests.journeys.dovecot import Dovecot
from tests.journeys.post_office import Letter

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"
# A gateway that passes itself off as a person's browser: only its haste betrays it.
GATEWAY = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **options: Any) -> None:
        return None


_opener = urllib.request.build_opener(_Stay)


@dataclass(frozen=True)
class Answer:
    """What a server said."""

    status: int
    headers: Message
    content: bytes


def fetch(url: str, *, agent: str = BROWSER, form: dict[str, str] | None = None) -> Answer:
    """GET a URL, or POST a form to it; redirects are answers like any other."""
    data = urllib.parse.urlencode(form).encode() if form is not None else None
    request = urllib.request.Request(url, data=data, headers={"User-Agent": agent})
    try:
        with _opener.open(request, timeout=10) as answer:
            return Answer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as answer:
        with answer:
            return Answer(answer.code, answer.headers, answer.read())


@dataclass(frozen=True)
class Deed:
    """Something that a statistic must show: `number` is that of the person's mail, 0 the first."""

    kind: str
    email: str
    number: int


@dataclass
class Ledger:
    """Everything that happened, as the script did and saw it."""

    deeds: list[Deed] = field(default_factory=list)

    def write(self, kind: str, email: str, number: int) -> None:
        self.deeds.append(Deed(kind, email, number))

    def people(self, kind: str) -> int:
        """How many people did it."""
        return len({deed.email for deed in self.deeds if deed.kind == kind})

    def mails(self, kind: str, number: int | None = None) -> int:
        """To how many mails it was done, of all or of those with this number."""
        found = {(deed.email, deed.number) for deed in self.deeds if deed.kind == kind}
        return len([mail for mail in found if number is None or mail[1] == number])

    def times(self, kind: str) -> int:
        """How often it was done."""
        return len([deed for deed in self.deeds if deed.kind == kind])


@dataclass
class Person:
    """A recipient with the mails they got so far."""

    email: str
    letters: list[Letter]
    ledger: Ledger

    def open(self, number: int = 0) -> None:
        """Look at a mail: the program loads its images."""
        for image in self.letters[number].images:
            answer = fetch(image)
            assert (answer.status, answer.headers["Content-Type"]) == (200, "image/gif")
        self.ledger.write("opened", self.email, number)

    def click(self, link: int, *, leads_to: str, number: int = 0) -> None:
        answer = fetch(self.letters[number].links[link])
        assert (answer.status, answer.headers["Location"]) == (302, leads_to)
        self.ledger.write("clicked", self.email, number)

    def press_unsubscribe(self, number: int = 0) -> None:
        """The mail program's own button (RFC 8058)."""
        letter = self.letters[number]
        assert letter.header("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"
        answer = fetch(letter.leave_address, form={"List-Unsubscribe": "One-Click"})
        assert (answer.status, answer.content) == (200, b"")
        self.ledger.write("unsubscribed", self.email, number)

    def answer(self, imap: Dovecot, content: bytes, *, to: str, kind: str, number: int = 0) -> None:
        """Let a mail arrive in the account's mailbox."""
        imap.deliver(to, content)
        self.ledger.write(kind, self.email, number)

    def be_scanned(self, number: int = 0) -> int:
        """A security gateway fetches everything that a mail holds within a second; returns how many links counted."""
        letter = self.letters[number]
        for url in [*letter.images, *letter.hrefs]:
            assert fetch(url, agent=GATEWAY).status in (200, 302)
        return len(letter.links)
