import pytest

from fluenzr.workspaces import audit
from fluenzr.workspaces.models import AuditEntry, Workspace
from tests.builders import NOW


def record(workspace: Workspace, **options: object) -> AuditEntry:
    return audit.record(workspace=workspace, by="jane@x.org", action="thing.done", now=NOW, **options)  # type: ignore[arg-type]


def test_entry_names_the_object(workspace: Workspace) -> None:
    entry = record(workspace, obj=workspace, changes={"name": ["A", "B"]})

    assert (entry.object_type, entry.object_id, entry.changes) == (
        "workspace",
        workspace.public_id,
        {"name": ["A", "B"]},
    )


def test_secrets_are_left_out(workspace: Workspace) -> None:
    entry = record(workspace, changes={"smtpPassword": "x", "webhook_secret": "x", "apiToken": "x", "host": "y"})

    assert entry.changes == {"host": "y"}


def test_origin_is_carried_only_inside(workspace: Workspace) -> None:
    with audit.origin(ip="203.0.113.7", request_id="abc"):
        inside = record(workspace)
    outside = record(workspace)

    assert (inside.ip, inside.request_id, outside.ip, outside.request_id) == ("203.0.113.7", "abc", None, "")


@pytest.mark.parametrize(
    ("given", "kept"),
    [("203.0.113.7", "203.0.113.7"), ("fe80::1%eth0", "fe80::1"), ("", None), (None, None), ("/run/socket", None)],
)
def test_address_is_one_that_a_column_keeps(given: str | None, kept: str | None) -> None:
    assert audit.address(given) == kept
