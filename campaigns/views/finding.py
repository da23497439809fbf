"""The campaign of an address, in the workspace that the page shows."""

from campaigns.models import Campaign
from fluenzr.core import finding
from fluenzr.workspaces.models import Workspace


def campaign(workspace: Workspace, public_id: str) -> Campaign:
    """Return a campaign with its draft and version, or raise the 404 of `core.finding`."""
    rows = Campaign.objects.in_workspace(workspace).select_related("workspace", "draft", "version")
    return finding.one(Campaign, rows, public_id)
