"""What the search box finds."""

import pytest
from django.test import Client
from django.urls import reverse

from fluenzr import places
from fluenzr.core import search
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import make_account, make_campaign, make_contact, make_group, make_member
from tests.counting import queries_of

pytestmark = pytest.mark.django_db


def found(member: Member, text: str) -> dict[str, list[str]]:
    return {str(label): [hit.name for hit in hits] for label, hits in search.find(member, text)}


def test_things_are_found_by_their_names(workspace: Workspace, owner: Member) -> None:
    account = make_account(workspace, email="spring@acme.example")
    make_campaign(workspace, account=account, name="Spring offer")
    make_contact(workspace, "jo@spring.example", first_name="Jo", last_name="Doe")
    make_group(workspace, "Spring fair")

    assert found(owner, " spring ") == {
        "Campaigns": ["Spring offer"],
        "Contacts": ["Jo Doe"],
        "Groups": ["Spring fair"],
        "Email accounts": ["spring@acme.example"],
    }


def test_nothing_of_another_workspace_is_found(stranger: Member, workspace: Workspace) -> None:
    make_campaign(workspace, account=make_account(workspace, email="spring@acme.example"), name="Spring offer")
    make_contact(workspace, "jo@spring.example")
    make_group(workspace, "Spring fair")

    assert found(stranger, "spring") == {}


def test_pages_and_actions_are_found_by_any_of_their_words(owner: Member) -> None:
    assert found(owner, "person new") == {"Actions": ["Add a contact"]}
    assert found(owner, "passkeys") == {"Pages": ["Security"]}


def test_roles_are_offered_what_they_may(workspace: Workspace) -> None:
    viewer = make_member(workspace, Role.VIEWER)

    assert found(viewer, "")["Actions"] == ["New workspace"]
    assert found(viewer, "api") == {}


@pytest.mark.parametrize("place", [*places.PAGES, *places.ACTIONS], ids=lambda place: place.page)
def test_every_place_of_today_is_a_page(place: places.Place, owner: Member) -> None:
    client = Client()
    client.force_login(owner.user)
    url = places._url(place.page)

    assert not url or client.get(url).status_code == 200


def test_box_offers_places_before_anything_is_typed_and_says_when_nothing_is_found(owner: Member) -> None:
    client = Client()
    client.force_login(owner.user)
    path = reverse("workspaces:search")

    assert "New campaign" in client.get(path, headers={"HX-Request": "true"}).content.decode()
    assert "Nothing found for “zzz”" in client.get(f"{path}?q=zzz").content.decode()


def test_queries_do_not_grow_with_the_hits(workspace: Workspace, owner: Member) -> None:
    client = Client()
    client.force_login(owner.user)
    make_contact(workspace, "one@spring.example")
    one = queries_of(client, "/search?q=spring")
    make_contact(workspace, "two@spring.example")
    make_contact(workspace, "three@spring.example")

    assert queries_of(client, "/search?q=spring") == one
