"""Whether domains take mail, asked of a DNS server at the wire."""

from collections.abc import Iterator
from typing import Any

import pytest

from fluenzr.core import exchanges
from tests.dns_servers import SILENCE, Zone, serving


@pytest.fixture
def zone(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Zone]:
    monkeypatch.setattr(exchanges, "_PATIENCE", 0.1)
    exchanges._known.cache_clear()
    exchanges._resolver.cache_clear()
    with serving(Zone()) as zone:
        settings.DNS_SERVERS = [("127.0.0.1", zone.port)]
        yield zone


@pytest.mark.parametrize(
    ("records", "takes_mail"),
    [
        ({"MX": ["10 mx.acme.example."]}, True),
        ({"MX": ["10 mx.acme.example.", "20 mx2.acme.example."], "A": ["192.0.2.1"]}, True),
        ({"A": ["192.0.2.1"]}, True),
        ({"AAAA": ["2001:db8::1"]}, True),
        ({"TXT": ['"v=spf1 -all"']}, False),
        ({"MX": ["0 ."], "A": ["192.0.2.1"]}, False),
        ({}, False),
    ],
    ids=["mx", "several", "address", "address6", "neither", "null-mx", "no-such-domain"],
)
def test_domain_takes_mail_as_the_dns_says(zone: Zone, records: dict[str, list[str]], takes_mail: bool) -> None:
    zone.records = {("acme.example", kind): rows for kind, rows in records.items()}
    assert exchanges.takes_mail("acme.example") is takes_mail


@pytest.mark.parametrize("word", ["SERVFAIL", "REFUSED", SILENCE])
def test_nobody_can_tell_while_the_resolver_has_a_problem_and_it_is_asked_again(zone: Zone, word: str) -> None:
    zone.words["acme.example"] = word
    assert exchanges.takes_mail("acme.example") is None
    zone.words.clear()
    zone.records["acme.example", "MX"] = ["10 mx.acme.example."]
    assert exchanges.takes_mail("acme.example") is True


def test_what_was_learned_is_not_asked_again(zone: Zone) -> None:
    zone.records["acme.example", "MX"] = ["10 mx.acme.example."]
    for _time in range(3):
        assert exchanges.take_mail(["acme.example", "nowhere.example"], seconds=5) == {
            "acme.example": True,
            "nowhere.example": False,
        }
    assert sorted(zone.asked) == [("acme.example", "MX"), ("nowhere.example", "MX")]


def test_a_resolver_that_is_away_is_given_up_soon(zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchanges, "PARALLEL", 4)
    monkeypatch.setattr(exchanges, "_SILENT", 4)
    domains = [f"{number}.example" for number in range(50)]
    zone.words = dict.fromkeys(domains, SILENCE)
    assert exchanges.take_mail(domains, seconds=5) == dict.fromkeys(domains)
    assert len({name for name, _kind in zone.asked}) < len(domains)


def test_time_that_is_over_leaves_the_rest_unknown(zone: Zone) -> None:
    zone.records["quick.example", "MX"] = ["10 mx.acme.example."]
    zone.words["slow.example"] = SILENCE
    assert exchanges.take_mail(["quick.example", "slow.example"], seconds=0.05)["slow.example"] is None


def test_installation_without_resolver_knows_nothing(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_args: object, **_options: object) -> None:
        raise exchanges.dns.resolver.NoResolverConfiguration

    exchanges._resolver.cache_clear()
    monkeypatch.setattr(exchanges.dns.resolver, "Resolver", missing)
    settings.DNS_SERVERS = []
    assert exchanges.takes_mail("unheard-of.example") is None
