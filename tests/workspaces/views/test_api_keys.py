import pytest
from django.test import Client

from fluenzr.workspaces import keys
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import ApiKey, Member, Workspace
from tests.builders import NOW, make_key, make_member, make_workspace
from tests.counting import queries_of

pytestmark = pytest.mark.django_db

PAGE = "/settings/api-keys"


def test_key_is_shown_once_and_works(client: Client, owner: Member) -> None:
    client.force_login(owner.user)

    response = client.post(PAGE, {"name": "Zapier", "scope": "read"})

    key, secret = ApiKey.objects.get(), response.context["secret"]
    assert keys.authenticate(secret, now=NOW) == key
    assert (key.name, key.scope, key.created_by) == ("Zapier", "read", owner.user)
    assert secret in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    assert secret not in client.get(PAGE).content.decode()


def test_key_without_a_name_is_refused(client: Client, owner: Member) -> None:
    client.force_login(owner.user)

    response = client.post(PAGE, {"name": " ", "scope": "all"})

    assert (response.status_code, list(response.context["form"].errors)) == (422, ["name"])


def test_key_needs_the_plan(client: Client) -> None:
    client.force_login(make_member(make_workspace(plan="starter")).user)

    assert "The API needs the Pro plan" in client.get(PAGE).content.decode()
    response = client.post(PAGE, {"name": "Zapier", "scope": "all"})

    assert response.status_code == 422
    assert not ApiKey.objects.exists()


def test_revoke_ends_a_key(client: Client, owner: Member, workspace: Workspace) -> None:
    client.force_login(owner.user)
    key, secret = make_key(workspace)

    assert client.post(f"{PAGE}/{key.public_id}/revoke").status_code == 303
    assert keys.authenticate(secret, now=NOW) is None
    assert "Revoked" in client.get(PAGE).content.decode()


def test_keys_of_others_are_unknown(client: Client, stranger: Member, workspace: Workspace) -> None:
    client.force_login(stranger.user)
    key, secret = make_key(workspace)

    assert client.post(f"{PAGE}/{key.public_id}/revoke").status_code == 404
    assert client.post(f"{PAGE}/key_nonsense/revoke").status_code == 404
    assert client.get(PAGE).context["listing"].total == 0
    assert keys.authenticate(secret, now=NOW) == key


@pytest.mark.parametrize(("role", "status"), [(Role.ADMIN, 200), (Role.MEMBER, 403), (Role.VIEWER, 403)])
def test_keys_are_for_admins(client: Client, workspace: Workspace, role: Role, status: int) -> None:
    client.force_login(make_member(workspace, role).user)

    assert client.get(PAGE).status_code == status


def test_list_takes_as_many_queries_for_three_as_for_one(client: Client, owner: Member, workspace: Workspace) -> None:
    client.force_login(owner.user)
    make_key(workspace, created_by=owner.user)
    one = queries_of(client, PAGE)
    make_key(workspace, created_by=owner.user)
    make_key(workspace, created_by=owner.user)

    assert queries_of(client, PAGE) == one
