"""What segments may ask about campaigns."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns.enums import EnrolmentStatus
from contacts import segments
from contacts.criteria import rules
from fluenzr.core.errors import Invalid
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_campaign, make_contact, make_enrolment, make_sent

DAYS = timedelta(days=1)


@pytest.fixture
def spring(workspace: Workspace) -> Any:
    """Ann opened a mail of Spring 40 days ago and clicked in Fall 3 days ago; Bob got none yet; Cid is in neither."""
    spring, fall = make_campaign(workspace, name="Spring"), make_campaign(workspace, name="Fall")
    ann, bob, _cid = (make_contact(workspace, first_name=name) for name in ("ann", "bob", "cid"))
    old, new = NOW - 40 * DAYS, NOW - 3 * DAYS
    first = make_enrolment(spring, ann, first_sent_at=old, last_sent_at=old, first_opened_at=old, replied_at=old)
    make_sent(first, first_opened_at=old, replied_at=old)
    second = make_enrolment(fall, ann, first_sent_at=new, last_sent_at=new, first_clicked_at=new)
    make_sent(second, first_clicked_at=new)
    make_enrolment(spring, bob)
    return spring


def found(workspace: Workspace, field: str, operator: str, **more: Any) -> list[str]:
    rows = segments.matching(workspace, {"all": [{"field": field, "operator": operator, **more}]}, now=NOW)
    return sorted(rows.values_list("first_name", flat=True))


@pytest.mark.parametrize(
    ("field", "operator", "days", "anywhere", "in_spring"),
    [
        ("sent", "ever", None, ["ann"], ["ann"]),
        ("sent", "never", None, ["bob", "cid"], ["bob", "cid"]),
        ("sent", "in_last_days", 30, ["ann"], []),
        ("sent", "not_in_last_days", 30, ["bob", "cid"], ["ann", "bob", "cid"]),
        ("sent", "in_last_days", 41, ["ann"], ["ann"]),
        ("opened", "in_last_days", 30, [], []),
        ("opened", "in_last_days", 40, ["ann"], ["ann"]),
        ("opened", "never", None, ["bob", "cid"], ["bob", "cid"]),
        ("clicked", "in_last_days", 30, ["ann"], []),
        ("clicked", "ever", None, ["ann"], []),
        ("replied", "ever", None, ["ann"], ["ann"]),
        ("replied", "not_in_last_days", 10, ["ann", "bob", "cid"], ["ann", "bob", "cid"]),
    ],
)
def test_deeds(
    workspace: Workspace, spring: Any, field: str, operator: str, days: int | None, anywhere: list[str], in_spring: Any
) -> None:
    value = {} if days is None else {"value": days}

    assert found(workspace, field, operator, **value) == anywhere
    assert found(workspace, field, operator, **value, campaignId=spring.public_id) == in_spring


def test_who_is_in_a_campaign(workspace: Workspace, spring: Any) -> None:
    assert found(workspace, "campaigns", "has_any", value=spring.public_id) == ["ann", "bob"]
    spring.enrolments.filter(contact__first_name="bob").update(status=EnrolmentStatus.REMOVED)
    assert found(workspace, "campaigns", "has_none", value=[spring.public_id]) == ["bob", "cid"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"field": "sent", "operator": "never"}, "Was not sent anything"),
        ({"field": "opened", "operator": "ever", "campaignId": "$"}, "Opened a mail of “Spring”"),
        ({"field": "clicked", "operator": "in_last_days", "value": 1}, "Clicked a link in the last 1 day"),
        (
            {"field": "replied", "operator": "not_in_last_days", "value": 7, "campaignId": "$"},
            "Did not reply to “Spring” in the last 7 days",
        ),
        ({"field": "campaigns", "operator": "has_none", "value": ["$"]}, "Is not in the campaign “Spring”"),
    ],
)
def test_words(workspace: Workspace, spring: Any, asked: dict[str, Any], words: str) -> None:
    asked = {key: spring.public_id if value == "$" else value for key, value in asked.items()}
    asked = {key: [spring.public_id] if value == ["$"] else value for key, value in asked.items()}
    assert rules.read(workspace, {"all": [asked]}).words() == words


def test_campaign_of_another_workspace_is_not_there(workspace: Workspace, other_workspace: Workspace) -> None:
    theirs = make_campaign(other_workspace)
    with pytest.raises(Invalid) as refused:
        found(workspace, "sent", "ever", campaignId=theirs.public_id)
    assert list(refused.value.details) == ["rules.all.0.campaignId"]
