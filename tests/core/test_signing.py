import base64
import string
import uuid

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st
from pytest_django import Settings

from fluenzr.core import signing
from fluenzr.core.signing import Claim

KEY = uuid.UUID(int=7 << 100)
ALPHABET = string.ascii_letters + string.digits + "-_"


@given(st.uuids(), st.integers(0, 65535))
@limits(max_examples=50)
def test_token_says_what_was_signed(key: uuid.UUID, link: int) -> None:
    token = signing.sign("click", key, link)
    assert signing.verify("click", token) == Claim(key, link)
    assert len(token) == 42
    assert set(token) <= set(ALPHABET)


# Of mails that were sent before tokens were made in one go.
SENT = {
    ("open", 0): "dAAAAHAAAAAAAAAAAAAAAAAAAP8jIafedhwFzKFJzA",
    ("leave", 0): "dAAAAHAAAAAAAAAAAAAAAAAAABjXBKdsVapR6VfTIw",
    ("click", 0): "dAAAAHAAAAAAAAAAAAAAAAAAAPZjy3ME5BAAbnvv6Q",
    ("click", 65535): "dAAAAHAAAAAAAAAAAAAAAAD__3sFWNj2tzRJKXeftQ",
}


def test_tokens_of_mails_that_were_sent_stay_valid(settings: Settings) -> None:
    settings.FLUENZR_TRACKING_KEYS = ["an old key of an installation"]
    assert {(purpose, link): signing.sign(purpose, KEY, link) for purpose, link in SENT} == SENT
    assert [signing.verify(purpose, token) for (purpose, _link), token in SENT.items()] == [
        Claim(KEY, link) for _purpose, link in SENT
    ]


@given(st.uuids(), st.lists(st.tuples(st.sampled_from(["open", "click", "leave"]), st.integers(0, 65535))))
@limits(max_examples=50)
def test_tokens_made_in_one_go_are_those_made_one_by_one(key: uuid.UUID, wanted: list[tuple[str, int]]) -> None:
    assert signing.sign_all(key, wanted) == [signing.sign(purpose, key, link) for purpose, link in wanted]


def test_token_serves_one_purpose() -> None:
    assert signing.verify("click", signing.sign("open", KEY)) is None


def test_every_changed_character_is_refused() -> None:
    token = signing.sign("click", KEY, 3)
    changed = [
        token[:place] + letter + token[place + 1 :]
        for place in range(len(token))
        for letter in ALPHABET
        if letter != token[place]
    ]
    assert [text for text in changed if signing.verify("click", text) is not None] == []


def test_token_has_one_spelling() -> None:
    token = next(token for link in range(200) if "-" in (token := signing.sign("open", KEY, link)) and "_" in token)
    spellings = [token + "=", token + "==", token.replace("-", "+"), token.replace("_", "/"), " " + token, token + "\n"]
    assert [signing.verify("open", spelling) for spelling in spellings] == [None] * 6


@pytest.mark.parametrize("token", ["", "a", "é" * 42, "A" * 42, "\x00" * 42, "A" * 10_000])
def test_nonsense_is_refused(token: str) -> None:
    assert signing.verify("open", token) is None


def test_first_key_signs_and_all_verify(settings: Settings) -> None:
    settings.FLUENZR_TRACKING_KEYS = ["old" * 10]
    token = signing.sign("open", KEY)
    settings.FLUENZR_TRACKING_KEYS = ["new" * 10, "old" * 10]
    assert signing.verify("open", token) == Claim(KEY, 0)
    assert signing.sign("open", KEY) != token
    settings.FLUENZR_TRACKING_KEYS = ["new" * 10]
    assert signing.verify("open", token) is None


def test_key_with_the_same_number_is_no_key(settings: Settings) -> None:
    settings.FLUENZR_TRACKING_KEYS = ["old" * 10]
    token = signing.sign("open", KEY)
    number = base64.urlsafe_b64decode(token + "==")[0]
    twin = next(key for key in map(str, range(5000)) if signing._key_number(key) == number)
    settings.FLUENZR_TRACKING_KEYS = [twin]
    assert signing.verify("open", token) is None
