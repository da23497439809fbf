"""Tries an account: can it sign in, send a mail to itself, and be read? Says in plain words what fails."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP

from django.utils.translation import gettext as _

from fluenzr.core.errors import Text
from fluenzr.mailboxes import inbox, presets, transports
from fluenzr.mailboxes.enums import Provider
from fluenzr.mailboxes.inbox import MailboxDown
from fluenzr.mailboxes.models import Account
from fluenzr.mailboxes.transports import Outcome, Parcel, Receipt, TransportDown


@dataclass(frozen=True)
class Check:
    """One thing that was tried (`smtp`, `mail`, `imap`): how it went in a sentence, and the server's own words."""

    name: str
    ok: bool
    message: Text
    detail: str = ""


@dataclass(frozen=True)
class Report:
    """All that was tried, in order; what depends on something that failed is absent."""

    checks: Sequence[Check]

    @property
    def ok(self) -> bool:
        """Whether everything worked."""
        return all(check.ok for check in self.checks)

    @property
    def problem(self) -> Text:
        """The first thing that failed, as a sentence, or ""."""
        return next((check.message for check in self.checks if not check.ok), "")


def run(account: Account, *, now: datetime) -> Report:
    """Open the account's connections and send a mail to itself; nothing is stored, the network is used.

    Call it outside of a transaction: a server may take its time.
    """
    checks = _sending(account, now)
    if account.imap_host:
        checks.append(_reading(account))
    return Report(tuple(checks))


def _sending(account: Account, now: datetime) -> list[Check]:
    transport = transports.of(account)
    try:
        transport.probe()
        signed_in = Check("smtp", True, _("The server for sending accepts the login."))
        receipt = next(iter(transport.deliver([_mail(account, now)], set, lambda key: None)))
    except TransportDown as down:
        return [Check("smtp", False, _down(account, down), down.text)]
    finally:
        transport.close()
    return [signed_in, _received(receipt)]


def _mail(account: Account, now: datetime) -> Parcel:
    key = uuid.uuid4()
    mail = EmailMessage(policy=SMTP)
    mail["From"] = mail["To"] = account.email
    mail["Subject"] = subject = _("FluenzR can send from this mailbox")
    mail["Date"] = now
    mail["Message-ID"] = f"<{key}@{account.domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(_("This mail was sent to test the account %(email)s.") % {"email": account.email})
    return Parcel(key, account.email, account.email, mail.as_bytes(), f"{key}@{account.domain}", subject)


def _received(receipt: Receipt) -> Check:
    if receipt.outcome is Outcome.ACCEPTED:
        return Check("mail", True, _("A mail to the account itself was accepted."), receipt.text)
    if receipt.outcome is Outcome.REFUSED:
        message = _("The server refused a mail to the account itself: %(text)s") % {"text": receipt.text}
    elif receipt.outcome is Outcome.DEFERRED:
        message = _("The server does not take mail right now: %(text)s") % {"text": receipt.text}
    else:
        message = _("The server did not say whether it took the mail.")
    return Check("mail", False, message, receipt.text)


def _down(account: Account, down: TransportDown) -> str:
    host, port = account.smtp_host, account.smtp_port
    if down.kind == "auth":
        return _refused_login(account, host, down.text)
    if down.kind == "tls":
        return _no_tls(host, down.text)
    if down.kind == "limit":
        return _("%(host)s does not want to talk to us now: %(text)s") % {"host": host, "text": down.text}
    return _unreachable(host, port, down.text)


def _reading(account: Account) -> Check:
    try:
        inbox.probe(account)
    except MailboxDown as down:
        if down.kind == "auth":
            message = _refused_login(account, account.imap_host, down.text)
        elif down.kind == "tls":
            message = _no_tls(account.imap_host, down.text)
        elif down.kind == "connect":
            message = _unreachable(account.imap_host, account.imap_port, down.text)
        else:
            message = _("The mailbox cannot be read: %(text)s") % {"text": down.text}
        return Check("imap", False, message, down.text)
    return Check("imap", True, _("The mailbox can be read."))


def _refused_login(account: Account, host: str, text: str) -> str:
    said = _("%(host)s refused the user name or the password: %(text)s") % {"host": host, "text": text}
    preset = presets.of_host(account.smtp_host, account.domain)
    if account.provider == Provider.SMTP and preset is not None and preset.hint:
        said += " " + _("%(provider)s needs an app password here.") % {"provider": preset.name}
    return said


def _no_tls(host: str, text: str) -> str:
    if "STARTTLS" in text:
        return _("%(host)s offers no STARTTLS. Choose SSL/TLS with its port, or another host.") % {"host": host}
    if "certificate" in text.lower() or "hostname" in text.lower() or "self" in text.lower():
        return _("The certificate of %(host)s is not valid: %(text)s") % {"host": host, "text": text}
    return _("No protected connection to %(host)s: %(text)s") % {"host": host, "text": text}


def _unreachable(host: str, port: int | None, text: str) -> str:
    low = text.lower()
    if "name or service" in low or "nodename" in low or "no address" in low or "name resolution" in low:
        return _("There is no server called %(host)s.") % {"host": host}
    place = f"{host}:{port}" if port else host
    if "refused" in low:
        return _("%(place)s refused the connection. Check host and port.") % {"place": place}
    if "timed out" in low or "in time" in low:
        return _("%(place)s did not answer. Check host, port and encryption.") % {"place": place}
    return _("No connection to %(place)s: %(text)s") % {"place": place, "text": text}
