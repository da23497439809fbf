import pytest
from django.test import Client

from fluenzr.core.errors import Conflict, Forbidden, Invalid
from fluenzr.workspaces import members
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import AuditEntry, Member, Workspace
from tests.builders import NOW, make_member

pytestmark = pytest.mark.django_db


def test_change_role_is_recorded(owner: Member, teammate: Member) -> None:
    members.change_role(teammate, role="admin", by=owner, now=NOW)

    assert Member.objects.get(pk=teammate.pk).role == "admin"
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor) == ("member.role_changed", owner.user.email)
    assert entry.changes == {"email": teammate.user.email, "role": ["member", "admin"]}


def test_change_role_to_the_same_records_nothing(owner: Member) -> None:
    members.change_role(owner, role="owner", by=owner, now=NOW)

    assert not AuditEntry.objects.exists()


def test_change_role_refuses_unknown_roles(owner: Member, teammate: Member) -> None:
    with pytest.raises(Invalid):
        members.change_role(teammate, role="king", by=owner, now=NOW)


@pytest.mark.parametrize(("by", "of", "role"), [("admin", "owner", "viewer"), ("admin", "member", "owner")])
def test_only_owners_decide_about_owners(workspace: Workspace, owner: Member, by: str, of: str, role: str) -> None:
    actor, member = make_member(workspace, by), make_member(workspace, of)

    with pytest.raises(Forbidden):
        members.change_role(member, role=role, by=actor, now=NOW)

    assert Member.objects.get(pk=member.pk).role == of


def test_last_owner_stays_an_owner(owner: Member, teammate: Member) -> None:
    with pytest.raises(Conflict):
        members.change_role(owner, role="member", by=owner, now=NOW)
    with pytest.raises(Conflict):
        members.remove(owner, by=owner, now=NOW)

    assert list(Member.objects.filter(role=Role.OWNER)) == [owner]


def test_an_owner_may_go_while_another_stays(workspace: Workspace, owner: Member) -> None:
    members.remove(owner, by=make_member(workspace, Role.OWNER), now=NOW)

    assert Member.objects.count() == 1


def test_remove_ends_the_sessions_of_that_person_only(owner: Member, teammate: Member) -> None:
    theirs, ours = Client(), Client()
    theirs.force_login(teammate.user)
    ours.force_login(owner.user)

    members.remove(teammate, by=owner, now=NOW)

    assert not theirs.session.get("_auth_user_id")
    assert ours.session["_auth_user_id"] == str(owner.user.pk)
    assert AuditEntry.objects.get().changes == {"email": teammate.user.email, "role": "member"}


def test_members_may_leave_but_not_remove_others(workspace: Workspace, teammate: Member) -> None:
    other = make_member(workspace, Role.VIEWER)
    with pytest.raises(Forbidden):
        members.remove(other, by=teammate, now=NOW)

    members.remove(teammate, by=teammate, now=NOW)

    assert list(workspace.members.all()) == [other]


def test_remove_twice_is_a_conflict(owner: Member, teammate: Member) -> None:
    members.remove(Member.objects.get(pk=teammate.pk), by=owner, now=NOW)

    with pytest.raises(Conflict):
        members.remove(teammate, by=owner, now=NOW)
