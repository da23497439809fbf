"""What a door asks to write about an account, checked and laid onto the row."""

import re
from collections.abc import Mapping
from typing import Any, TypedDict

from django.utils.translation import gettext as _

from contacts import addresses
from fluenzr.core import clock, hosts
from fluenzr.core.errors import Invalid
from fluenzr.mailboxes import presets
from fluenzr.mailboxes.enums import Channel, Encryption, Provider
from fluenzr.mailboxes.models import Account
from fluenzr.mailboxes.transports import providers

MAX_SIGNATURE = 20_000
MAX_LIMIT = 1_000_000
PLAYS = ("", "lively")


class Door(TypedDict, total=False):
    """A server and a login; `folder` is for IMAP. The password goes in and never comes out."""

    host: str
    port: int | None
    username: str
    password: str
    encryption: str
    folder: str


class Draft(TypedDict, total=False):
    """The values of an account by the product's names; what is absent stays, None clears."""

    email: str
    displayName: str | None
    provider: str
    smtp: Door
    imap: Door | None
    dailyLimit: int | None
    hourlyLimit: int | None
    minGapSeconds: int | None
    signature: str | None
    timezone: str | None
    sandboxPlay: str | None


Problems = dict[str, list[Any]]

# The product's name, the column, and the longest text.
_TEXTS = (("displayName", "display_name", 200), ("signature", "signature", MAX_SIGNATURE))
_LIMITS = (("dailyLimit", "daily_limit"), ("hourlyLimit", "hourly_limit"))
_DOOR_TEXTS = (("host", 253), ("username", 254), ("folder", 200))
# A change of one of these is a new door: what was said of the old one no longer counts.
DOOR_FIELDS = frozenset(
    {f"{kind}_{name}" for kind in ("smtp", "imap") for name in ("host", "port", "username", "encryption")}
    | {"imap_folder", "sealed_secrets", "email"}
)


def lay(draft: Draft, account: Account) -> dict[str, tuple[Any, Any]]:
    """Write what a draft gives onto the account in memory; return the columns that changed with old and new value.

    Of secrets only that they changed is returned.

    Raises:
        Invalid: by path, everything that does not fit; the account must then not be saved.
    """
    before = {field.attname: getattr(account, field.attname) for field in account._meta.concrete_fields}
    problems: Problems = {}
    for step in (_identity, _texts, _numbers, _servers):
        step(draft, account, problems)
    if problems:
        raise Invalid(next(iter(problems.values()))[0], details=problems)
    changes = {name: (old, getattr(account, name)) for name, old in before.items() if getattr(account, name) != old}
    if "sealed_secrets" in changes:
        changes["sealed_secrets"] = ("", "")
    return changes


def _identity(draft: Draft, account: Account, problems: Problems) -> None:
    if "email" in draft:
        try:
            account.email = addresses.normalise(draft["email"])
        except Invalid as error:
            problems["email"] = [error.message]
    provider = draft.get("provider", account.provider)
    if provider not in providers():
        problems["provider"] = [_("There is no such provider")]
    elif not account._state.adding and provider != account.provider:
        problems["provider"] = [_("The provider of an account cannot change; add another account")]
    else:
        account.provider = provider
        account.channel = Channel.SANDBOX if provider == Provider.SANDBOX else Channel.EMAIL


def _texts(draft: Draft, account: Account, problems: Problems) -> None:
    for name, column, longest in _TEXTS:
        if name not in draft:
            continue
        text = str(draft.get(name) or "").strip()
        if len(text) > longest:
            problems[name] = [_("At most %(limit)d characters") % {"limit": longest}]
        elif "\x00" in text or (name == "displayName" and re.search(r"[\x00-\x1f\x7f\u2028\u2029]", text)):
            problems[name] = [_("Must be one line of text")]
        else:
            setattr(account, column, text)
    zone = draft.get("timezone")
    if zone and zone not in clock.zone_names():
        problems["timezone"] = [_("There is no such time zone")]
    elif "timezone" in draft:
        account.timezone = zone or ""
    play = draft.get("sandboxPlay") or ""
    if play not in PLAYS or (play and account.provider != Provider.SANDBOX):
        problems["sandboxPlay"] = [_("Only a sandbox plays, and it is “lively” or nothing")]
    elif "sandboxPlay" in draft:
        account.sandbox_play = play


def _numbers(draft: Draft, account: Account, problems: Problems) -> None:
    for name, column in _LIMITS:
        if name not in draft:
            continue
        limit: Any = draft.get(name)
        if limit is not None and not 1 <= limit <= MAX_LIMIT:
            problems[name] = [_("Must be between 1 and %(limit)d, or null for no limit") % {"limit": MAX_LIMIT}]
        else:
            setattr(account, column, limit)
    gap = draft.get("minGapSeconds") or 0
    if not 0 <= gap <= 86_400:
        problems["minGapSeconds"] = [_("Must be between 0 and 86400")]
    elif "minGapSeconds" in draft:
        account.min_gap_seconds = gap


def _servers(draft: Draft, account: Account, problems: Problems) -> None:
    if account.provider == Provider.SANDBOX:
        problems |= {name: [_("A sandbox has no server")] for name in ("smtp", "imap") if draft.get(name)}
        return
    secrets = account.secrets()
    kept = dict(secrets)
    # Who has an address at a provider of mailboxes may send by a relay all the same.
    preset = presets.of_domain(account.domain) if account.provider == Provider.SMTP else None
    if preset is not None and account._state.adding and not (draft.get("smtp") or {}).get("host"):
        account.smtp_host, account.smtp_port = preset.smtp_host, preset.smtp_port
        account.smtp_encryption = preset.smtp_encryption
    _lay_door("smtp", draft.get("smtp") or {}, account, secrets, problems)
    if "imap" in draft and not draft["imap"]:
        account.imap_host, account.imap_port, account.imap_username = "", None, ""
        secrets.pop("imap", None)
    else:
        _lay_door("imap", draft.get("imap") or {}, account, secrets, problems)
    if not account.smtp_host and "smtp.host" not in problems:
        problems["smtp.host"] = [_("Host is required")]
    if secrets.get("smtp") and not account.smtp_username:
        account.smtp_username = account.email
    if account.provider == Provider.RELAY and account.imap_host:
        # The login of a relay opens no mailbox, and is not for the mailbox's server to hear.
        account.imap_username = account.imap_username or account.email
        if not secrets.get("imap"):
            problems.setdefault("imap.password", [_("The mailbox needs a password of its own")])
    if secrets != kept:
        account.seal_secrets(secrets)


def _lay_door(
    kind: str, door: Mapping[str, Any], account: Account, secrets: dict[str, str], problems: Problems
) -> None:
    host = getattr(account, f"{kind}_host")
    for name, longest in _DOOR_TEXTS:
        if name not in door or (name == "folder" and kind == "smtp"):
            continue
        text = str(door[name] or "").strip()
        if len(text) > longest or re.search(r"[\x00-\x1f\x7f]", text):
            problems[f"{kind}.{name}"] = [_("Must be one line of at most %(limit)d characters") % {"limit": longest}]
        else:
            setattr(account, f"{kind}_{name}", text)
    if door.get("host") and f"{kind}.host" not in problems:
        _check_host(kind, str(door["host"]), problems)
    port = door.get("port")
    if port is not None and not 1 <= port <= 65_535:
        problems[f"{kind}.port"] = [_("Must be between 1 and 65535")]
    elif "port" in door:
        setattr(account, f"{kind}_port", port)
    if "encryption" in door:
        if door["encryption"] in Encryption.values:
            setattr(account, f"{kind}_encryption", door["encryption"])
        else:
            problems[f"{kind}.encryption"] = [_("Must be one of %(names)s") % {"names": ", ".join(Encryption.values)}]
    if "password" in door:
        secrets[kind] = str(door["password"] or "")
        if not secrets[kind]:
            del secrets[kind]
    elif secrets.get(kind) and host and host != getattr(account, f"{kind}_host"):
        # Else whoever may edit the account could have its password sent to a server of theirs.
        problems[f"{kind}.password"] = [_("The server changed: enter the password again")]


def _check_host(kind: str, host: str, problems: Problems) -> None:
    try:
        hosts.check(host)
    except Invalid as error:
        problems[f"{kind}.host"] = [error.message]
