import pytest
from pytest_django import Settings

from contacts import addresses
from fluenzr.core.errors import Invalid


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (" Jane.Doe@Example.COM ", "Jane.Doe@example.com"),
        ("jane+news@bücher.example", "jane+news@xn--bcher-kva.example"),
        ("o'neil@example.com", "o'neil@example.com"),
    ],
)
def test_normalise_keeps_one_spelling(given: str, kept: str) -> None:
    assert addresses.normalise(given) == kept


@pytest.mark.parametrize(
    "given",
    [
        "",
        "jane",
        "jane@",
        "@example.com",
        "jane@@example.com",
        "jane@exa mple.com",
        "jane@localhost2",
        "a\n@example.com",
        "jané@example.com",
        "a" * 65 + "@example.com",
        "jane@" + "a" * 250 + ".com",
        "jane@example.com\r\nBcc: x@y.org",
    ],
)
def test_normalise_refuses_what_no_mail_reaches(given: str) -> None:
    with pytest.raises(Invalid) as refused:
        addresses.normalise(given)

    assert list(refused.value.details) == ["email"]


@pytest.mark.parametrize(("allowed", "passes"), [(True, True), (False, False)])
def test_reserved_domains_pass_where_private_hosts_do(settings: Settings, allowed: bool, passes: bool) -> None:
    settings.ALLOW_PRIVATE_HOSTS = allowed
    try:
        found = addresses.normalise("jane@mail.test") == "jane@mail.test"
    except Invalid:
        found = False

    assert found is passes


@pytest.mark.parametrize("spelling", ["Jane@Example.com", " jane@EXAMPLE.com ", "jane@example.com."])
def test_key_is_the_same_for_all_spellings(spelling: str) -> None:
    assert addresses.key(spelling) == "jane@example.com"


@pytest.mark.parametrize("rubbish", ["", "@", "<>", "a@\ud800", "x" * 1000])
def test_key_never_fails(rubbish: str) -> None:
    assert isinstance(addresses.key(rubbish), str)


def test_domains_of_stops_before_the_last_label() -> None:
    assert addresses.domains_of("jane@mail.example.com") == ["mail.example.com", "example.com"]
