import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from campaigns import nodes
from campaigns.nodes import registry
from campaigns.nodes.base import Facts, Go, Mail, Outcome, Send, Step, Stop, WaitUntil
from campaigns.nodes.condition import Condition, compare
from campaigns.nodes.delay import Delay
from campaigns.nodes.email import Email
from tests.builders import NOW

DAY = timedelta(days=1)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def mail(node: str = "mail_1", state: str = "sent", at: datetime = NOW, **fields: Any) -> Mail:
    return Mail(node, state, at, state in ("sent", "uncertain", "failed"), **fields)


def ask(*mails: Mail, now: datetime = NOW + DAY, entered: datetime = NOW, facts: Any = None, **data: Any) -> Outcome:
    cleaned, problems = Condition.clean(data)
    assert problems == {}
    return Condition.run(Step("ask", cleaned, entered, facts or Facts(mails=mails), "UTC", now))


def test_registry_finds_every_file() -> None:
    assert set(registry.kinds()) == {"start", "email", "delay", "condition", "end"}


def test_registry_refuses_two_files_of_one_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "from campaigns.nodes.base import NodeKind\nclass Twin(NodeKind):\n    kind = 'email'\n"
    (tmp_path / "twin.py").write_text(text)
    monkeypatch.setattr(nodes, "__path__", [*nodes.__path__, str(tmp_path)])
    registry.kinds.cache_clear()
    try:
        with pytest.raises(ImproperlyConfigured, match="Two node types call themselves 'email'"):
            registry.kinds()
    finally:
        registry.kinds.cache_clear()
        sys.modules.pop("campaigns.nodes.twin", None)


def test_registry_refuses_unknown_kinds() -> None:
    with pytest.raises(ImproperlyConfigured):
        registry.kind("teleport")


@pytest.mark.parametrize(
    ("state", "outcome"),
    [("sent", Go(at=NOW)), ("cancelled", Send()), ("failed", Stop("error", "The mail could not be sent."))],
)
def test_email_goes_on_from_its_mail(state: str, outcome: Outcome) -> None:
    assert Email.run(Step("mail_1", {}, NOW, Facts(mails=(mail(state=state),)), "UTC", NOW + DAY)) == outcome


def test_email_without_a_mail_sends() -> None:
    assert Email.run(Step("mail_1", {}, NOW, Facts(mails=(mail("mail_0"),)), "UTC", NOW)) == Send()


@pytest.mark.parametrize("state", ["queued", "claimed", "sending"])
def test_email_waits_for_a_mail_on_its_way(state: str) -> None:
    outcome = Email.run(Step("mail_1", {}, NOW, Facts(mails=(mail(state=state),)), "UTC", NOW))
    assert isinstance(outcome, WaitUntil)


def test_doubt_holds_the_journey_for_a_while(settings: Settings) -> None:
    settings.FLUENZR_DOUBT_SECONDS = 3600
    step = Step("mail_1", {}, NOW, Facts(mails=(mail(state="uncertain"),)), "UTC", NOW + timedelta(seconds=3599))
    outcome = Email.run(step)
    assert isinstance(outcome, WaitUntil)
    assert outcome.at == NOW + timedelta(hours=1)
    later = Step("mail_1", {}, NOW, step.facts, "UTC", NOW + timedelta(hours=1))
    assert Email.run(later) == Go(at=NOW)


@pytest.mark.parametrize(
    ("data", "zone", "start", "end"),
    [
        ({"days": 3}, "Europe/Paris", utc(2026, 3, 27, 10), utc(2026, 3, 30, 10)),
        ({"days": 1, "hours": 2, "minutes": 3}, "UTC", utc(2026, 3, 2, 10), utc(2026, 3, 3, 12, 3)),
        ({"days": 3, "businessDays": True}, "UTC", utc(2026, 3, 6, 10), utc(2026, 3, 11, 10)),
        ({"days": 1, "businessDays": True}, "UTC", utc(2026, 3, 7, 10), utc(2026, 3, 10, 0)),
        ({"days": 1, "hours": 1, "businessDays": True}, "UTC", utc(2026, 3, 6, 10), utc(2026, 3, 9, 11)),
        # The local time stays over the change of clocks of 29 March.
        ({"days": 1, "businessDays": True}, "Europe/Paris", utc(2026, 3, 27, 9), utc(2026, 3, 30, 8)),
    ],
)
def test_delay_ends(data: dict[str, Any], zone: str, start: datetime, end: datetime) -> None:
    cleaned, _problems = Delay.clean(data)
    waiting = Delay.run(Step("wait", cleaned, start, Facts(), zone, end - timedelta(seconds=1)))
    assert isinstance(waiting, WaitUntil)
    assert waiting.at == end
    assert Delay.run(Step("wait", cleaned, start, Facts(), zone, end)) == Go(at=end)


def test_opened_mail_is_yes_from_the_moment_it_was_opened() -> None:
    opened = NOW + timedelta(hours=5)
    assert ask(mail(opened_at=opened), check="opened") == Go("yes", at=opened)
    assert ask(mail(opened_at=opened), entered=NOW + DAY, check="opened") == Go("yes", at=NOW + DAY)


def test_mail_not_opened_is_no_at_once_when_nothing_is_waited_for() -> None:
    assert ask(mail(), entered=NOW + DAY, check="opened") == Go("no", at=NOW + DAY)


def test_condition_waits_until_its_time_is_over_counted_from_the_mail() -> None:
    waiting = ask(mail(), entered=NOW + DAY, now=NOW + DAY, check="opened", withinDays=2)
    assert isinstance(waiting, WaitUntil)
    assert waiting.at == NOW + 2 * DAY
    assert ask(mail(), now=NOW + 2 * DAY, check="opened", withinDays=2) == Go("no", at=NOW + 2 * DAY)
    opened = mail(opened_at=NOW + 2 * DAY)
    assert ask(opened, now=NOW + 3 * DAY, check="opened", withinDays=2) == Go("yes", at=NOW + 2 * DAY)


def test_late_event_never_jumps_back() -> None:
    late = mail(opened_at=NOW + 2 * DAY + timedelta(seconds=1))
    assert ask(late, now=NOW + 3 * DAY, check="opened", withinDays=2) == Go("no", at=NOW + 2 * DAY)


def test_time_over_before_the_condition_was_reached_is_no_at_its_entry() -> None:
    entered = NOW + 5 * DAY
    assert ask(mail(), entered=entered, now=entered, check="opened", withinDays=2) == Go("no", at=entered)


def test_click_on_any_link_or_on_one() -> None:
    at = NOW + timedelta(hours=1)
    clicked = mail(clicked_at=at, clicks={"https://a.example/": at})
    assert ask(clicked, check="clicked") == Go("yes", at=at)
    assert ask(clicked, check="clicked", url="https://a.example/") == Go("yes", at=at)
    assert ask(clicked, check="clicked", url="https://b.example/") == Go("no", at=NOW)


def test_without_tracking_the_answer_is_unknown() -> None:
    untracked = mail(opens_tracked=False, clicks_tracked=False)
    assert ask(untracked, check="opened", withinDays=3) == Go("unknown")
    assert ask(untracked, check="clicked") == Go("unknown")
    assert ask(untracked, check="email_state", state="opened") == Go("unknown")
    assert ask(untracked, check="replied") == Go("no", at=NOW)
    assert ask(mail(opens_tracked=False, opened_at=NOW), check="opened") == Go("yes", at=NOW)


def test_condition_asks_the_mail_before_it_or_the_one_it_names() -> None:
    mails = (mail("mail_1", opened_at=NOW), mail("mail_2"))
    assert ask(*mails, check="opened") == Go("no", at=NOW)
    assert ask(*mails, check="opened", nodeId="mail_1") == Go("yes", at=NOW)
    assert ask(*mails, check="opened", nodeId="mail_9") == Go("no")
    assert ask(check="opened") == Go("no")


@pytest.mark.parametrize(
    ("state", "found", "answer"),
    [
        ("sent", mail(), "yes"),
        ("sent", mail(state="uncertain"), "yes"),
        ("opened", mail(opened_at=NOW), "yes"),
        ("clicked", mail(clicked_at=NOW), "yes"),
        ("replied", mail(replied_at=NOW), "yes"),
        ("bounced", mail(bounced_at=NOW), "yes"),
        ("failed", mail(state="failed"), "yes"),
        ("opened", mail(), "no"),
        ("replied", mail(), "no"),
        ("bounced", mail(), "no"),
        ("failed", mail(), "no"),
    ],
)
def test_state_of_the_mail(state: str, found: Mail, answer: str) -> None:
    assert ask(found, check="email_state", state=state) == Go(answer, at=NOW)


@pytest.mark.parametrize(
    ("actual", "operator", "expected", "answer"),
    [
        ("ACME", "equals", "acme", True),
        (" Acme ", "equals", "Acme", True),
        ("Straße", "equals", "STRASSE", True),
        ("Acme", "not_equals", "acme", False),
        (None, "not_equals", "acme", True),
        (None, "equals", "", True),
        ("Acme Ltd", "contains", "LTD", True),
        ("Acme Ltd", "starts_with", "ltd", False),
        ("", "is_empty", "", True),
        (None, "is_empty", "", True),
        (0, "is_empty", "", False),
        (False, "is_empty", "", False),
        (True, "equals", "true", True),
        (2.5, "equals", "2.50", True),
        (2.5, "not_equals", "2.50", False),
        ("+33", "equals", "33", False),
        (10, "greater", "9", True),
        ("10", "less", "9", False),
        (None, "less", "9", False),
        ("many", "greater", "9", False),
        ("2026-03-02", "greater", "2026-03-01", True),
        ("2026-03-02", "less", "2026-03-02", False),
        ("2026-03-02", "greater", "5", False),
        ("nan", "less", "5", False),
        ("inf", "greater", "5", False),
    ],
)
def test_compare(actual: Any, operator: str, expected: str, answer: bool) -> None:
    assert compare(actual, operator, expected) == answer


def test_field_tag_and_group_are_asked_at_once() -> None:
    known = Facts(fields={"company": "Acme"}, tags=frozenset({"vip"}), groups=frozenset({"grp_1"}))
    asked = [
        {"check": "field", "field": "company", "operator": "equals", "value": "acme"},
        {"check": "field", "field": "jobTitle", "operator": "equals", "value": "acme"},
        {"check": "tag", "tag": "vip"},
        {"check": "tag", "tag": "new"},
        {"check": "group", "groupId": "grp_1"},
        {"check": "group", "groupId": "grp_2"},
    ]
    answers = [ask(facts=known, **data) for data in asked]
    assert answers == [Go("yes"), Go("no")] * 3
