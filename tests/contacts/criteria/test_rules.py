"""What is no rule: each problem has its path."""

from typing import Any

import pytest

from contacts.criteria import rules
from fluenzr.core.errors import Invalid
from fluenzr.workspaces.models import Workspace
from tests.builders import make_field, make_group

COMPANY = {"field": "company", "operator": "is", "value": "Acme"}


def problems(workspace: Workspace, document: Any) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as refused:
        rules.read(workspace, document)
    return {path: [str(sentence) for sentence in sentences] for path, sentences in refused.value.details.items()}


def nested(depth: int) -> dict[str, Any]:
    block: dict[str, Any] = {"all": [COMPANY]}
    for _number in range(depth - 1):
        block = {"any": [block]}
    return block


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (None, "rules"),
        ([], "rules"),
        ({}, "rules"),
        ({"none": []}, "rules"),
        ({"all": [], "any": []}, "rules"),
        ({"all": {}}, "rules.all"),
        ({"all": []}, "rules.all"),
        ({"all": ["x"]}, "rules.all.0"),
        ({"all": [{"any": []}]}, "rules.all.0.any"),
        ({"all": [COMPANY, {"field": "nope"}]}, "rules.all.1.field"),
        ({"all": [{"field": ["x"]}]}, "rules.all.0.field"),
        ({"all": [COMPANY | {"operator": "greater"}]}, "rules.all.0.operator"),
        ({"all": [COMPANY | {"operator": {}}]}, "rules.all.0.operator"),
        ({"all": [COMPANY | {"more": 1}]}, "rules.all.0.more"),
        ({"all": [COMPANY | {"operator": "is_blank"}]}, "rules.all.0.value"),
        ({"all": [COMPANY | {"value": " "}]}, "rules.all.0.value"),
        ({"all": [COMPANY | {"value": 5}]}, "rules.all.0.value"),
        ({"all": [COMPANY | {"value": "x" * 501}]}, "rules.all.0.value"),
        ({"all": [COMPANY | {"value": "a\0b"}]}, "rules.all.0.value"),
        ({"all": [{"field": "status", "operator": "is", "value": []}]}, "rules.all.0.value"),
        ({"all": [{"field": "status", "operator": "is", "value": ["active", "x"]}]}, "rules.all.0.value.1"),
        ({"all": [{"field": "status", "operator": "is", "value": "x"}]}, "rules.all.0.value"),
        ({"all": [{"field": "status", "operator": "is", "value": ["active"] * 201}]}, "rules.all.0.value"),
        ({"all": [{"field": "createdAt", "operator": "is", "value": "2026-02-30"}]}, "rules.all.0.value"),
        ({"all": [{"field": "createdAt", "operator": "is", "value": "2026-W10-1"}]}, "rules.all.0.value"),
        ({"all": [{"field": "createdAt", "operator": "is", "value": "9999-12-31"}]}, "rules.all.0.value"),
        ({"all": [{"field": "createdAt", "operator": "in_last_days", "value": 0}]}, "rules.all.0.value"),
        ({"all": [{"field": "createdAt", "operator": "in_last_days", "value": True}]}, "rules.all.0.value"),
        ({"all": [{"field": "createdAt", "operator": "in_last_days", "value": 10**9}]}, "rules.all.0.value"),
        ({"all": [{"field": "customFields.staff", "operator": "is", "value": 10**400}]}, "rules.all.0.value"),
        ({"all": [{"field": "customFields.staff", "operator": "is", "value": float("nan")}]}, "rules.all.0.value"),
        ({"all": [{"field": "opened", "operator": "ever", "campaignId": "x"}]}, "rules.all.0.campaignId"),
        ({"all": [{"field": "opened", "operator": "ever", "campaignId": ["x"]}]}, "rules.all.0.campaignId"),
        ({"all": [COMPANY | {"campaignId": "x"}]}, "rules.all.0.campaignId"),
    ],
)
def test_problem_has_its_path(workspace: Workspace, document: Any, path: str) -> None:
    make_field(workspace, "staff", "number")
    assert list(problems(workspace, document)) == [path]


def test_all_problems_are_told_at_once(workspace: Workspace) -> None:
    found = problems(workspace, {"all": [{"field": "x"}, {"any": [{"field": "y"}]}]})
    assert list(found) == ["rules.all.0.field", "rules.all.1.any.0.field"]


def test_rules_are_bounded(workspace: Workspace) -> None:
    assert rules.read(workspace, nested(5)).words() == "Company is “Acme”"
    assert list(problems(workspace, nested(6))) == ["rules.any.0.any.0.any.0.any.0.any.0.all"]
    assert next(iter(problems(workspace, nested(5000)))).count("any") == 6
    assert len(rules.read(workspace, {"all": [COMPANY] * 50}).parts) == 50
    assert list(problems(workspace, {"all": [COMPANY] * 100_000})) == ["rules.all.50"]
    assert "rules.all.50.any.0" in problems(workspace, {"all": [{"any": [COMPANY]}] * 51})


def test_group_of_another_workspace_is_not_there(workspace: Workspace, other_workspace: Workspace) -> None:
    asked = {"field": "groups", "operator": "has_any", "value": [make_group(other_workspace).public_id]}
    assert problems(workspace, {"all": [asked]}) == {"rules.all.0.value.0": ["There is no such value"]}


def test_words_name_what_ids_mean(workspace: Workspace) -> None:
    group = make_group(workspace, "Fair 2026")
    document = {
        "all": [
            {"field": "company", "operator": "contains", "value": "acme"},
            {"field": "groups", "operator": "has_none", "value": [group.public_id]},
            {"field": "createdAt", "operator": "in_last_days", "value": 1},
            {"field": "sent", "operator": "not_in_last_days", "value": 30},
        ]
    }
    assert rules.read(workspace, document).words() == (
        "Company contains “acme” and is not in the group “Fair 2026” and Date added is in the last 1 day"
        " and was not sent anything in the last 30 days"
    )
