from typing import Any

import pytest

from contacts import fields
from contacts.models import CustomField
from fluenzr.core.errors import Conflict, Invalid
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_field


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [
        ("text", "Fintech", "Fintech"),
        ("text", 42, "42"),
        ("number", "4.5", 4.5),
        ("number", 7, 7),
        ("date", "2026-03-02", "2026-03-02"),
        ("date", "2026-03-02T10:00:00Z", "2026-03-02"),
        ("checkbox", "true", True),
        ("checkbox", False, False),
        ("url", "https://x.org/a", "https://x.org/a"),
        ("dropdown", "S", "S"),
    ],
)
def test_value_is_kept_by_type(kind: str, given: Any, kept: Any) -> None:
    field = CustomField(key="x", label="X", kind=kind, options=["S", "M"])

    assert fields.value_for(field, given, path="customFields.x") == kept


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("text", ["a"]),
        ("number", "many"),
        ("number", True),
        ("number", "nan"),
        ("number", "1e400"),
        ("date", "2026-13-01"),
        ("date", "tomorrow"),
        ("checkbox", 1),
        ("url", "javascript:alert(1)"),
        ("url", "http://[x"),
        ("dropdown", "XL"),
    ],
)
def test_value_that_does_not_fit_is_refused_at_its_path(kind: str, given: Any) -> None:
    field = CustomField(key="x", label="X", kind=kind, options=["S", "M"])

    with pytest.raises(Invalid) as refused:
        fields.value_for(field, given, path="customFields.x")

    assert list(refused.value.details) == ["customFields.x"]


@pytest.mark.parametrize("key", ["Secteur", "1a", "a b", "a-b", "", "é", "firstName", "unsubscribe_link", "a" * 61])
def test_create_refuses_a_bad_name(workspace: Workspace, key: str) -> None:
    with pytest.raises(Invalid) as refused:
        fields.create(workspace=workspace, key=key, kind="text", by="x", now=NOW)

    assert list(refused.value.details) == ["key"]


def test_create_twice_is_a_conflict(workspace: Workspace) -> None:
    make_field(workspace, "sector")

    with pytest.raises(Conflict):
        fields.create(workspace=workspace, key="sector", kind="number", by="x", now=NOW)


def test_ensure_makes_missing_fields_as_text(workspace: Workspace) -> None:
    make_field(workspace, "size", "number")

    found = fields.ensure(workspace, {"size": "customFields.size", "sector": "customFields.sector"}, by="x", now=NOW)

    assert {key: (field.kind, field.label) for key, field in found.items()} == {
        "size": ("number", "size"),
        "sector": ("text", "sector"),
    }


def test_update_only_adds_options(workspace: Workspace) -> None:
    field = make_field(workspace, "size", "dropdown", options=["S"])
    fields.update(field, changes={"options": ["S", "M"]}, by="x", now=NOW)

    with pytest.raises(Invalid):
        fields.update(field, changes={"options": ["M"]}, by="x", now=NOW)
