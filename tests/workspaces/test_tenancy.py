import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from fluenzr.core.errors import Conflict, Invalid, PlanLimit
from fluenzr.workspaces import keys, tenancy
from fluenzr.workspaces.models import AuditEntry, Member, User, Workspace
from tests.builders import NOW, make_member, make_user, make_workspace

pytestmark = pytest.mark.django_db


def test_create_workspace_makes_its_owner_and_stages() -> None:
    jane = make_user("jane@x.org")

    workspace = tenancy.create_workspace(name=" Acme ", owner=jane, plan="free", by="jane@x.org", now=NOW)

    assert (workspace.name, workspace.plan) == ("Acme", "free")
    assert [(member.user, member.role) for member in workspace.members.all()] == [(jane, "owner")]
    names = workspace.stages.order_by("position").values_list("name", flat=True)
    assert list(names) == ["Lead", "Qualified", "Proposal", "Negotiation", "Won", "Lost"]


@pytest.mark.parametrize(("field", "value"), [("plan", "gold"), ("timezone", "Mars/Olympus"), ("name", " ")])
def test_create_workspace_refuses_bad_values(field: str, value: str) -> None:
    values = {"name": "Acme", "plan": "pro", "timezone": "UTC"} | {field: value}

    with pytest.raises(Invalid) as refused:
        tenancy.create_workspace(owner=make_user(), by="x", now=NOW, **values)

    assert list(refused.value.details) == [field]
    assert not Workspace.objects.exists()


def test_create_user_refuses_an_address_in_use() -> None:
    make_user("jane@x.org")

    with pytest.raises(Conflict):
        tenancy.create_user(email="Jane@X.org", password="correct horse")


def test_add_member_stops_at_the_plan() -> None:
    workspace = make_workspace(plan="starter")
    make_member(workspace)

    with pytest.raises(PlanLimit, match="The Starter plan allows 1 members"):
        tenancy.add_member(workspace=workspace, user=make_user(), role="member", by="x", now=NOW)


def test_add_member_twice_is_a_conflict(owner: Member) -> None:
    with pytest.raises(Conflict):
        tenancy.add_member(workspace=owner.workspace, user=owner.user, role="member", by="x", now=NOW)


def test_change_plan_is_audited(workspace: Workspace) -> None:
    tenancy.change_plan(workspace, plan="free", by="staff", now=NOW)

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.object_id, entry.changes) == (
        "workspace.plan_changed",
        workspace.public_id,
        {"plan": ["pro", "free"]},
    )


def run(*arguments: str) -> dict[str, str]:
    out = StringIO()
    call_command("workspace", *arguments, stdout=out, stderr=StringIO())
    shown: dict[str, str] = json.loads(out.getvalue())
    return shown


def test_command_creates_a_workspace_with_a_working_key() -> None:
    shown = run(
        *("create", "--name", "Acme", "--plan", "pro", "--owner", "a@b.c", "--password", "pw"),
        *("--api-key", "Script", "--json"),
    )

    key = keys.authenticate(shown["apiKey"], now=NOW)
    assert key is not None
    assert key.workspace.public_id == shown["workspaceId"]
    assert User.objects.get(email="a@b.c").check_password("pw")


def test_command_needs_a_password_for_a_new_owner() -> None:
    with pytest.raises(CommandError, match="--password"):
        run("create", "--name", "Acme", "--owner", "a@b.c", "--json")


def test_command_changes_the_plan(workspace: Workspace) -> None:
    assert run("plan", workspace.public_id, "free", "--json") == {"workspaceId": workspace.public_id, "plan": "free"}
