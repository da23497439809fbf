"""The history of a workflow, and its way back into a campaign that was paused."""

from typing import Any, cast

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns import lifecycle, versions
from campaigns.drafts import Stale
from campaigns.enums import RUNNING, CampaignStatus
from campaigns.models import Campaign, Enrolment
from campaigns.versions import Change
from campaigns.views import answers, editor, finding, launch
from fluenzr.core.errors import DomainError
from fluenzr.workspaces import access
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required


@require_GET
@member_required(Role.VIEWER)
@answers.speaks_json
def listed(request: MemberRequest, campaign_id: str) -> HttpResponse:
    """Return the published versions, newest first, and what the draft changes against the one that runs."""
    campaign = finding.campaign(request.workspace, campaign_id)
    found = [
        {
            "number": one.version.number,
            "at": one.version.created_at.isoformat(),
            "by": one.version.created_by,
            "current": one.is_current,
            "changes": [_shown(change) for change in one.changes],
        }
        for one in versions.published(campaign)
    ]
    return JsonResponse({"versions": found, "draft": [_shown(change) for change in versions.unpublished(campaign)]})


@require_POST
@member_required(Role.MEMBER)
@answers.speaks_json
def restore(request: MemberRequest, campaign_id: str, number: int) -> HttpResponse:
    """Make a version the draft: `{"revision"}` is that of the draft that it replaces."""
    campaign = finding.campaign(request.workspace, campaign_id)
    revision = editor.revision_of(answers.body(request))
    by, now = access.actor(request.member), timezone.now()
    try:
        campaign.draft = versions.restore(campaign, number=number, revision=revision, by=by, now=now)
    except Stale as error:
        return editor.conflict(campaign, error)
    return JsonResponse(editor.loaded(campaign))


@require_http_methods(["GET", "POST"])
@member_required(Role.MEMBER)
def resume(request: MemberRequest, campaign_id: str) -> HttpResponse:
    """Ask what becomes of the people under way where the workflow was changed, and let the campaign run again."""
    campaign = finding.campaign(request.workspace, campaign_id)
    problems: list[Any] = []
    if request.method == "POST":
        in_flight = cast(Any, "move" if request.POST.get("in_flight") == "move" else "stay")
        try:
            lifecycle.resume(campaign, by=access.actor(request.member), now=timezone.now(), in_flight=in_flight)
        except DomainError as error:
            problems = [text for texts in error.details.values() for text in texts] or [error.message]
        else:
            return redirect("campaigns:workflow", campaign.public_id)
    context = {"campaign": campaign, "problems": problems, **_in_flight(campaign)}
    if context["is_paused"]:
        context |= launch.checked(campaign)
    return render(request, "campaigns/resume.html", context, status=409 if problems else 200)


def _in_flight(campaign: Campaign) -> dict[str, Any]:
    """Return what the draft changes, how many people are under way, and how many stand where nothing is any more."""
    nodes = [item["id"] for item in campaign.draft.graph["nodes"]]
    rows = Enrolment.objects.filter(campaign=campaign, status__in=RUNNING).exclude(node="")
    return {
        "is_paused": campaign.status == CampaignStatus.PAUSED,
        "changes": versions.unpublished(campaign),
        "people": rows.count(),
        "lost": rows.exclude(node__in=nodes).count(),
    }


def _shown(change: Change) -> dict[str, Any]:
    return {
        "kind": str(change.kind.label),
        "node": change.node,
        "title": change.title,
        "summary": change.summary,
        "fields": [str(field) for field in change.fields],
    }
