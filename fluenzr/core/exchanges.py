"""Whether domains take mail, as the DNS says (RFC 5321 section 5.1, RFC 7505). No mail server is asked."""

import time
from collections.abc import Iterable
from concurrent import futures
from functools import lru_cache

import dns.exception
import dns.name
import dns.nameserver
import dns.resolver
from django.conf import settings

PARALLEL = 32
# A question is given up after so many seconds.
_PATIENCE = 1.5
# So many in a row without any answer mean that the resolver is away, and the others are not asked.
_SILENT = 2 * PARALLEL
_REMEMBERED = 50_000
_HOUR = 3600


def take_mail(domains: Iterable[str], *, seconds: float) -> dict[str, bool | None]:
    """Return for each domain whether it takes mail: False when it does not exist, or says so; None: nobody could tell.

    Never fails: what is not answered within `seconds`, by a resolver that is away or has an error, is None.
    """
    found: dict[str, bool | None] = dict.fromkeys(domains)
    with futures.ThreadPoolExecutor(PARALLEL) as pool:
        asked = {pool.submit(takes_mail, domain): domain for domain in found}
        silent = 0
        try:
            for one in futures.as_completed(asked, timeout=seconds):
                answer = found[asked[one]] = one.result()
                silent = silent + 1 if answer is None else 0
                if silent == _SILENT:
                    break
        except TimeoutError:
            pass
        # Those under way end by their own patience.
        pool.shutdown(wait=False, cancel_futures=True)
    return found


def takes_mail(domain: str) -> bool | None:
    """Return whether one domain takes mail, None when nobody could tell; what was learned is known for an hour."""
    try:
        return _known(domain, tuple(settings.DNS_SERVERS), int(time.monotonic() // _HOUR))
    except (dns.exception.DNSException, OSError):
        return None


@lru_cache(maxsize=_REMEMBERED)
def _known(domain: str, servers: tuple[tuple[str, int], ...], _hour: int) -> bool:
    """Return the answer; errors are raised, and so not remembered."""
    resolver, name = _resolver(servers), dns.name.from_text(domain)
    try:
        found = resolver.resolve(name, "MX", raise_on_no_answer=False)
        if found.rrset is not None:
            # A single "." says that the domain takes no mail.
            return any(one.exchange != dns.name.root for one in found)
        kinds = (resolver.resolve(name, kind, raise_on_no_answer=False).rrset for kind in ("A", "AAAA"))
        return any(rows is not None for rows in kinds)
    except dns.resolver.NXDOMAIN:
        return False


@lru_cache(maxsize=1)
def _resolver(servers: tuple[tuple[str, int], ...]) -> dns.resolver.Resolver:
    resolver = dns.resolver.Resolver(configure=not servers)
    if servers:
        resolver.nameservers = [dns.nameserver.Do53Nameserver(address, port) for address, port in servers]
    resolver.timeout = resolver.lifetime = _PATIENCE
    return resolver
