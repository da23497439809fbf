"""Groups: the list, one with its members, the forms."""

import pytest
from django.test import Client

from contacts.models import Contact, Group
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import make_contact, make_group, make_member
from tests.clients import signed_in
from tests.counting import queries_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(teammate: Member) -> Client:
    return signed_in(teammate)


def test_list_shows_how_many_are_in_each(client: Client, workspace: Workspace) -> None:
    make_group(workspace, "Fair", (make_contact(workspace), make_contact(workspace)))
    page = client.get("/groups/").content.decode()
    assert [word in page for word in ("Fair", ">2</td>")] == [True, True]


def test_list_asks_as_many_queries_for_three_groups_as_for_one(client: Client, workspace: Workspace) -> None:
    make_group(workspace, "", (make_contact(workspace),))
    one = queries_of(client, "/groups/")
    make_group(workspace)
    make_group(workspace, "", (make_contact(workspace),))
    assert queries_of(client, "/groups/") == one


def test_group_asks_as_many_queries_for_three_members_as_for_one(client: Client, workspace: Workspace) -> None:
    one = make_group(workspace, "", (make_contact(workspace),))
    three = make_group(workspace, "", tuple(make_contact(workspace) for _number in range(3)))
    assert queries_of(client, f"/groups/{three.public_id}/") == queries_of(client, f"/groups/{one.public_id}/")


def test_group_shows_its_members_only(client: Client, workspace: Workspace) -> None:
    inside, outside = make_contact(workspace, "in@x.example"), make_contact(workspace, "out@x.example")
    page = client.get(f"/groups/{make_group(workspace, 'Fair', (inside,)).public_id}/").content.decode()
    assert [one.email in page for one in (inside, outside)] == [True, False]


def test_group_is_made_renamed_and_deleted(client: Client, workspace: Workspace) -> None:
    form = {"name": "Fair", "kind": "static", "description": "Met there"}
    made = client.post("/groups/new", form)
    group = Group.objects.get()
    make_contact(workspace)
    assert made["Location"] == f"/groups/{group.public_id}/"
    client.post(f"/groups/{group.public_id}/edit", {**form, "name": "Fair 2026", "kind": "dynamic"})
    group.refresh_from_db()
    assert (group.name, group.kind, group.description) == ("Fair 2026", "dynamic", "Met there")
    client.post(f"/groups/{group.public_id}/delete")
    assert (Group.objects.count(), Contact.objects.count()) == (0, 1)


def test_a_name_that_is_taken_is_refused_in_the_form(client: Client, workspace: Workspace) -> None:
    make_group(workspace, "Fair")
    other = make_group(workspace, "Other")
    for url in ("/groups/new", f"/groups/{other.public_id}/edit"):
        response = client.post(url, {"name": "Fair", "kind": "static"})
        page = response.content.decode()
        assert (response.status_code, "A group with this name exists already" in page) == (422, True)
    other.refresh_from_db()
    assert other.name == "Other"


@pytest.mark.parametrize("rest", ["", "edit", "delete"])
def test_a_stranger_gets_404_and_a_viewer_403(workspace: Workspace, stranger: Member, rest: str) -> None:
    url = f"/groups/{make_group(workspace).public_id}/{rest}"
    ask = "get" if not rest else "post"
    assert getattr(signed_in(stranger), ask)(url).status_code == 404
    assert getattr(signed_in(make_member(workspace, Role.VIEWER)), ask)(url).status_code == (403 if rest else 200)
    assert Group.objects.count() == 1


def test_a_viewer_makes_none(workspace: Workspace) -> None:
    viewer = signed_in(make_member(workspace, Role.VIEWER))
    assert (viewer.get("/groups/").status_code, viewer.post("/groups/new", {"name": "x"}).status_code) == (200, 403)


def test_contacts_are_added_by_search_and_filter(client: Client, workspace: Workspace) -> None:
    inside, outside = make_contact(workspace, company="Initech"), make_contact(workspace, company="Initech")
    make_contact(workspace, company="Globex")
    group = make_group(workspace, "Fair", (inside,))
    path = f"/groups/{group.public_id}"

    assert [one.pk for one in client.get(f"{path}/add?q=initech").context["listing"]] == [outside.pk]
    form = {"act": "join", "group": group.public_id, "query": "q=initech", "all": "1", "next": f"{path}/"}
    assert client.post("/contacts/bulk", form)["Location"] == f"{path}/"

    assert {one.pk for one in client.get(f"{path}/").context["listing"]} == {inside.pk, outside.pk}


def test_adding_asks_as_many_queries_for_three_contacts_as_for_one(client: Client, workspace: Workspace) -> None:
    path = f"/groups/{make_group(workspace).public_id}/add"
    make_contact(workspace)
    one = queries_of(client, path)
    make_contact(workspace)
    make_contact(workspace)
    assert queries_of(client, path) == one


def test_list_is_ordered_by_members_and_empty_groups_have_none(client: Client, workspace: Workspace) -> None:
    for count in (0, 2, 1):
        make_group(workspace, f"Of {count}", tuple(make_contact(workspace) for _one in range(count)))
    rows = client.get("/groups/?sort=-members").context["listing"]
    assert [(group.name, group.members) for group in rows] == [("Of 2", 2), ("Of 1", 1), ("Of 0", 0)]
