"""A real SMTP server that files each mail: for the account into its IMAP mailbox, for people where they look."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property

import lxml.html
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.journeys.dovecot import Dovecot
from tests.smtp_servers import Sink


class Letter:
    """A mail as its recipient's program reads it."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        message = message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.message = message

    def header(self, name: str) -> str:
        """The value of a header on one line, "" where there is none."""
        return re.sub(r"\s+", " ", str(self.message.get(name, "")))

    @cached_property
    def text(self) -> str:
        part = self.message.get_body(("plain",))
        assert part is not None
        return str(part.get_content())

    @cached_property
    def html(self) -> lxml.html.HtmlElement:
        part = self.message.get_body(("html",))
        assert part is not None
        return lxml.html.fromstring(part.get_content())

    @property
    def hrefs(self) -> list[str]:
        return [str(href) for href in self.html.xpath("//a/@href")]

    @property
    def links(self) -> list[str]:
        """The links of the author, as they stand in the mail: tracked."""
        return [href for href in self.hrefs if "/t/c/" in href]

    @property
    def images(self) -> list[str]:
        return [str(source) for source in self.html.xpath("//img/@src")]

    @property
    def leave_address(self) -> str:
        """The https or http address of List-Unsubscribe (RFC 2369)."""
        return re.findall(r"<(https?://[^>]+)>", self.header("List-Unsubscribe"))[0]


@dataclass
class PostOffice(Sink):
    """Takes mail for anybody. `imap` holds the mailboxes of `residents`; all other mail lies in `boxes`."""

    imap: Dovecot | None = None
    residents: set[str] = field(default_factory=set)
    boxes: dict[str, list[Letter]] = field(default_factory=lambda: defaultdict(list))

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = bytes(envelope.content or b"")
        for address in envelope.rcpt_tos:
            if address in self.residents and self.imap is not None:
                self.imap.deliver(address, content)
            else:
                self.boxes[address].append(Letter(content))
        return await super().handle_DATA(server, session, envelope)
