"""What holds for every page: who may see it, and that it is there for a workspace with everything and with nothing."""

import pytest
from django.test import Client

from fluenzr.workspaces.models import Member, Workspace
from tests import pages
from tests.clients import signed_in

pytestmark = pytest.mark.django_db
ROUTES = pages.routes()
OPEN_TO_ALL = {"sign-in", "sign-up", "password", "inactive", "confirm-email"}
# Where the method does not exist for anybody.
NO_SUCH_METHOD = 405


@pytest.fixture
def client(owner: Member) -> Client:
    return signed_in(owner)


def test_what_is_of_another_workspace_is_not_there(client: Client, other_workspace: Workspace) -> None:
    foreign = pages.fill(other_workspace)
    paths = [pages.path_of(route, foreign) for route in ROUTES if "<" in route]
    answers = {path: {client.get(path).status_code, client.post(path).status_code} for path in paths}

    assert {path: found for path, found in answers.items() if found - {NO_SUCH_METHOD} != {404}} == {}


def test_strangers_sign_in_first(workspace: Workspace) -> None:
    parts = pages.fill(workspace)
    paths = [pages.path_of(route, parts) for route in ROUTES if route not in OPEN_TO_ALL]
    answers = {path: Client().get(path) for path in paths}

    assert {
        path: found.status_code
        for path, found in answers.items()
        if found.status_code != NO_SUCH_METHOD and not found.get("Location", "").startswith("/sign-in?next=")
    } == {}


def test_every_page_is_there_full_and_empty(client: Client, workspace: Workspace) -> None:
    empty = [route for route in ROUTES if "<" not in route and pages.is_page(client.get(f"/{route}"))]
    parts = pages.fill(workspace)
    full = [route for route in ROUTES if pages.is_page(client.get(pages.path_of(route, parts)))]

    assert set(empty) <= set(full)
    assert len(full) >= 30
