"""A campaign's workflow: the draft that people edit, and the versions that run.

A version never changes; a new one is published only where the draft differs from the last.
"""

from collections.abc import Mapping
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from campaigns import graph
from campaigns.mail import rendering
from campaigns.models import Campaign, WorkflowDraft, WorkflowVersion
from fluenzr.core.errors import Invalid
from fluenzr.mailboxes.enums import AccountStatus
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces import plans

Found = dict[str, list[Any]]


def document(campaign: Campaign) -> dict[str, Any]:
    """Return the workflow that the next start or resume would run."""
    drawn: dict[str, Any] = campaign.draft.graph
    return drawn


def write(campaign: Campaign, given: Mapping[str, Any] | None, *, by: str) -> WorkflowVersion:
    """Make a document the campaign's workflow and publish it; None stands for start -> end (contract A32).

    Raises:
        Invalid: the document may not run; every problem is listed by its path, and nothing changes.
    """
    drawn = dict(graph.EMPTY) if given is None else given
    graph.check(drawn, workspace=campaign.workspace)
    draft, created = WorkflowDraft.objects.get_or_create(
        campaign=campaign, defaults={"workspace": campaign.workspace, "graph": drawn, "saved_by": by}
    )
    if not created and draft.graph != drawn:
        draft.graph, draft.revision, draft.saved_by = drawn, draft.revision + 1, by
        draft.save(update_fields=["graph", "revision", "saved_by", "updated_at"])
    campaign.draft = draft
    return publish(campaign, by=by)


def publish(campaign: Campaign, *, by: str) -> WorkflowVersion:
    """Make the draft the version that runs, with its links; the caller has checked it and holds the campaign's row.

    Where cards only moved, or a default was written out, the version that is there goes on.
    """
    drawn, current = document(campaign), campaign.version
    if current is not None and graph.parse(current.graph) == graph.parse(drawn):
        return current
    newest = WorkflowVersion.objects.filter(campaign=campaign).aggregate(newest=Max("number"))["newest"] or 0
    version = WorkflowVersion.objects.create(
        workspace_id=campaign.workspace_id, campaign=campaign, number=newest + 1, graph=drawn, created_by=by
    )
    rendering.publish_links(version)
    campaign.version = version
    campaign.save(update_fields=["version"])
    return version


def problems(campaign: Campaign, given: object = None) -> Found:
    """Return all that `start` would refuse, by path; of a document that is not saved yet when one is given."""
    drawn = document(campaign) if given is None else given
    found: Found = dict(graph.problems(drawn, workspace=campaign.workspace))
    if not found and not graph.parse(_checked(drawn)).emails():
        found["workflow"] = [_("The workflow has no email")]
    if sender(campaign).status == AccountStatus.DISABLED:
        found["emailAccountId"] = [_("The email account is disabled")]
    return found


def _checked(drawn: object) -> Mapping[str, Any]:
    # A document without problems is an object; this only tells the type checker.
    return drawn if isinstance(drawn, Mapping) else {}


def require_runnable(campaign: Campaign) -> None:
    """Refuse what may not run.

    Raises:
        Invalid: the workflow has problems or no email, or the account is disabled; all of it is listed.
        PlanLimit: a node needs a feature that the plan lacks (contract A42).
    """
    found = problems(campaign)
    if found:
        raise Invalid(next(iter(found.values()))[0], details=found)
    nodes = graph.parse(document(campaign)).nodes.values()
    for feature in sorted({node.type.feature for node in nodes} - {""}):
        plans.require(campaign.workspace, plans.Feature(feature))


def sender(campaign: Campaign) -> Account:
    """Return the account behind `emailAccountId`: that of the first lane."""
    lane = min(campaign.lanes.all(), key=lambda lane: lane.position)
    account: Account = lane.account
    return account
