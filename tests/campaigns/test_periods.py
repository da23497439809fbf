from datetime import UTC, datetime

import pytest

from campaigns import periods
from campaigns.periods import Period
from fluenzr.core.errors import Invalid


def test_parse_takes_dates_as_whole_local_days() -> None:
    found = periods.parse(since="2025-01-16", until="2025-01-16", zone="Europe/Paris")
    assert found == Period(datetime(2025, 1, 15, 23, tzinfo=UTC), datetime(2025, 1, 16, 23, tzinfo=UTC))


def test_parse_takes_instants_of_any_offset() -> None:
    found = periods.parse(since="2025-01-16T10:00:00+02:00", until="2025-01-16T08:00:30Z", zone="Europe/Paris")
    assert found == Period(datetime(2025, 1, 16, 8, tzinfo=UTC), datetime(2025, 1, 16, 8, 0, 31, tzinfo=UTC))


def test_parse_leaves_a_missing_side_open() -> None:
    assert periods.parse(since=None, until=None, zone="UTC") == Period(None, None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2025-02-30",
        "2025-01-16T09:00:00",
        "0001-01-01",
        "9999-12-31",
        "0001-01-01T00:00:00+14:00",
        "16",
    ],
)
def test_parse_refuses_what_is_no_time_with_an_offset(text: str) -> None:
    for sides in ({"since": text, "until": None}, {"since": None, "until": text}):
        with pytest.raises(Invalid) as error:
            periods.parse(zone="UTC", **sides)
        assert list(error.value.details) == ["from" if sides["since"] is not None else "to"]


def test_parse_refuses_an_end_before_the_beginning() -> None:
    with pytest.raises(Invalid) as error:
        periods.parse(since="2025-01-17", until="2025-01-16", zone="UTC")
    assert list(error.value.details) == ["to"]
