"""Addresses as mail servers take them."""

import pytest

from fluenzr.mailboxes.envelopes import ascii_address


@pytest.mark.parametrize(
    ("address", "ascii_"), [("a@b.example", "a@b.example"), ("a@bücher.example", "a@xn--bcher-kva.example")]
)
def test_ascii_address_puts_the_domain_into_ascii(address: str, ascii_: str) -> None:
    assert ascii_address(address) == ascii_


@pytest.mark.parametrize(
    "address",
    [
        "é@b.example",
        "a",
        "a b@c.d",
        "a@b\r\nBcc: x@y.z",
        "a@b>c",
        "a\x00@b.c",
        "<a@b.c",
        "x" * 65 + "@b.c",
        "a@" + "b" * 300,
    ],
)
def test_ascii_address_refuses_what_no_header_can_hold(address: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - its subclasses too
        ascii_address(address)
