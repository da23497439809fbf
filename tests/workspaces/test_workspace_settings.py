import pytest

from fluenzr.core.errors import Invalid, PlanLimit
from fluenzr.workspaces import workspace_settings
from fluenzr.workspaces.models import AuditEntry, Workspace
from tests.builders import NOW, make_workspace

pytestmark = pytest.mark.django_db


def test_change_records_what_differs(workspace: Workspace) -> None:
    workspace_settings.change(workspace, by="jane@x.org", now=NOW, name=" Acme ", tracking_mode="off", timezone="UTC")

    assert Workspace.objects.get().tracking_mode == "off"
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.changes) == ("workspace.changed", {"tracking_mode": ["full", "off"]})


def test_change_to_the_same_records_nothing(workspace: Workspace) -> None:
    workspace_settings.change(workspace, by="x", now=NOW, name="Acme")

    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "x" * 201),
        ("timezone", "Mars/Olympus"),
        ("language", "tlh"),
        ("tracking_mode", "spy"),
    ],
)
def test_change_refuses_bad_values(workspace: Workspace, field: str, value: str) -> None:
    with pytest.raises(Invalid) as refused:
        workspace_settings.change(workspace, by="x", now=NOW, **{field: value})

    assert list(refused.value.details) == [field]


def test_signature_of_ones_own_needs_a_plan() -> None:
    workspace = make_workspace(plan="free")

    with pytest.raises(PlanLimit):
        workspace_settings.change(workspace, by="x", now=NOW, default_signature="Jane")

    workspace_settings.change(workspace, by="x", now=NOW, default_signature="", postal_address="1 rue de Rivoli")
    assert Workspace.objects.get().postal_address == "1 rue de Rivoli"
