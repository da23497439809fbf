"""What of its plan a workspace uses by its campaigns."""

from datetime import datetime

from campaigns.models import DayCount
from fluenzr.core import clock
from fluenzr.workspaces import usage
from fluenzr.workspaces.models import Workspace
from fluenzr.workspaces.plans import Limit


def _mails_today(workspace: Workspace, now: datetime) -> int:
    """Return the mails that today's date has taken; they are counted only while the plan limits them."""
    today = DayCount.objects.in_workspace(workspace).filter(day=clock.local_date(now, workspace.timezone))
    return sum(today.values_list("taken", flat=True))


usage.register(Limit.EMAILS_PER_DAY, _mails_today)
