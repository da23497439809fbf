"""The guard against connections to private hosts."""

import ipaddress
import socket
from typing import Any

import pytest

from fluenzr.core import hosts
from fluenzr.core.errors import Invalid

PRIVATE = """
0.0.0.0 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 168.63.129.16 169.254.169.254 172.16.0.1 192.0.0.8
192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255
:: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 64:ff9b::7f00:1 64:ff9b:1::1 100::1 2001::1 2001:2::1 2001:10::1
2001:db8::1 2002:7f00:1::1 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1
""".split()  # noqa: SIM905
PUBLIC = "1.1.1.1 8.8.8.8 93.184.216.34 168.63.129.17 2606:4700:4700::1111 2a00:1450:4007::1".split()  # noqa: SIM905


@pytest.fixture(autouse=True)
def _guarded(settings: Any) -> None:
    settings.ALLOW_PRIVATE_HOSTS = False


@pytest.mark.parametrize("ip", PRIVATE)
def test_is_public_refuses_what_is_not_on_the_internet(ip: str) -> None:
    assert not hosts.is_public(ipaddress.ip_address(ip))


@pytest.mark.parametrize("ip", PUBLIC)
def test_is_public_passes_the_internet(ip: str) -> None:
    assert hosts.is_public(ipaddress.ip_address(ip))


@pytest.mark.parametrize("host", [*PRIVATE, *[f"[{ip}]" for ip in PRIVATE if ":" in ip]])
def test_check_refuses_private_addresses(host: str) -> None:
    with pytest.raises(Invalid):
        hosts.check(host)


@pytest.mark.parametrize(
    "host",
    """localhost LOCALHOST localhost. intranet
    mail mail.local x.localhost db.internal printer.lan 127.1 0x7f.1 0177.0.0.1
    2130706433 0x7f000001 127.0.0.1. １２７.０.０.１ 127。0。0。1 testserver user@mail.example.com
    mail.example.com:25
    mail.example.com/x -x.example.com x..example.com .example.com *.example.com""".split(),  # noqa: SIM905
)
def test_check_refuses_names_that_are_private_or_none(host: str) -> None:
    with pytest.raises(Invalid):
        hosts.check(host)


@pytest.mark.parametrize(
    "host", ["", " ", "a b.example.com", "a\r\nb.example.com", "a\x00.example.com", "x" * 64 + ".com"]
)
def test_check_refuses_what_is_no_name(host: str) -> None:
    with pytest.raises(Invalid):
        hosts.check(host)


@pytest.mark.parametrize("host", [*PUBLIC, "mail.nowhere.invalid", "bücher.invalid"])
def test_check_passes_public_hosts_and_names_that_do_not_resolve(host: str) -> None:
    hosts.check(host)


def test_check_passes_private_hosts_where_the_installation_allows_them(settings: Any) -> None:
    settings.ALLOW_PRIVATE_HOSTS = True
    hosts.check("localhost")
    hosts.check("127.0.0.1")


def test_connect_reaches_a_server(settings: Any) -> None:
    settings.ALLOW_PRIVATE_HOSTS = True
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with hosts.connect("localhost", port, timeout=2) as client:
            assert client.getpeername() == ("127.0.0.1", port)


def test_connect_refuses_a_private_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(Invalid):
        hosts.connect("127.0.0.1", server.getsockname()[1], timeout=2)
