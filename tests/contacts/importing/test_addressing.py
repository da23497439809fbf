import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contacts import addresses
from contacts.importing import addressing
from fluenzr.core.errors import Invalid

LETTERS = "abzAZ019._+-@ \t'\"é"
LOCALS = st.text(alphabet="abcXYZ019._+-", min_size=1, max_size=70)
LABELS = st.text(alphabet="abcXYZ019-", min_size=1, max_size=66)
TLDS = st.sampled_from(["com", "Org", "museum", "test", "local", "localhost", "arpa", "onion", "invalid", "c0m", "x"])
LIKELY = st.builds(
    lambda local, labels, tld: f"{local}@{'.'.join([*labels, tld])}", LOCALS, st.lists(LABELS, max_size=4), TLDS
)


@settings(max_examples=500, deadline=None)
@given(st.one_of(LIKELY, st.text(alphabet=LETTERS, max_size=40)))
@example("ada@example.com")
@example("a@b.c-d.org")
@example("a@xn--nxasmq6b.com")
@example("a.@example.com")
@example("a@-example.com")
@example("a@example.localhost")
def test_quick_way_takes_only_what_the_library_takes_and_says_the_same(text: str) -> None:
    try:
        slow = addresses.normalise(text)
    except Invalid:
        with pytest.raises(Invalid):
            addressing.normalise(text)
        return
    assert addressing.normalise(text) == (slow, addresses.key(slow))


def test_most_addresses_take_the_quick_way() -> None:
    usual = ("ada@example.com", "ada.lovelace+fair@mail.analytical-engines.co.uk", "A_B-c.9@x1.museum")
    assert [address for address in usual if not addressing._PLAIN.fullmatch(address)] == []


@pytest.mark.parametrize("local", ["info", "sales", "no-reply", "contact2", "rgpd+site"])
def test_role_addresses_are_known(local: str) -> None:
    assert addressing.is_role(local)


@pytest.mark.parametrize("local", ["ada", "informatica.ada", "mailer.jane"])
def test_people_are_no_roles(local: str) -> None:
    assert not addressing.is_role(local)


def test_disposable_domains_are_known_with_what_is_under_them() -> None:
    domains = ("yopmail.com", "a.b.yopmail.com", "notyopmail.com", "example.com")
    assert [domain for domain in domains if addressing.is_disposable(domain)] == ["yopmail.com", "a.b.yopmail.com"]
