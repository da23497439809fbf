"""Segments over the API; what rules mean is tested beside the criteria."""

from typing import Any

from contacts import grouping
from contacts.models import Segment
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_contact, make_group
from tests.clients import ApiClient

ACME = {"all": [{"field": "company", "operator": "is", "value": "Acme"}]}


def made(api: ApiClient, rules: Any = ACME, name: str = "Acme") -> str:
    return str(api.post("/segments", {"name": name, "rules": rules}).json()["data"]["id"])


def test_a_reader_counts_but_saves_nothing(reader: ApiClient, workspace: Workspace) -> None:
    make_contact(workspace, company="Acme")
    assert reader.post("/segments/count", {"rules": ACME}).json()["data"]["contactsCount"] == 1
    assert reader.post("/segments", {"name": "Acme", "rules": ACME}).status_code == 403
    assert not Segment.objects.exists()


def test_a_taken_name_is_a_conflict(api: ApiClient) -> None:
    made(api)
    assert api.post("/segments", {"name": "Acme", "rules": ACME}).status_code == 409


def test_contacts_are_those_that_match_now(api: ApiClient, workspace: Workspace) -> None:
    make_contact(workspace, company="Ajax")
    segment = made(api)
    assert api.get(f"/segments/{segment}/contacts").json()["meta"]["total"] == 0
    jane = make_contact(workspace, company="acme")
    found = api.get(f"/segments/{segment}/contacts?sort=email&order=desc").json()
    assert [one["id"] for one in found["data"]] == [jane.public_id]


def test_segment_of_a_deleted_group_has_no_count_and_is_no_filter(api: ApiClient, workspace: Workspace) -> None:
    group = make_group(workspace)
    make_contact(workspace)
    asked = {"all": [{"field": "groups", "operator": "has_none", "value": [group.public_id]}]}
    segment = made(api, asked)
    grouping.delete(group, by="ann", now=NOW)

    assert api.get(f"/segments/{segment}").json()["data"]["contactsCount"] is None
    refused = api.post("/contacts/search", {"filters": {"segments": [segment]}})
    assert (refused.status_code, list(refused.json()["error"]["details"])) == (
        400,
        ["filters.segments.0.rules.all.0.value.0"],
    )
    assert api.get(f"/segments/{segment}/contacts").status_code == 400
    assert api.put(f"/segments/{segment}", {"name": "New"}).status_code == 200


def test_wrong_rules_change_nothing(api: ApiClient) -> None:
    segment = made(api)
    refused = api.put(f"/segments/{segment}", {"name": "New", "rules": {"all": []}})
    assert (refused.status_code, list(refused.json()["error"]["details"])) == (400, ["rules.all"])
    assert Segment.objects.get().name == "Acme"
