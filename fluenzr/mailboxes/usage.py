"""What of its plan a workspace uses by its e-mail accounts."""

from datetime import datetime

from fluenzr.mailboxes.models import Account
from fluenzr.workspaces import usage
from fluenzr.workspaces.models import Workspace
from fluenzr.workspaces.plans import Limit


def _accounts(workspace: Workspace, now: datetime) -> int:
    return Account.objects.in_workspace(workspace).listed().count()


usage.register(Limit.EMAIL_ACCOUNTS, _accounts)
