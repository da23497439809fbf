"""Reads new mails of an account, raw: over IMAP, or out of the sandbox. It marks nothing as read and deletes nothing.

How far a mailbox was read is (UIDVALIDITY, UID) on the account (RFC 3501, section 2.3.1.1); the caller moves it, mail
by mail, in the transaction in which it understood the mail.
"""

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import LoginError

from fluenzr.core import hosts
from fluenzr.core.errors import Invalid
from fluenzr.mailboxes.enums import Encryption, Provider
from fluenzr.mailboxes.models import Account, SandboxReply

CONNECT_SECONDS = 10
READ_SECONDS = 30
LEAVE_SECONDS = 3
# What one visit takes at most; the rest comes with the next.
MAILS = 200
AT_ONCE = 50
# Of a larger mail only the beginning is read: headers and text stand there.
MAX_BYTES = 20 * 1024 * 1024
# After a new UIDVALIDITY all numbers are new; mails this much older than the last visit are looked at again.
OVERLAP = timedelta(days=2)
SANDBOX_VALIDITY = 1


class MailboxDown(Exception):
    """The mailbox cannot be read now. `kind` is `connect`, `tls`, `auth` or `protocol`; `text` the server's words."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(f"{kind}: {text}")
        self.kind = kind
        self.text = text


@dataclass(frozen=True)
class Fetched:
    """One raw mail; `received_at` is when its server took it (UTC)."""

    uid: int
    content: bytes
    received_at: datetime


@dataclass(frozen=True)
class Visit:
    """What a mailbox has that was not read: `mails` in ascending order of UID, fetched as they are iterated.

    Once all of them were taken, everything up to `up_to` has been read. `has_more`: the next visit finds more.
    """

    uid_validity: int
    up_to: int
    has_more: bool
    mails: Iterator[Fetched]


@contextmanager
def visit(account: Account) -> Iterator[Visit]:
    """Open the account's inbox and yield what is new in it.

    Raises:
        MailboxDown: on entering, or while `mails` is iterated; what was yielded before is good.
    """
    if account.provider == Provider.SANDBOX:
        yield _sandbox_visit(account)
        return
    with _translated():
        client = _signed_in(account)
    try:
        with _translated():
            opened = _imap_visit(client, account)
        yield opened
    finally:
        _leave(client)


def probe(account: Account) -> None:
    """Connect, sign in and open the folder, and read nothing.

    Raises:
        MailboxDown: it did not work; says at what.
    """
    with _translated():
        client = _signed_in(account)
    try:
        with _translated():
            client.select_folder(account.imap_folder, readonly=True)
    finally:
        _leave(client)


def _sandbox_visit(account: Account) -> Visit:
    rows = SandboxReply.objects.filter(account=account, pk__gt=account.last_uid).order_by("pk")
    replies = list(rows[: MAILS + 1])
    taken = replies[:MAILS]
    return Visit(
        uid_validity=SANDBOX_VALIDITY,
        up_to=taken[-1].pk if taken else account.last_uid,
        has_more=len(replies) > MAILS,
        mails=(Fetched(reply.pk, bytes(reply.raw), reply.received_at) for reply in taken),
    )


class _Connection(imaplib.IMAP4):
    """Connects only where `core.hosts` allows, and to the very address that it checked."""

    def __init__(self, host: str, port: int, *, secure: bool) -> None:
        self._secure = secure
        super().__init__(host, port, timeout=CONNECT_SECONDS)

    def _create_socket(self, timeout: float | None) -> Any:
        sock = hosts.connect(self.host, self.port, timeout=timeout or CONNECT_SECONDS)
        sock.settimeout(READ_SECONDS)
        if not self._secure:
            return sock
        try:
            return ssl.create_default_context().wrap_socket(sock, server_hostname=self.host)
        except BaseException:
            sock.close()
            raise


class _Client(IMAPClient):  # type: ignore[misc]
    """IMAPClient over our own connection."""

    def _create_IMAP4(self) -> imaplib.IMAP4:  # noqa: N802 - the library's name
        return _Connection(self.host, self.port, secure=self.ssl)


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what the libraries and the network raise into `MailboxDown`."""
    try:
        yield
    except LoginError as error:
        raise MailboxDown("auth", _words(error)) from error
    except Invalid as error:
        raise MailboxDown("connect", str(error)) from error
    except ssl.SSLError as error:
        raise MailboxDown("tls", getattr(error, "verify_message", "") or str(error)) from error
    except (OSError, imaplib.IMAP4.abort, EOFError) as error:
        raise MailboxDown("connect", _words(error)) from error
    except (imaplib.IMAP4.error, ValueError, LookupError, AssertionError) as error:
        raise MailboxDown("protocol", _words(error)) from error


def _words(error: Exception) -> str:
    """Return what a server said; the standard library hands its bytes on as they are printed."""
    text = re.sub(r"^b(['\"])(.*)\1$", r"\2", str(error), flags=re.DOTALL)
    return text or type(error).__name__


def _signed_in(account: Account) -> IMAPClient:
    is_ssl = account.imap_encryption == Encryption.SSL
    port = account.imap_port or (993 if is_ssl else 143)
    timeout = SocketTimeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
    client = _Client(account.imap_host, port=port, ssl=is_ssl, timeout=timeout)
    try:
        if account.imap_encryption == Encryption.TLS:
            client.starttls(ssl.create_default_context())
        secrets = account.secrets()
        user = account.imap_username or account.smtp_username or account.email
        client.login(user, secrets.get("imap") or secrets.get("smtp", ""))
        client.normalise_times = False
    except BaseException:
        _leave(client)
        raise
    return client


def _leave(client: IMAPClient) -> None:
    """Say good-bye and close; whatever that meets does not matter."""
    try:
        client.socket().settimeout(LEAVE_SECONDS)
        client.logout()
    except (OSError, imaplib.IMAP4.error, EOFError, ValueError):
        with suppress(OSError, ValueError):
            client.shutdown()


def _imap_visit(client: IMAPClient, account: Account) -> Visit:
    folder = client.select_folder(account.imap_folder, readonly=True)
    validity = int(folder[b"UIDVALIDITY"])
    since: datetime | None = None
    if validity == account.uid_validity:
        # `n:*` always names the last mail, also when its number is lower (RFC 3501, section 6.4.8).
        uids = [uid for uid in client.search(["UID", f"{account.last_uid + 1}:*"]) if uid > account.last_uid]
    else:
        since = _since(account)
        uids = client.search(["SINCE", (since - timedelta(days=1)).date()])
    uids = sorted(uids)
    taken = uids[:MAILS]
    has_more = len(uids) > MAILS
    end = taken[-1] if has_more else max([int(folder.get(b"UIDNEXT", 1)) - 1, *taken])
    return Visit(validity, end, has_more, _mails(client, taken, since))


def _since(account: Account) -> datetime:
    """Return from when on mails matter in a mailbox whose numbers are new to us: never from before it was connected."""
    connected = account.created_at.replace(microsecond=0)
    if account.uid_validity is None or account.last_polled_at is None:
        return connected
    return max(connected, account.last_polled_at - OVERLAP)


def _mails(client: IMAPClient, uids: Sequence[int], since: datetime | None) -> Iterator[Fetched]:
    for start in range(0, len(uids), AT_ONCE):
        chunk = uids[start : start + AT_ONCE]
        with _translated():
            known = client.fetch(chunk, ["RFC822.SIZE", "INTERNALDATE"])
        for uid in chunk:
            if uid not in known:
                continue  # deleted meanwhile
            received_at = known[uid][b"INTERNALDATE"].astimezone(UTC)
            if since is not None and received_at < since:
                continue
            with _translated():
                content = _content(client, uid, known[uid].get(b"RFC822.SIZE", 0))
            if content is not None:
                yield Fetched(uid, content, received_at)


def _content(client: IMAPClient, uid: int, size: int) -> bytes | None:
    item = f"BODY.PEEK[]<0.{MAX_BYTES}>" if size > MAX_BYTES else "BODY.PEEK[]"
    answer: dict[bytes, Any] = client.fetch([uid], [item]).get(uid, {})
    content: bytes | None = answer.get(b"BODY[]") or answer.get(b"BODY[]<0>")
    return content
