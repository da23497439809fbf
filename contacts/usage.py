"""What of its plan a workspace uses by its contacts."""

from datetime import datetime

from contacts.models import Contact
from fluenzr.workspaces import usage
from fluenzr.workspaces.models import Workspace
from fluenzr.workspaces.plans import Limit


def _contacts(workspace: Workspace, now: datetime) -> int:
    return Contact.objects.in_workspace(workspace).count()


usage.register(Limit.CONTACTS, _contacts)
