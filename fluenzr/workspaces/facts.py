"""What other apps are told about workspaces."""

import uuid
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class WorkspaceCreated:
    """A workspace exists; what it starts with (stages, for one) is written by who owns that."""

    workspace_id: uuid.UUID
    at: datetime
