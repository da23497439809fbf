"""Which hosts of users we connect to: only public ones, unless the installation allows private addresses.

A user names the hosts of mail servers and webhooks, so each name is resolved here, every address it has must be public,
and the connection goes to the very address that was checked: a name that changes in between (DNS rebinding) gains
nothing. Rules of reliability.md, section 4.
"""

import ipaddress
import re
import socket
import time
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from fluenzr.core.errors import Invalid

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

# Names that only a private network knows (RFC 6761, RFC 6762, RFC 8375, and what clouds use).
PRIVATE_SUFFIXES = (".local", ".localhost", ".internal", ".intranet", ".lan", ".home.arpa", ".corp", ".home")
# Not global, though Python 3.11 thinks so, or public addresses behind which a cloud keeps its secrets.
DENIED_V4 = tuple(
    ipaddress.IPv4Network(net)
    for net in ("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "168.63.129.16/32")
)
# All public IPv6 lies in 2000::/3; out of it go tunnels to IPv4 and the ranges of protocols and documentation.
GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
DENIED_V6 = tuple(ipaddress.IPv6Network(net) for net in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))+", re.ASCII)


class Address(NamedTuple):
    """A resolved, checked address to connect to."""

    family: socket.AddressFamily
    ip: str
    port: int


def is_public(ip: IPAddress) -> bool:
    """Whether the address is one of the public internet."""
    if ip.is_multicast or not ip.is_global:
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in net for net in DENIED_V4)
    return ip in GLOBAL_V6 and not any(ip in net for net in DENIED_V6)


def check(host: str) -> None:
    """Refuse a host that must not be connected to, as far as its name and its present addresses tell.

    A name that does not resolve now passes: whoever connects will say so.

    Raises:
        Invalid: the name is malformed, private or our own, or one of its addresses is not public.
    """
    try:
        addresses(host, 0)
    except OSError:
        return


def addresses(host: str, port: int) -> list[Address]:
    """Resolve a host and return all of its addresses, every one of them checked.

    Raises:
        Invalid: see `check`.
        OSError: the name does not resolve.
    """
    name = _spelled(host)
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    resolved = [Address(family, str(sockaddr[0]), port) for family, _kind, _proto, _canonical, sockaddr in found]
    if not settings.ALLOW_PRIVATE_HOSTS:
        for address in resolved:
            _check_ip(ipaddress.ip_address(address.ip.partition("%")[0]))
    return resolved


def connect(host: str, port: int, *, timeout: float) -> socket.socket:
    """Open a TCP connection to a checked address of the host, trying each within `timeout` seconds in all.

    Raises:
        Invalid: see `check`.
        OSError: the name does not resolve, or no address answers.
    """
    deadline = time.monotonic() + timeout
    failure: OSError = OSError(f"{host} has no address")
    for address in addresses(host, port):
        try:
            return _connect(address, timeout=max(0.1, deadline - time.monotonic()))
        except OSError as error:
            failure = error
    raise failure


def _connect(address: Address, *, timeout: float) -> socket.socket:
    sock = socket.socket(address.family, socket.SOCK_STREAM)
    try:
        sock.settimeout(timeout)
        sock.connect((address.ip, address.port))
    except OSError:
        sock.close()
        raise
    return sock


def _spelled(host: str) -> str:
    """Return the host in lower case and ASCII; refuses what is no full host name or address."""
    name = host.strip().rstrip(".").lower()
    if name.startswith("[") and name.endswith("]"):
        name = name[1:-1]
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return _checked_name(name)
    return name


def _checked_name(name: str) -> str:
    try:
        name = name.encode("idna").decode()
    except UnicodeError:
        raise Invalid(_("This is not the name of a host.")) from None
    if settings.ALLOW_PRIVATE_HOSTS:
        if not re.fullmatch(r"[a-z0-9_.-]{1,253}", name, re.ASCII):
            raise Invalid(_("This is not the name of a host."))
        return name
    # A last label of digits only makes resolvers read the whole as an IPv4 address (`127.1`, `0x7f.1`, `2130706433`).
    if not _NAME.fullmatch(name) or len(name) > 253 or re.fullmatch(r"(0x[0-9a-f]*|\d+)", name.rpartition(".")[2]):
        raise Invalid(_("This is not the full name of a host."))
    if name.endswith(PRIVATE_SUFFIXES) or name in _own_names():
        raise Invalid(_("This host is private; connections to private hosts are not allowed here."))
    return name


def _own_names() -> set[str]:
    return {(urlsplit(url).hostname or "").lower() for url in (settings.SITE_URL, settings.TRACKING_URL)}


def _check_ip(ip: IPAddress) -> None:
    if not is_public(ip):
        raise Invalid(_("This host has a private address; connections to private hosts are not allowed here."))
