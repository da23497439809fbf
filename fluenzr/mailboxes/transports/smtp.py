"""SMTP in careful mode: one mail opened at a time, and no doubt that is not shown.

Up to the 354 any trouble is harmless. Then `open` commits `sending`; from there on only an explicit 4xx or 5xx allows
another try, and silence, a reset or nonsense is UNKNOWN (reliability.md, section 3).
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from fluenzr.mailboxes.enums import Provider
from fluenzr.mailboxes.envelopes import ascii_address
from fluenzr.mailboxes.models import Account
from fluenzr.mailboxes.transports import answers
from fluenzr.mailboxes.transports.answers import Stage
from fluenzr.mailboxes.transports.base import Begun, Open, Outcome, Parcel, Receipt, Transport, register
from fluenzr.mailboxes.transports.session import Door, Lost, Reply, Session, dial
from fluenzr.mailboxes.verdicts import Verdict

# RFC 5321, 4.5.3.2.5 and 4.5.3.2.6.
BODY_SECONDS = 180.0
DOT_SECONDS = 600.0
EARLY_REPLY_SECONDS = 1.0
MAX_MAILS = 50
MAX_AGE_SECONDS = 300.0
DEFAULT_PORTS = {"tls": 587, "ssl": 465, "none": 25}


def door_of(account: Account) -> Door:
    """Return where and as whom an account sends."""
    return Door(
        host=account.smtp_host,
        port=account.smtp_port or DEFAULT_PORTS[account.smtp_encryption],
        encryption=account.smtp_encryption,
        username=account.smtp_username,
        password=account.secrets().get("smtp", ""),
    )


@register(Provider.SMTP)
class SmtpTransport(Transport):
    """A personal mailbox behind any SMTP server."""

    batch = 50

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self._session: Session | None = None
        self._dialled_at = 0.0
        self._mails = 0

    def deliver(self, parcels: Sequence[Parcel], open: Open, begun: Begun) -> Iterator[Receipt]:
        """Send one parcel after the other on one connection, which is made anew when it is lost or worn."""
        for parcel in parcels:
            try:
                sender, recipient = ascii_address(parcel.sender), ascii_address(parcel.recipient)
            except ValueError as error:
                yield Receipt(parcel.id, Outcome.REFUSED, None, str(error), Verdict.HARD)
            else:
                yield self._send(replace(parcel, sender=sender, recipient=recipient), open, begun)

    def probe(self) -> None:
        """Connect and sign in."""
        self._fresh_session()

    def close(self) -> None:
        """Say QUIT, if there is a connection."""
        session, self._session = self._session, None
        if session is not None:
            session.quit()

    def _send(self, parcel: Parcel, open_: Open, begun: Begun) -> Receipt:
        session = self._begin(parcel)
        if isinstance(session, Receipt):
            return session
        opened = False
        try:
            opened = parcel.id in open_([parcel.id])
        finally:
            if not opened:
                # After the 354 there is no command that takes it back: only hanging up says nothing.
                self._drop()
        if not opened:
            return Receipt(parcel.id, Outcome.UNOPENED)
        begun(parcel.id)
        return self._finish(session, parcel)

    def _begin(self, parcel: Parcel) -> Session | Receipt:
        """Bring the connection to the 354 for this parcel, or return why that cannot be."""
        if self._session is not None and not self._is_worn():
            try:
                begun = self._envelope(self._session, parcel)
            except Lost:
                begun = None
            # An idle server hangs up when it likes; that says nothing about the mail, so once more on a new line.
            if begun is not None and not (isinstance(begun, Receipt) and begun.code == 421):
                return begun
            self._drop()
        session = self._fresh_session()
        try:
            return self._envelope(session, parcel)
        except Lost as lost:
            self._drop()
            return Receipt(parcel.id, Outcome.DEFERRED, None, f"before the mail was sent: {lost}")

    def _envelope(self, session: Session, parcel: Parcel) -> Session | Receipt:
        limit = session.size_limit
        if limit is not None and limit < len(parcel.content):
            return answers.too_large(parcel.id, len(parcel.content), limit)
        size = f" SIZE={len(parcel.content)}" if "SIZE" in session.extensions else ""
        commands = (f"MAIL FROM:<{parcel.sender}>{size}", f"RCPT TO:<{parcel.recipient}>", "DATA")
        refusal: tuple[Reply, Stage] | None = None
        try:
            for stage, reply in zip((Stage.MAIL, Stage.RCPT, Stage.DATA), session.commands(commands), strict=False):
                if refusal is not None and reply.code == 354:
                    raise Lost("the server took DATA for nobody")  # as in `pipeline`: nothing is to be sent here
                if refusal is None and not (reply.code == 354 if stage is Stage.DATA else reply.is_ok):
                    refusal = reply, stage
                if refusal is not None and (reply.code == 421 or not session.pipelining):
                    break
        except Lost:
            if refusal is None:
                raise
            self._drop()
        return session if refusal is None else self._not_begun(session, parcel, *refusal)

    def _not_begun(self, session: Session, parcel: Parcel, reply: Reply, stage: Stage) -> Receipt:
        if reply.code == 421 or (stage is Stage.DATA and not reply.is_transient and not reply.is_permanent):
            self._drop()
        elif self._session is not None:
            self._reset(session)
        return _receipt(parcel, reply, stage) or Receipt(parcel.id, Outcome.DEFERRED, reply.code, reply.text)

    def _finish(self, session: Session, parcel: Parcel) -> Receipt:
        self._mails += 1
        try:
            session.write(answers.wire(parcel.content), seconds=BODY_SECONDS)
        except Lost as lost:
            return self._cut_off(session, parcel, lost)
        try:
            reply = session.reply(seconds=DOT_SECONDS)
        except Lost as lost:
            self._drop()
            return Receipt(parcel.id, Outcome.UNKNOWN, None, f"after the mail was sent: {lost}")
        if reply.code == 421:
            self._drop()
        receipt = _receipt(parcel, reply, Stage.DOT)
        if receipt is None:
            self._drop()
            return Receipt(parcel.id, Outcome.UNKNOWN, reply.code, reply.text)
        return receipt

    def _cut_off(self, session: Session, parcel: Parcel, lost: Lost) -> Receipt:
        """The body did not get through. A server that refuses in the middle of it says so before it hangs up."""
        try:
            reply = session.reply(seconds=EARLY_REPLY_SECONDS)
        except Lost:
            reply = None
        self._drop()
        receipt = _receipt(parcel, reply, Stage.DOT) if reply and not reply.is_ok else None
        return receipt or Receipt(parcel.id, Outcome.UNKNOWN, None, f"while the mail was sent: {lost}")

    def _fresh_session(self) -> Session:
        self.close()
        self._session = dial(door_of(self.account))
        self._dialled_at, self._mails = time.monotonic(), 0
        return self._session

    def _is_worn(self) -> bool:
        return self._mails >= MAX_MAILS or time.monotonic() - self._dialled_at > MAX_AGE_SECONDS

    def _reset(self, session: Session) -> None:
        try:
            if session.command("RSET").is_ok:
                return
        except Lost:
            pass
        self._drop()

    def _drop(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()


def _receipt(parcel: Parcel, reply: Reply, stage: Stage) -> Receipt | None:
    return answers.receipt(parcel.id, reply.code, reply.text, stage)
