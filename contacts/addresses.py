"""E-mail addresses: one spelling to keep, one key to compare, one hash to remember."""

import email_validator
from django.conf import settings
from django.utils.translation import gettext as _

from fluenzr.core.crypto import keyed_hash
from fluenzr.core.errors import Invalid

MAX_LENGTH = 254


def normalise(email: str) -> str:
    """Return the address as it is kept: stripped, its domain in lower-case ASCII (IDNA 2008).

    Local parts beyond ASCII are refused, since most servers cannot be told them. Reserved domains (`.test`, `.local`,
    a bare host name) pass only on an installation that may talk to private hosts.

    Raises:
        Invalid: no mail could ever reach it; nothing is looked up.
    """
    private = settings.ALLOW_PRIVATE_HOSTS
    try:
        checked = email_validator.validate_email(
            email.strip(), check_deliverability=False, allow_smtputf8=False, globally_deliverable=not private
        )
    except email_validator.EmailNotValidError as error:
        raise Invalid(_("Email is not a valid address"), field="email") from error
    address = checked.ascii_email or checked.normalized
    local, _at, domain = address.rpartition("@")
    if len(address) > MAX_LENGTH or not ("." in domain or domain == "localhost"):
        raise Invalid(_("Email is not a valid address"), field="email")
    return f"{local}@{domain.lower()}"


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
    return keyed_hash("suppression", key(email))


def domain_hash(domain: str) -> str:
    """Return 64 hex digits that stand for a domain."""
    return keyed_hash("suppression", domain_key(domain))


def domains_of(email: str) -> list[str]:
    """Return the domain of an address and the domains it belongs to: `a.b.c` gives `a.b.c` and `b.c`."""
    labels = key(email).rpartition("@")[2].split(".")
    return [".".join(labels[start:]) for start in range(max(1, len(labels) - 1))]
