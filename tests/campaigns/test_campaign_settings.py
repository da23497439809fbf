from typing import Any

import pytest

from campaigns import campaign_settings
from fluenzr.core.errors import Invalid
from fluenzr.workspaces.models import Workspace
from tests.builders import make_campaign

PARIS = Workspace(timezone="Europe/Paris")


def test_defaults_are_the_working_week_from_nine_to_six() -> None:
    assert campaign_settings.defaults(PARIS) == {
        "send_days": ["monday", "tuesday", "wednesday", "thursday", "friday"],
        "send_hours_start": 9,
        "send_hours_end": 18,
        "timezone": "Europe/Paris",
        "max_emails_per_hour": 30,
        "one_per_company": False,
    }


def test_parse_sets_only_what_is_given() -> None:
    assert campaign_settings.parse({"maxEmailsPerHour": 50}, workspace=PARIS) == {"max_emails_per_hour": 50}


def test_parse_puts_days_in_order_and_each_once() -> None:
    days = ["friday", "monday", "friday"]
    assert campaign_settings.parse({"sendDays": days}, workspace=PARIS) == {"send_days": ["monday", "friday"]}


def test_parse_null_means_the_default_but_no_cap_for_the_hourly_one() -> None:
    given = {"timezone": None, "sendHoursStart": None, "maxEmailsPerHour": None}
    found = campaign_settings.parse(given, workspace=PARIS)
    assert found == {"timezone": "Europe/Paris", "send_hours_start": 9, "max_emails_per_hour": None}
    assert campaign_settings.parse(None, workspace=PARIS) == campaign_settings.defaults(PARIS)


def test_parse_takes_a_night_and_a_whole_day() -> None:
    for hours in ({"sendHoursStart": 22, "sendHoursEnd": 6}, {"sendHoursStart": 9, "sendHoursEnd": 9}):
        assert campaign_settings.parse(hours, workspace=PARIS) == {
            "send_hours_start": hours["sendHoursStart"],
            "send_hours_end": hours["sendHoursEnd"],
        }


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sendDays", []),
        ("sendDays", "monday"),
        ("sendDays", ["Monday"]),
        ("sendDays", [{}]),
        ("sendHoursStart", 24),
        ("sendHoursStart", -1),
        ("sendHoursStart", 9.5),
        ("sendHoursStart", "9"),
        ("sendHoursStart", True),
        ("sendHoursEnd", 0),
        ("sendHoursEnd", 25),
        ("timezone", "Mars/Olympus"),
        ("timezone", ["UTC"]),
        ("maxEmailsPerHour", 0),
        ("maxEmailsPerHour", 10**12),
        ("oneConversationPerCompany", 1),
        ("oneConversationPerCompany", "yes"),
        ("speed", 1),
    ],
)
def test_parse_refuses_a_wrong_value_by_its_path(key: str, value: Any) -> None:
    with pytest.raises(Invalid) as error:
        campaign_settings.parse({key: value}, workspace=PARIS)
    assert list(error.value.details) == [f"settings.{key}"]


def test_parse_names_every_wrong_key() -> None:
    with pytest.raises(Invalid) as error:
        campaign_settings.parse({"sendDays": [], "timezone": ""}, workspace=PARIS)
    assert list(error.value.details) == ["settings.sendDays", "settings.timezone"]


@pytest.mark.parametrize("value", [[], "fast", 3])
def test_parse_refuses_what_is_no_object(value: Any) -> None:
    with pytest.raises(Invalid) as error:
        campaign_settings.parse(value, workspace=PARIS)
    assert list(error.value.details) == ["settings"]


def test_document_prints_the_five_keys_of_the_seed_and_ours(workspace: Workspace) -> None:
    assert campaign_settings.document(make_campaign(workspace, timezone="Europe/Paris")) == {
        "sendDays": ["monday", "tuesday", "wednesday", "thursday", "friday"],
        "sendHoursStart": 9,
        "sendHoursEnd": 18,
        "timezone": "Europe/Paris",
        "maxEmailsPerHour": 30,
        "oneConversationPerCompany": False,
    }
