import pytest
from django.test import Client

from fluenzr.workspaces.models import Member, SavedView, Workspace
from tests.builders import make_contact, make_member
from tests.clients import signed_in
from tests.counting import queries_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(owner: Member) -> Client:
    return signed_in(owner)


@pytest.fixture(autouse=True)
def _people(workspace: Workspace) -> None:
    make_contact(workspace, "ann@x.org", first_name="Ann", company="Initech")


def columns_of(client: Client, path: str = "/contacts/") -> list[str]:
    return [column.key for column in client.get(path).context["listing"].heads]


def test_saved_view_opens_with_its_filters_and_columns(client: Client) -> None:
    path = "/contacts/?status=active&columns=email,company"
    answer = client.post("/lists/views", {"next": path, "name": "Active"})
    there = answer["Location"]

    listing = client.get(there).context["listing"]
    assert [view.name for view in listing.views] == ["Active"]
    assert listing.view.name == "Active"
    assert not listing.is_changed
    assert [column.key for column in listing.heads] == ["email", "company"]
    assert client.get(f"{there}&sort=name").context["listing"].is_changed


def test_view_is_renamed_changed_and_deleted(client: Client) -> None:
    client.post("/lists/views", {"next": "/contacts/?status=active", "name": "Active", "shared": "1"})
    view = SavedView.objects.get()
    assert view.member is None
    path = f"/lists/views/{view.public_id}"

    client.post(path, {"next": "/contacts/", "act": "rename", "name": "Alive"})
    client.post(path, {"next": "/contacts/?status=replied", "act": "update"})
    view.refresh_from_db()
    assert (view.name, view.query) == ("Alive", "status=replied")

    client.post(path, {"next": "/contacts/", "act": "delete"})
    assert not SavedView.objects.exists()


def test_refusal_is_said_on_the_list(client: Client) -> None:
    answer = client.post("/lists/views", {"next": "/contacts/?status=active", "name": " "})

    assert answer["Location"] == "/contacts/?status=active"
    assert "Name is required" in client.get(answer["Location"]).content.decode()


def test_views_of_others_are_unknown(client: Client, stranger: Member) -> None:
    theirs = SavedView.objects.create(workspace=stranger.workspace, member=stranger, page="contacts:list", name="x")

    assert client.post(f"/lists/views/{theirs.public_id}", {"next": "/contacts/", "act": "delete"}).status_code == 404
    assert SavedView.objects.count() == 1


def test_columns_and_density_are_remembered(client: Client) -> None:
    assert columns_of(client) == ["email", "name", "company", "status", "tags", "added"]

    answer = client.post("/lists/look", {"next": "/contacts/?q=ann", "columns": ["email", "phone"], "dense": "1"})

    assert answer["Location"] == "/contacts/?q=ann"
    page = client.get("/contacts/")
    assert [column.key for column in page.context["listing"].heads] == ["email", "phone"]
    assert "is-dense" in page.content.decode()
    assert "Initech" not in page.content.decode()


def test_columns_chosen_in_a_view_change_the_view_only_when_saved(client: Client) -> None:
    where = client.post("/lists/views", {"next": "/contacts/?columns=email,name", "name": "Short"})["Location"]

    there = client.post("/lists/look", {"next": where, "columns": ["email", "company"]})["Location"]

    assert columns_of(client, there) == ["email", "company"]
    assert columns_of(client, where) == ["email", "name"]


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example/contacts/", "/\\evil.example"])
def test_lists_lead_nowhere_else(client: Client, path: str) -> None:
    answer = client.post("/lists/look", {"next": path, "columns": ["email"]})

    assert answer["Location"] == "/"


def test_list_takes_as_many_queries_for_three_views_as_for_one(client: Client, owner: Member) -> None:
    client.post("/lists/views", {"next": "/contacts/?status=active", "name": "One"})
    one = queries_of(client, "/contacts/")
    for name in ("Two", "Three"):
        client.post("/lists/views", {"next": "/contacts/?status=active", "name": name})

    assert queries_of(client, "/contacts/") == one


def test_viewer_keeps_views_but_shares_none(workspace: Workspace) -> None:
    viewer = Client()
    viewer.force_login(make_member(workspace, "viewer").user)

    assert viewer.post("/lists/views", {"next": "/contacts/?q=a", "name": "Mine"}).status_code == 303
    assert viewer.post("/lists/views", {"next": "/contacts/?q=a", "name": "Ours", "shared": "1"}).status_code == 403
