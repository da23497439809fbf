"""Who is asking, when proxies stand in front: trusts forwarded headers only from TRUSTED_PROXIES."""

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED")


def networks(ranges: Sequence[str]) -> list[Network]:
    """The CIDR ranges (or single addresses) as networks; raises ValueError on one that is neither."""
    return [ipaddress.ip_network(text, strict=False) for text in ranges]


def client_address(*, peer: str, forwarded_for: str, trusted: Sequence[Network]) -> str:
    """The nearest address that is no trusted proxy, read from the right: the left end is the client's own claim."""
    hops = [hop.strip() for hop in forwarded_for.split(",") if hop.strip()]
    address = peer
    while hops and _is_trusted(address, trusted):
        address = hops.pop()
    return address


def caller(meta: Mapping[str, Any], *, trusted: Sequence[Network]) -> tuple[str, bool]:
    """Return where a request came from and whether by HTTPS; the middleware below has Django see the same."""
    peer, scheme = meta.get("REMOTE_ADDR", ""), meta.get("wsgi.url_scheme", "")
    if trusted and _is_trusted(peer, trusted):
        scheme = meta.get("HTTP_X_FORWARDED_PROTO", scheme).partition(",")[0].strip()
        peer = client_address(peer=peer, forwarded_for=meta.get("HTTP_X_FORWARDED_FOR", ""), trusted=trusted)
    return peer, scheme == "https"


def _is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(ip in network for network in trusted)


class TrustedProxyMiddleware:
    """Sets REMOTE_ADDR to the client behind trusted proxies, and drops forwarded headers from anyone else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.trusted = networks(settings.TRUSTED_PROXIES)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        meta = request.META
        peer = meta.get("REMOTE_ADDR", "")
        if _is_trusted(peer, self.trusted):
            forwarded_for = meta.get("HTTP_X_FORWARDED_FOR", "")
            meta["REMOTE_ADDR"] = client_address(peer=peer, forwarded_for=forwarded_for, trusted=self.trusted)
        else:
            for name in _FORWARDED:
                meta.pop(name, None)
        return self.get_response(request)
