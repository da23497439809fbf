import threading
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.models import Campaign
from fluenzr.core import ids

keys = st.uuids()


def test_uuid7_rises_and_is_of_version_7() -> None:
    drawn = [ids.uuid7() for _ in range(10_000)]
    assert drawn == sorted(set(drawn))
    assert {(key.version, key.variant) for key in drawn} == {(7, uuid.RFC_4122)}


def test_uuid7_carries_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "_last", 0)
    monkeypatch.setattr(ids.time, "time_ns", lambda: 1_645_557_742_000 * 1_000_000)
    assert str(ids.uuid7())[:15] == "017f22e2-79b0-7"  # the time of the example in RFC 9562, appendix A.6


def test_uuid7_goes_on_when_the_clock_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before = ids.uuid7()
    monkeypatch.setattr(ids.time, "time_ns", lambda: 0)
    assert ids.uuid7() > before


def test_uuid7_is_unique_among_threads() -> None:
    drawn: list[uuid.UUID] = []

    def draw() -> None:
        drawn.extend([ids.uuid7() for _ in range(1000)])

    threads = [threading.Thread(target=draw) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(drawn)) == 8000


@given(keys)
@settings(max_examples=50)
def test_public_id_comes_back(key: uuid.UUID) -> None:
    text = ids.public("cmp", key)
    assert text is not None
    assert len(text) == 26
    assert ids.parse("cmp", text) == key
    assert ids.parse("con", text) is None


@given(keys, keys)
@settings(max_examples=50)
def test_public_ids_sort_as_the_keys_do(one: uuid.UUID, two: uuid.UUID) -> None:
    assert (ids.encode(one) < ids.encode(two)) == (one < two)


@pytest.mark.parametrize(
    "text", ["", "cmp", "cmp_", "cmp_" + "0" * 21, "cmp_" + "0" * 23, "cmp_" + "z" * 22, "cmp_" + "-" * 22, None, 7, []]
)
def test_parse_refuses_what_is_no_id(text: object) -> None:
    assert ids.parse("cmp", text) is None


def test_nothing_has_no_public_id() -> None:
    assert ids.public("cmp", None) is None


def test_model_knows_its_ids() -> None:
    campaign = Campaign(name="One")
    assert campaign.public_id == f"cmp_{ids.encode(campaign.pk)}"
    assert Campaign.key_of(campaign.public_id) == campaign.pk
    assert Campaign.key_of("con_" + ids.encode(campaign.pk)) is None


def test_key_field_keeps_only_its_prefix_in_migrations() -> None:
    assert ids.KeyField(prefix="cmp").deconstruct()[3] == {"prefix": "cmp"}
