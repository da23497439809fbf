from typing import Any

import pytest

from campaigns import snippets
from campaigns.models import Snippet
from fluenzr.core.errors import Conflict, Invalid, NotFound
from fluenzr.workspaces.models import AuditEntry, Workspace
from tests.builders import NOW, make_workspace

pytestmark = pytest.mark.django_db


def make(workspace: Workspace, name: str = "Offer", body: str = "Hello {{firstName|there}}") -> Snippet:
    return snippets.create(workspace=workspace, name=name, body=body, by="ana", now=NOW)


def test_snippet_is_made_changed_and_deleted_on_the_record(workspace: Workspace) -> None:
    snippet = make(workspace, name=" Offer ")
    snippets.update(snippet, changes={"body": "New"}, by="ana", now=NOW)
    row = snippets.find(workspace, snippet.public_id)
    assert (row.name, row.body) == ("Offer", "New")
    snippets.delete(row, by="ana", now=NOW)
    assert not Snippet.objects.exists()
    actions = AuditEntry.objects.order_by("id").values_list("action", flat=True)
    assert list(actions) == ["snippet.created", "snippet.updated", "snippet.deleted"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"body": ""}, "body"),
        ({"body": "x" * 20_001}, "body"),
        ({"body": "Hi {{frstName}}"}, "body"),
        ({"body": "Hi {{firstName"}, "body"),
    ],
)
def test_snippet_that_no_mail_could_use_is_refused_by_field(
    workspace: Workspace, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        make(workspace, **given)
    assert list(refused.value.details) == [field]


def test_name_is_of_one_snippet_in_each_workspace(workspace: Workspace) -> None:
    make(workspace)
    make(make_workspace())
    with pytest.raises(Conflict):
        make(workspace)


def test_snippet_of_another_workspace_is_none(workspace: Workspace) -> None:
    with pytest.raises(NotFound):
        snippets.find(workspace, make(make_workspace()).public_id)


def test_number_of_snippets_is_bounded(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snippets, "MOST", 1)
    make(workspace)
    with pytest.raises(Invalid, match="at most 1"):
        make(workspace, name="Other")
