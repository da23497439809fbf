"""Writes what recipients and their servers send back: replies as a mail program writes them, reports as RFCs do."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from fluenzr.core.ids import encode, uuid7

_REPLIES = (
    "Thanks for reaching out. Could you send me the pricing?",
    "Interesting. Do you have time for a short call next Tuesday?",
    "Not a priority for us this quarter, but please write again in spring.",
    "I am not the right person for this. You may want to talk to our head of operations.",
    "Yes, send me more about it.",
)


@dataclass(frozen=True)
class Original:
    """The mail that is answered; Message-IDs stand without brackets."""

    sender: str
    sender_name: str
    reply_to: str
    recipient: str
    message_id: str
    references: tuple[str, ...]
    subject: str
    text: str
    raw: bytes

    @property
    def domain(self) -> str:
        """The domain of who answers."""
        return self.recipient.rpartition("@")[2] or "localhost"

    @property
    def answer_to(self) -> str:
        """Where an answer goes."""
        return parseaddr(self.reply_to)[1] or self.sender


def reply(original: Original, *, choice: int, now: datetime, words: str = "") -> bytes:
    """Return a person's reply in the thread, with the mail quoted below; without `words`, `choice` draws some."""
    mail = _answer(original, _re(original.subject), now)
    quoted = "\n".join(f"> {line}" for line in original.text.splitlines())
    who = f"{original.sender_name} <{original.sender}>".strip()
    said = words or f"Hi,\n\n{_REPLIES[choice % len(_REPLIES)]}\n\nBest regards"
    mail.set_content(f"{said}\n\nOn {now:%a, %d %b %Y at %H:%M}, {who} wrote:\n{quoted}\n")
    return mail.as_bytes(policy=SMTP)


def out_of_office(original: Original, *, now: datetime) -> bytes:
    """Return an automatic reply (RFC 3834)."""
    mail = _answer(original, f"Automatic reply: {original.subject}", now)
    mail["Auto-Submitted"] = "auto-replied"
    mail["X-Auto-Response-Suppress"] = "All"
    back = now + timedelta(days=7)
    mail.set_content(f"I am out of the office and back on {back:%d %B %Y}. I read my mail after that.\n")
    return mail.as_bytes(policy=SMTP)


def bounce(original: Original, *, hard: bool, now: datetime) -> bytes:
    """Return a delivery report (RFC 3464): of an unknown address, or of a full mailbox."""
    status = "5.1.1" if hard else "5.2.2"
    words = "550 5.1.1 The email account does not exist" if hard else "552 5.2.2 The mailbox is full"
    fields = (
        f"Reporting-MTA: dns; mx.{original.domain}\r\n\r\n"
        f"Final-Recipient: rfc822; {original.recipient}\r\nAction: failed\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; {words}\r\n"
    )
    text = f"Your message to {original.recipient} could not be delivered.\r\n\r\n{words}\r\n"
    return _report(original, "Undelivered Mail Returned to Sender", text, "delivery-status", fields, now)


def complaint(original: Original, *, now: datetime) -> bytes:
    """Return a complaint as a mail provider reports it (RFC 5965)."""
    fields = (
        f"Feedback-Type: abuse\r\nUser-Agent: FluenzR-Sandbox/1\r\nVersion: 1\r\n"
        f"Original-Rcpt-To: <{original.recipient}>\r\n"
    )
    text = f"{original.recipient} reported this mail as spam.\r\n"
    return _report(original, f"Complaint about: {original.subject}", text, "feedback-report", fields, now)


def _answer(original: Original, subject: str, now: datetime) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(addr_spec=original.recipient)
    mail["To"] = Address(addr_spec=original.answer_to)
    mail["Subject"] = " ".join(subject.split())
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{encode(uuid7())}@{original.domain}>"
    mail["In-Reply-To"] = f"<{original.message_id}>"
    mail["References"] = " ".join(f"<{name}>" for name in dict.fromkeys(original.references))
    return mail


def _report(original: Original, subject: str, text: str, kind: str, fields: str, now: datetime) -> bytes:
    """Write a multipart/report by hand: its parts are headers, and libraries would encode them."""
    edge = f"report-{encode(uuid7())}"
    head = original.raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0].decode("utf-8", "replace")
    lines = (
        "Return-Path: <>\r\n"
        f"From: Mail Delivery System <MAILER-DAEMON@{original.domain}>\r\n"
        f"To: {original.sender}\r\nSubject: {' '.join(subject.split())}\r\nDate: {format_datetime(now)}\r\n"
        f"Message-ID: <{encode(uuid7())}@{original.domain}>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        f'Content-Type: multipart/report; report-type={kind}; boundary="{edge}"\r\n\r\n'
        f"--{edge}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
        f"--{edge}\r\nContent-Type: message/{kind}\r\n\r\n{fields}\r\n"
        f"--{edge}\r\nContent-Type: text/rfc822-headers; charset=utf-8\r\n\r\n" + head.replace("\n", "\r\n") + "\r\n"
        f"--{edge}--\r\n"
    )
    return lines.encode()


def _re(subject: str) -> str:
    return subject if subject.lower().startswith("re:") else f"Re: {subject}"
