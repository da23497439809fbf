import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaigns import snippets
from campaigns.models import Snippet
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import NOW, make_member

pytestmark = pytest.mark.django_db
LIST = "/campaigns/snippets"


@pytest.fixture
def member(client: Client, teammate: Member) -> Client:
    client.force_login(teammate.user)
    return client


def make(workspace: Workspace, name: str = "Offer", body: str = "Hello") -> Snippet:
    return snippets.create(workspace=workspace, name=name, body=body, by="ana", now=NOW)


def test_snippet_is_made_changed_and_deleted_by_its_pages(member: Client) -> None:
    assert member.post(f"{LIST}/new", {"name": "Offer", "body": "Hello"})["Location"] == LIST
    address = f"{LIST}/{Snippet.objects.get().public_id}"
    assert member.post(address, {"name": "Offer", "body": "New"})["Location"] == LIST
    assert (Snippet.objects.get().body, "New" in member.get(LIST).text) == ("New", True)
    assert member.post(f"{address}/delete")["Location"] == LIST
    assert not Snippet.objects.exists()


def test_what_the_domain_refuses_stands_at_its_field(member: Client) -> None:
    answer = member.post(f"{LIST}/new", {"name": "Offer", "body": "Hi {{frstName}}"})
    assert (answer.status_code, "frstName" in str(answer.context["form"].errors["body"])) == (422, True)


def test_menu_has_every_snippet_by_name(member: Client, workspace: Workspace) -> None:
    make(workspace, "Offer"), make(workspace, "Address", "1 Main Street")
    found = member.get(f"{LIST}/menu").json()["snippets"]
    assert found == [{"name": "Address", "body": "1 Main Street"}, {"name": "Offer", "body": "Hello"}]


def test_list_makes_as_many_queries_for_three_as_for_one(member: Client, workspace: Workspace) -> None:
    counts = []
    for names in (("One",), ("Two", "Three")):
        for name in names:
            make(workspace, name)
        with CaptureQueriesContext(connection) as queries:
            member.get(LIST)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_viewer_reads_and_changes_nothing(client: Client, workspace: Workspace) -> None:
    client.force_login(make_member(workspace, Role.VIEWER).user)
    snippet = make(workspace)
    assert (client.get(LIST).status_code, f"{LIST}/new" in client.get(LIST).text) == (200, False)
    assert client.post(f"{LIST}/{snippet.public_id}/delete").status_code == 403
    assert Snippet.objects.exists()
