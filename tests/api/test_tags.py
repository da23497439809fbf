"""Tags over the API; what becomes of segments is tested beside the pages."""

from typing import Any

from contacts import tagging
from contacts.models import Contact, Segment, Tag
from fluenzr.workspaces.models import AuditEntry, Workspace
from tests.api.test_contacts import data
from tests.builders import NOW, make_contact
from tests.clients import ApiClient, count_queries


def tagged(workspace: Workspace, *names: str) -> Contact:
    contact = make_contact(workspace)
    tagging.add(workspace=workspace, names={contact.pk: names}, now=NOW)
    return contact


def id_of(name: str, workspace: Workspace) -> str:
    return str(Tag.objects.get(workspace=workspace, name=name).public_id)


def names(answer: Any) -> list[tuple[str, int]]:
    return [(one["name"], one["contactsCount"]) for one in data(answer)]


def test_list_comes_by_name_with_numbers(api: ApiClient, workspace: Workspace, other_workspace: Workspace) -> None:
    tagged(workspace, "vip", "cold")
    tagged(workspace, "vip")
    tagged(other_workspace, "theirs")
    assert names(api.get("/tags")) == [("cold", 1), ("vip", 2)]
    assert names(api.get("/tags?sort=contactsCount&order=desc")) == [("vip", 2), ("cold", 1)]
    assert names(api.get("/tags?name=VI")) == [("vip", 2)]


def test_list_costs_the_same_for_one_and_three(api: ApiClient, workspace: Workspace) -> None:
    tagged(workspace, "vip")
    one = count_queries(api, "/tags")
    tagged(workspace, "cold", "warm")
    assert count_queries(api, "/tags") == one


def test_renaming_takes_segments_along(api: ApiClient, workspace: Workspace) -> None:
    tagged(workspace, "vip")
    asked = {"field": "tags", "operator": "has_any", "value": ["vip"]}
    workspace.segments.create(name="Warm", rules={"all": [asked]})
    renamed = data(api.put(f"/tags/{id_of('vip', workspace)}", {"name": "VIP 2026"}))
    assert (renamed["name"], renamed["contactsCount"]) == ("VIP 2026", 1)
    assert Segment.objects.get().rules["all"][0]["value"] == ["VIP 2026"]


def test_an_answer_can_be_put_back(api: ApiClient, workspace: Workspace) -> None:
    tagged(workspace, "vip")
    shown = data(api.get(f"/tags/{id_of('vip', workspace)}"))
    assert data(api.put(f"/tags/{shown['id']}", shown)) == shown


def test_a_taken_or_blank_name_is_refused(api: ApiClient, workspace: Workspace) -> None:
    tagged(workspace, "vip", "cold")
    path = f"/tags/{id_of('vip', workspace)}"
    assert api.put(path, {"name": "cold"}).status_code == 409
    assert api.put(path, {"name": " "}).json()["error"]["details"] == {"name": ["Name is required"]}
    assert names(api.get("/tags")) == [("cold", 1), ("vip", 1)]


def test_merging_answers_with_the_tag_that_stays(api: ApiClient, workspace: Workspace) -> None:
    tagged(workspace, "vip", "hot")
    tagged(workspace, "hot")
    into = id_of("vip", workspace)
    merged = data(api.post(f"/tags/{id_of('hot', workspace)}/merge", {"into": into}))
    assert merged == {"id": into, "name": "vip", "contactsCount": 2, "added": 1}
    assert names(api.get("/tags")) == [("vip", 2)]


def test_merging_with_itself_is_refused(api: ApiClient, workspace: Workspace) -> None:
    tagged(workspace, "vip")
    own = id_of("vip", workspace)
    assert list(api.post(f"/tags/{own}/merge", {"into": own}).json()["error"]["details"]) == ["into"]


def test_deleting_leaves_the_contacts(api: ApiClient, workspace: Workspace) -> None:
    tagged(workspace, "vip")
    own = id_of("vip", workspace)
    assert data(api.delete(f"/tags/{own}")) == {"id": own, "deleted": True}
    assert Contact.objects.count() == 1
    assert AuditEntry.objects.get(action="tag.deleted").actor == "api key Zapier"
    assert api.get(f"/tags/{own}").status_code == 404


def test_a_reader_changes_nothing(reader: ApiClient, workspace: Workspace) -> None:
    tagged(workspace, "vip")
    own = id_of("vip", workspace)
    assert reader.get(f"/tags/{own}").status_code == 200
    assert [reader.put(f"/tags/{own}", {"name": "x"}).status_code, reader.delete(f"/tags/{own}").status_code] == [
        403,
        403,
    ]
