import hashlib
import hmac

import pytest
from cryptography.fernet import Fernet
from pytest_django import Settings

from fluenzr.core import crypto

PLACE = "mailboxes.account:1:secrets"


def test_sealed_value_comes_back_at_its_place() -> None:
    value = {"smtp": "pass\x00wörd", "n": [1, None, True]}
    token = crypto.seal(value, place=PLACE)
    assert "pass" not in token
    assert crypto.unseal(token, place=PLACE) == value


def test_sealed_value_does_not_open_elsewhere() -> None:
    token = crypto.seal("secret", place=PLACE)
    with pytest.raises(crypto.Unsealable):
        crypto.unseal(token, place="mailboxes.account:2:secrets")


@pytest.mark.parametrize("token", ["", "gAAAAA", "é", "x" * 100])
def test_nonsense_does_not_open(token: str) -> None:
    with pytest.raises(crypto.Unsealable):
        crypto.unseal(token, place=PLACE)


def test_changed_token_does_not_open() -> None:
    token = crypto.seal("secret", place=PLACE)
    changed = token[:50] + ("A" if token[50] != "A" else "B") + token[51:]
    with pytest.raises(crypto.Unsealable):
        crypto.unseal(changed, place=PLACE)


def test_first_key_seals_and_all_open(settings: Settings) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.FLUENZR_ENCRYPTION_KEYS = [old]
    token = crypto.seal("secret", place=PLACE)
    settings.FLUENZR_ENCRYPTION_KEYS = [new, old]
    assert crypto.unseal(token, place=PLACE) == "secret"
    renewed = crypto.reseal(token)
    settings.FLUENZR_ENCRYPTION_KEYS = [new]
    assert crypto.unseal(renewed, place=PLACE) == "secret"
    with pytest.raises(crypto.Unsealable):
        crypto.unseal(token, place=PLACE)
    with pytest.raises(crypto.Unsealable):
        crypto.reseal(token)


def test_keyed_hash_depends_on_purpose_text_and_pepper(settings: Settings) -> None:
    one = crypto.keyed_hash("suppression", "a@b.example")
    others = {crypto.keyed_hash("other", "a@b.example"), crypto.keyed_hash("suppression", "c@b.example")}
    settings.FLUENZR_PEPPER = "another pepper"
    others.add(crypto.keyed_hash("suppression", "a@b.example"))
    assert len(one) == 64
    assert len(others - {one}) == 3


@pytest.mark.parametrize("text", ["", "a@b.example", "é" * 500])
def test_keyed_hash_is_hmac(settings: Settings, text: str) -> None:
    key = hashlib.sha256(b"fluenzr:suppression" + settings.FLUENZR_PEPPER.encode()).digest()
    assert crypto.keyed_hash("suppression", text) == hmac.digest(key, text.encode(), "sha256").hex()
