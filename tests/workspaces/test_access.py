import pytest

from fluenzr.core.errors import Forbidden, NotFound
from fluenzr.workspaces import access
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import make_key


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.OWNER, {Role.OWNER, Role.ADMIN, Role.MEMBER, Role.VIEWER}),
        (Role.ADMIN, {Role.ADMIN, Role.MEMBER, Role.VIEWER}),
        (Role.MEMBER, {Role.MEMBER, Role.VIEWER}),
        (Role.VIEWER, {Role.VIEWER}),
    ],
)
def test_role_includes_those_below(role: Role, allowed: set[Role]) -> None:
    assert {needed for needed in Role if access.allows(role, needed)} == allowed


def test_member_of_refuses_a_stranger(workspace: Workspace, stranger: Member) -> None:
    with pytest.raises(NotFound):
        access.member_of(stranger.user, workspace)


def test_member_of_refuses_someone_who_was_shut_out(workspace: Workspace, owner: Member) -> None:
    owner.user.is_active = False

    with pytest.raises(NotFound):
        access.member_of(owner.user, workspace)


def test_require_role_refuses_a_lower_one(teammate: Member) -> None:
    with pytest.raises(Forbidden):
        access.require_role(teammate, Role.ADMIN)


def test_reading_key_may_not_write(workspace: Workspace) -> None:
    key, _secret = make_key(workspace, scope="read")

    with pytest.raises(Forbidden, match="may only read"):
        access.require_write(key)


def test_actor_names_people_and_keys(workspace: Workspace, owner: Member) -> None:
    key, _secret = make_key(workspace, "Zapier")

    assert (access.actor(owner), access.actor(key)) == (owner.user.email, "api key Zapier")
