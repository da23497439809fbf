"""Addresses as mail servers take them."""

import re

_LOCAL = re.compile(r"[\x21-\x3b\x3d\x3f-\x7e]+")
_DOMAIN = re.compile(r"[A-Za-z0-9._:\[\]-]+")
# RFC 5321, 4.5.3.1: octets of the local part, the domain, and the path with its angle brackets.
MAX_LOCAL, MAX_DOMAIN, MAX_PATH = 64, 255, 256


def ascii_address(address: str) -> str:
    """Return the address with its domain in ASCII (IDNA).

    Raises:
        ValueError: it is no address, or none that can stand in an envelope or header as it is.
    """
    local, _at, domain = address.rpartition("@")
    if not domain.isascii():
        domain = domain.encode("idna").decode()  # UnicodeError is a ValueError
    fits = len(local) <= MAX_LOCAL and len(domain) <= MAX_DOMAIN and len(local) + len(domain) + 3 <= MAX_PATH
    if not fits or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        raise ValueError("no mail server takes this address")
    return f"{local}@{domain}"
