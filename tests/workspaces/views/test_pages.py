import re

import pytest
from django.test import Client
from django.test.utils import override_settings
from django.utils import timezone

from fluenzr.workspaces.models import Member, Workspace
from tests.builders import make_member, make_user, make_workspace
from tests.clients import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(owner: Member) -> Client:
    return signed_in(owner)


def test_profile_is_saved_and_spoken_at_once(client: Client, owner: Member) -> None:
    form = {"name": "Jeanne", "language": "fr", "timezone": "Europe/Paris"}
    answer = client.post("/settings/profile", form)

    owner.user.refresh_from_db()
    assert (answer.status_code, answer["Location"]) == (303, "/settings/profile")
    assert (owner.user.name, owner.user.language, owner.user.timezone) == ("Jeanne", "fr", "Europe/Paris")
    assert 'lang="fr"' in client.get("/settings/profile").text
    assert timezone.get_current_timezone_name() == "UTC"


def test_profile_refuses_what_is_no_zone(client: Client) -> None:
    answer = client.post("/settings/profile", {"name": "", "language": "en", "timezone": "Mars/Olympus"})

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["timezone"])


def test_page_asks_the_database_the_same_however_many_workspaces(
    client: Client, owner: Member, django_assert_num_queries
) -> None:
    for _number in range(3):
        make_member(make_workspace(), user=owner.user)
    # Session, person, memberships.
    with django_assert_num_queries(3):
        client.get("/settings/profile")


def test_session_goes_on_in_the_workspace_that_is_chosen(client: Client, owner: Member) -> None:
    second = make_workspace("Second")
    make_member(second, user=owner.user)
    assert client.get("/settings/profile").context["request"].workspace == owner.workspace

    client.post(f"/workspaces/{second.public_id}/enter")
    assert client.get("/settings/profile").context["request"].workspace == second


def test_nobody_enters_a_foreign_workspace(client: Client, owner: Member, other_workspace: Workspace) -> None:
    assert client.post(f"/workspaces/{other_workspace.public_id}/enter").status_code == 404
    assert client.get("/settings/profile").context["request"].workspace == owner.workspace


def test_member_who_was_removed_is_out_at_once(client: Client, owner: Member) -> None:
    owner.delete()

    assert client.get("/settings/profile")["Location"] == "/workspaces/new"


def test_who_belongs_to_no_workspace_makes_one() -> None:
    user = make_user()
    client = Client()
    client.force_login(user)
    answer = client.post("/workspaces/new", {"workspace": "Mine", "tracking_mode": "off"})

    assert answer["Location"] == "/"
    made = Member.objects.get(user=user).workspace
    assert (made.name, made.tracking_mode) == ("Mine", "off")


@override_settings(SIGN_UP_OPEN=False)
def test_closed_server_makes_no_workspaces(client: Client) -> None:
    client.post("/workspaces/new", {"workspace": "Mine", "tracking_mode": "off"})

    assert Workspace.objects.count() == 1


@pytest.mark.parametrize(
    ("path", "open_ones"),
    [("/settings/fields", ["Settings"]), ("/groups/", ["Contacts"]), ("/search?q=a", []), ("/workspaces/new", [])],
)
def test_menu_marks_what_is_open(client: Client, path: str, open_ones: list[str]) -> None:
    menu = client.get(path).text.partition("</nav>")[0]

    assert re.findall(r'aria-current="page">.*?<span>(.+?)</span>', menu, re.DOTALL) == open_ones


def test_search_answers_as_a_page_and_as_a_part(client: Client) -> None:
    whole = client.get("/search?q=nothing")
    part = client.get("/search?q=nothing", headers={"HX-Request": "true"})

    assert "<html" in whole.text
    assert "<html" not in part.text
    assert "Nothing found" in part.text
    assert part["Vary"].startswith("HX-Request")


def test_who_was_signed_out_meanwhile_signs_in_on_a_page_of_its_own() -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/contacts/?q=ann"}
    answer = Client().get("/contacts/?q=anna", headers=headers)

    assert answer["HX-Redirect"] == "/sign-in?next=/contacts/%3Fq%3Dann"


def test_viewer_is_told_what_the_role_forbids(workspace: Workspace) -> None:
    client = Client()
    client.force_login(make_member(workspace, "viewer").user)
    answer = client.post("/sandbox/sbx_000000000000000000000/play/")
    toast = client.post("/sandbox/sbx_000000000000000000000/play/", headers={"HX-Request": "true"})

    assert (answer.status_code, "Your role does not allow this" in answer.text) == (403, True)
    assert (toast.status_code, toast["HX-Reswap"]) == (403, "none")
    assert '"toast"' in toast["HX-Trigger"]
