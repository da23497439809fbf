"""E-mail addresses: one spelling to keep, one key to compare, one hash to remember."""

import re

import email_validator
from django.conf import settings
from django.utils.translation import gettext as _

from fluenzr.core.crypto import keyed_hash
from fluenzr.core.errors import Invalid

MAX_LENGTH = 254
_PRIVATE = re.compile(r"[@.](?:test|local|localhost)\Z", re.IGNORECASE)
# The library refuses those domains without exception, so they are checked as part of one that it lets pass.
_STAND_IN = ".example"


def normalise(email: str) -> str:
    """Return the address as it is kept: stripped, its domain in lower-case ASCII (IDNA 2008).

    Local parts beyond ASCII are refused, since most servers cannot be told them. Domains of RFC 6761 and 6762 that are
    no use on the internet (`.test`, `.local`, `localhost`) pass only on an installation that may talk to private hosts.

    Raises:
        Invalid: no mail could ever reach it; nothing is looked up.
    """
    address = email.strip()
    stand_in = _STAND_IN if settings.ALLOW_PRIVATE_HOSTS and _PRIVATE.search(address) else ""
    try:
        checked = email_validator.validate_email(
            address + stand_in, check_deliverability=False, allow_smtputf8=False, strict=True
        )
    except email_validator.EmailNotValidError as error:
        raise Invalid(_("Email is not a valid address"), field="email") from error
    kept = (checked.ascii_email or checked.normalized).removesuffix(stand_in)
    if len(kept) > MAX_LENGTH:
        raise Invalid(_("Email is not a valid address"), field="email")
    return kept


def key(email: str) -> str:
    """Return what two spellings of one address have in common; never fails, whatever a foreign header holds."""
    local, at, domain = email.strip().lower().rpartition("@")
    return f"{local}{at}{domain_key(domain)}"


def domain_key(domain: str) -> str:
    """Return a domain in lower-case ASCII, without a leading `@` or a trailing dot; never fails."""
    domain = domain.strip().lower().lstrip("@").rstrip(".")
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return domain


def address_hash(email: str) -> str:
    """Return 64 hex digits that stand for an address, also after the person was erased."""
    return key_hash(key(email))


def domain_hash(domain: str) -> str:
    """Return 64 hex digits that stand for a domain."""
    return key_hash(domain_key(domain))


def key_hash(key: str) -> str:
    """Return 64 hex digits that stand for what `key` or `domain_key` returned."""
    return keyed_hash("suppression", key)


def domains_of(email: str) -> list[str]:
    """Return the domain of an address and the domains it belongs to: `a.b.c` gives `a.b.c` and `b.c`."""
    labels = key(email).rpartition("@")[2].split(".")
    return [".".join(labels[start:]) for start in range(max(1, len(labels) - 1))]
