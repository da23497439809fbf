from datetime import timedelta
from typing import Any

from campaigns import graph
from campaigns.journey import STEP_CAP, Journey, advance
from campaigns.nodes.base import Facts, Mail
from tests.builders import NOW, make_email_node, make_workflow

WAIT = {"id": "wait", "type": "delay", "data": {"days": 3}}
THREE_DAYS = timedelta(hours=72)


def move(*steps: dict[str, Any], at: str = "start", entered: Any = NOW, now: Any = NOW, mails: tuple[Mail, ...] = ()):
    workflow = graph.parse(make_workflow(*steps))
    return advance(Journey(at, entered), workflow, Facts(mails=mails), zone="Europe/Paris", now=now)


def sent(node: str, at: Any = NOW) -> Mail:
    return Mail(node, "sent", at, final=True)


def test_journey_comes_to_its_first_mail() -> None:
    result = move(make_email_node())
    assert (result.node, result.phase, result.next_run_at, result.steps) == ("mail_1", "mail", NOW, 1)
    assert result.passed == [("start", "next")]


def test_journey_waits_three_days_from_the_accepted_mail() -> None:
    result = move(make_email_node(), WAIT, at="mail_1", now=NOW + timedelta(hours=1), mails=(sent("mail_1"),))
    assert (result.node, result.phase, result.entered_at) == ("wait", "step", NOW)
    assert result.next_run_at == NOW + THREE_DAYS


def test_lateness_does_not_add_up() -> None:
    steps = (WAIT, {"id": "more", "type": "delay", "data": {"hours": 5}}, make_email_node())
    late = move(*steps, at="wait", now=NOW + THREE_DAYS + timedelta(hours=2))
    assert (late.node, late.next_run_at) == ("more", NOW + THREE_DAYS + timedelta(hours=5))
    later = move(*steps, at="wait", now=NOW + timedelta(days=9))
    assert (later.node, later.phase, later.next_run_at) == ("mail_1", "mail", NOW + THREE_DAYS + timedelta(hours=5))


def test_journey_ends_at_the_end() -> None:
    result = move(make_email_node(), at="mail_1", mails=(sent("mail_1"),))
    assert (result.node, result.status, result.phase, result.next_run_at) == ("end", "completed", "", None)
    assert result.passed == [("mail_1", "next")]


def test_mail_that_failed_ends_the_journey() -> None:
    result = move(make_email_node(), at="mail_1", mails=(Mail("mail_1", "failed", NOW, final=True),))
    assert (result.node, result.status) == ("mail_1", "error")


def test_way_that_leads_nowhere_is_an_error() -> None:
    workflow = graph.parse({"nodes": [{"id": "start", "type": "start"}], "edges": []})
    result = advance(Journey("start", NOW), workflow, Facts(), zone="UTC", now=NOW)
    assert (result.status, str(result.reason)) == ("error", "Nothing follows this node.")


def test_loop_that_no_check_saw_ends() -> None:
    nodes = [{"id": "start", "type": "start"}, {"id": "again", "type": "start"}]
    edges = [{"from": "start", "to": "again"}, {"from": "again", "to": "start"}]
    workflow = graph.parse({"nodes": nodes, "edges": edges})
    result = advance(Journey("start", NOW), workflow, Facts(), zone="UTC", now=NOW)
    assert (result.status, result.steps) == ("error", STEP_CAP)
