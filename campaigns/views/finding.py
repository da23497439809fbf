"""The campaign of an address, in the workspace that the page shows."""

from django.http import Http404

from campaigns.models import Campaign
from fluenzr.workspaces.models import Workspace


def campaign(workspace: Workspace, public_id: str) -> Campaign:
    """Return a campaign with its draft and version, or raise the 404 that a stranger's campaign gives too."""
    rows = Campaign.objects.in_workspace(workspace).select_related("workspace", "draft", "version")
    key = Campaign.key_of(public_id)
    found: Campaign | None = rows.filter(pk=key).first() if key else None
    if found is None:
        raise Http404
    return found
