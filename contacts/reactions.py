"""What contacts do when something happens below them."""

from contacts import stages
from fluenzr.core import bus
from fluenzr.workspaces.facts import WorkspaceCreated


@bus.subscribe(WorkspaceCreated)
def give_stages(fact: WorkspaceCreated) -> None:
    """A new workspace starts with the default pipeline."""
    stages.create_defaults(fact.workspace_id)
