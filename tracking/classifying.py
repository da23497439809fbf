"""What a mail that came in is: a complaint, a bounce, an auto-reply, or a person's mail; looked for in this order.

Delivery reports carry the marks of auto-replies too, so bounces come first (reliability.md I3). What nothing shows to
be a machine's is a person's.
"""

import email
import logging
import re
from dataclasses import dataclass, field

from flufl.bounce import all_failures

from fluenzr.mailboxes import verdicts
from tracking import phrases, quoting, reports
from tracking.enums import MailClass
from tracking.parsing import Parsed
from tracking.reports import Failure

log = logging.getLogger(__name__)
# It says each detector that it tries.
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)

# How much of a text is looked at for the words of a bounce.
_HEAD = 6000
_DAEMON = re.compile(
    r"^(mailer-?daemon|post-?master|mail-?daemon|mdaemon|mail(er)?[._-]?delivery|maildelivery|mail-?delivery-?subsystem|"
    r"bounces?([+_-].*)?|microsoftexchange[0-9a-f]*|deliverysubsystem|mmdf|uucp|majordom|double-bounce|mailadmin)$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Finding:
    """What a mail is. `failures` are the recipients that a bounce names; `bounce` is `hard` or `soft`.

    `reason` says by what it was recognised, for staff. `is_evidence`: a report that the mail did arrive.
    """

    kind: MailClass
    reason: str
    failures: tuple[Failure, ...] = ()
    bounce: str = ""
    status: str = ""
    diagnostic: str = ""
    recipients: tuple[str, ...] = field(default=())
    is_evidence: bool = False

    @property
    def acts(self) -> bool:
        """Whether the mail says anything about a person: a delivery notice or a read receipt does not."""
        return self.reason not in ("delivery notice", "read receipt")


def classify(parsed: Parsed, *, own_address: str) -> Finding:
    """Return what a mail is; `own_address` is that of the mailbox it lies in."""
    if parsed.sender.lower() == own_address.lower() and not _has_empty_return_path(parsed):
        return Finding(MailClass.OWN, "sent by this account")
    return _complaint(parsed) or _bounce(parsed) or _auto_reply(parsed) or Finding(MailClass.HUMAN, "")


def _complaint(parsed: Parsed) -> Finding | None:
    fields = reports.feedback(parsed)
    if fields is not None:
        if fields.get("feedback-type", "abuse").lower() in ("not-spam", "auth-failure", "dkim"):
            return Finding(MailClass.AUTO_REPLY, "delivery notice")
        named = [fields.get(name, "") for name in ("original-rcpt-to", "removal-recipient")]
        return Finding(
            MailClass.COMPLAINT,
            "feedback report",
            recipients=tuple(address for value in named for address in reports.addresses_in(value)),
        )
    # Feedback loops that are older than the format: the whole mail attached, and a sender of their own.
    if phrases.COMPLAINT_SENDER.search(parsed.sender) or (
        phrases.COMPLAINT_SUBJECT.search(parsed.subject) and _is_machine(parsed)
    ):
        return Finding(MailClass.COMPLAINT, "feedback loop")
    return None


def _bounce(parsed: Parsed) -> Finding | None:
    failures = reports.delivery_failures(parsed)
    if failures:
        return _reported(parsed, failures)
    if not _may_bounce(parsed):
        return None
    return _flufl(parsed) or _worded(parsed)


def _reported(parsed: Parsed, failures: list[Failure]) -> Finding:
    failed = [failure for failure in failures if failure.has_failed]
    if not failed:
        arrived = any(failure.action in ("delivered", "relayed", "expanded") for failure in failures)
        return Finding(MailClass.AUTO_REPLY, "delivery notice", failures=tuple(failures), is_evidence=arrived)
    first = failed[0]
    text = parsed.text[:_HEAD]
    # An empty diagnostic leaves the words to the human-readable part.
    kind = reports.kind_of(first, text if len(first.diagnostic) < 5 else "")
    if len(first.diagnostic) < 5 and first.status in ("", "5.0.0") and text:
        kind = "hard" if verdicts.of_refusal(None, text) is verdicts.Verdict.HARD else "soft"
    return Finding(
        MailClass.BOUNCE,
        "delivery report",
        failures=tuple(failed),
        bounce=kind,
        status=first.status,
        diagnostic=first.diagnostic[:500],
        recipients=tuple(address for failure in failed for address in failure.recipients),
    )


def _flufl(parsed: Parsed) -> Finding | None:
    try:
        temporary, permanent = all_failures(email.message_from_bytes(parsed.beginning))
    except Exception:  # its detectors stumble over some mails; the words are left
        log.debug("flufl.bounce stumbled", exc_info=True)
        return None
    if not permanent and (not temporary or _is_delay(parsed)):
        return None
    return _by_words(parsed, "bounce format", tuple(_plain(address) for address in (permanent or temporary)))


def _plain(address: bytes | str) -> str:
    return address.decode("utf-8", "replace") if isinstance(address, bytes) else address


def _worded(parsed: Parsed) -> Finding | None:
    if _is_delay(parsed):
        return Finding(MailClass.AUTO_REPLY, "delivery notice")
    head = parsed.text[:_HEAD]
    if not (phrases.BOUNCE_SUBJECT.search(parsed.subject) or phrases.BOUNCE_TEXT.search(head)):
        return None
    failed = reports.addresses_in(parsed.header("x-failed-recipients"))
    returned = [address for address in reports.returned_recipients(parsed) if address.lower() in head.lower()]
    named = failed or returned or [address for address in reports.addresses_in(head) if address != parsed.sender]
    return _by_words(parsed, "bounce words", tuple(named[:1]))


def _by_words(parsed: Parsed, reason: str, recipients: tuple[str, ...]) -> Finding:
    head = parsed.text[:_HEAD]
    status = reports.status_in(head)
    soft = status.startswith("4") or verdicts.of_refusal(None, head) is not verdicts.Verdict.HARD
    return Finding(
        MailClass.BOUNCE,
        reason,
        bounce="soft" if soft else "hard",
        status=status,
        diagnostic=" ".join(head.split())[:500],
        recipients=recipients,
    )


def _may_bounce(parsed: Parsed) -> bool:
    """Whether a mail without a report may be a bounce: what a person wrote never is, whatever it quotes."""
    if parsed.headers.keys() & {"x-failed-recipients"}:
        return True
    if phrases.REPLY_SUBJECT.match(parsed.subject) and not _is_daemon(parsed):
        return False
    return _is_daemon(parsed) or (
        (_has_empty_return_path(parsed) or _is_auto_submitted(parsed) or "report" in parsed.mail.get_content_type())
        and bool(phrases.BOUNCE_SUBJECT.search(parsed.subject))
    )


def _is_daemon(parsed: Parsed) -> bool:
    return bool(_DAEMON.match(parsed.sender.partition("@")[0])) or bool(phrases.DAEMON_NAME.search(parsed.sender_name))


def _is_delay(parsed: Parsed) -> bool:
    return bool(phrases.DELAY.search(parsed.subject) or phrases.DELAY.search(parsed.text[:1500]))


def _auto_reply(parsed: Parsed) -> Finding | None:
    kind = parsed.mail.get_content_type()
    report = str(parsed.mail.get_param("report-type", "")).lower()
    if kind == "multipart/report" and "disposition-notification" in report:
        return Finding(MailClass.AUTO_REPLY, "read receipt")
    if _is_auto_submitted(parsed):
        return Finding(MailClass.AUTO_REPLY, "headers")
    if _has_empty_return_path(parsed):
        return Finding(MailClass.AUTO_REPLY, "empty return path")
    if _is_daemon(parsed):
        return Finding(MailClass.AUTO_REPLY, "delivery notice")
    if phrases.AUTO_SUBJECT.search(parsed.subject):
        return Finding(MailClass.AUTO_REPLY, "subject")
    # Rules of Outlook answer without any mark; that they begin with the absence, and until when, gives them away.
    written = quoting.reply_of(parsed)
    if len(written) < 2000 and phrases.AUTO_TEXT.search(written[:250]) and phrases.AUTO_TEXT_TOO.search(written):
        return Finding(MailClass.AUTO_REPLY, "text")
    return None


def _is_auto_submitted(parsed: Parsed) -> bool:
    """Marks of RFC 3834, and those that programs set before it or instead."""
    submitted = parsed.header("auto-submitted").lower().split(";")[0].strip()
    if submitted and submitted != "no":
        return True
    if parsed.headers.keys() & {"x-autoreply", "x-autorespond", "x-autoresponder", "x-autoreply-from", "x-auto-reply"}:
        return True
    if parsed.header("x-auto-response-suppress") and phrases.AUTO_SUBJECT.search(parsed.subject):
        return True
    precedence = parsed.header("precedence").lower()
    return "auto" in precedence or parsed.header("x-precedence").lower() == "auto_reply"


def _has_empty_return_path(parsed: Parsed) -> bool:
    return "return-path" in parsed.headers and parsed.header("return-path").strip() in ("<>", "")


def _is_machine(parsed: Parsed) -> bool:
    return _is_daemon(parsed) or _is_auto_submitted(parsed) or _has_empty_return_path(parsed)
