"""Plain functions that make rows with sensible defaults; a test names only what it is about."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

from contacts.models import Contact, CustomField, Group, Membership, PipelineStage
from fluenzr.mailboxes.enums import Channel, Provider
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces import keys
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import ApiKey, Member, User, Workspace

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)  # a Monday
_numbers = count(1)


def make_user(email: str = "", password: str = "correct horse", **fields: Any) -> User:
    return User.objects.create_user(email or f"user{next(_numbers)}@example.com", password, **fields)


def make_workspace(name: str = "Acme", plan: str = "pro", **fields: Any) -> Workspace:
    return Workspace.objects.create(name=name, plan=plan, **fields)


def make_member(workspace: Workspace, role: str = Role.OWNER, user: User | None = None) -> Member:
    return Member.objects.create(workspace=workspace, user=user or make_user(), role=role)


def make_key(workspace: Workspace, name: str = "Zapier", **options: Any) -> tuple[ApiKey, str]:
    return keys.issue(workspace=workspace, name=name, by="test", now=NOW, **options)


def make_contact(workspace: Workspace, email: str | None = "", **fields: Any) -> Contact:
    if email == "":
        email = f"contact{next(_numbers)}@example.com"
    return Contact.objects.create(workspace=workspace, email=email, email_key=email and email.lower(), **fields)


def make_group(workspace: Workspace, name: str = "", members: tuple[Contact, ...] = (), **fields: Any) -> Group:
    group = Group.objects.create(workspace=workspace, name=name or f"Group {next(_numbers)}", **fields)
    rows = [Membership(workspace=workspace, group=group, contact=contact, added_at=NOW) for contact in members]
    Membership.objects.bulk_create(rows)
    return group


def make_stage(workspace: Workspace, name: str = "", **fields: Any) -> PipelineStage:
    return PipelineStage.objects.create(workspace=workspace, name=name or f"Stage {next(_numbers)}", **fields)


def make_field(workspace: Workspace, key: str, kind: str = "text", **fields: Any) -> CustomField:
    return CustomField.objects.create(workspace=workspace, key=key, label=fields.pop("label", key), kind=kind, **fields)


def make_account(workspace: Workspace, email: str = "", **fields: Any) -> Account:
    """A sandbox account: it sends without a server."""
    fields = {"channel": Channel.SANDBOX, "provider": Provider.SANDBOX} | fields
    return Account.objects.create(workspace=workspace, email=email or f"me{next(_numbers)}@acme.example", **fields)
