"""The workflow editor: its page, and what its island loads and saves."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns import drafts, panels, progress, traffic
from campaigns.drafts import Stale
from campaigns.enums import CampaignStatus
from campaigns.mail import variables
from campaigns.models import Campaign
from campaigns.views import answers, deeds, finding, icons
from campaigns.views.deeds import Deed
from campaigns.views.editor_words import words
from campaigns.views.wording import why_fixed
from fluenzr.workspaces import access
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required


@require_GET
@member_required(Role.VIEWER)
def page(request: MemberRequest, campaign_id: str) -> HttpResponse:
    """Show the editor; where nothing may be changed it only shows, with the numbers of what runs."""
    campaign = finding.campaign(request.workspace, campaign_id)
    context = {"campaign": campaign, "config": _config(request, campaign), "deeds": _deeds(request, campaign)}
    return render(request, "campaigns/workflow.html", context)


@require_http_methods(["GET", "POST"])
@member_required(Role.VIEWER)
@answers.speaks_json
def draft(request: MemberRequest, campaign_id: str) -> HttpResponse:
    """Return the draft, or save one: `{"document", "revision"}`; 409 holds `theirs` when somebody else was faster."""
    campaign = finding.campaign(request.workspace, campaign_id)
    if request.method == "GET":
        return JsonResponse(loaded(campaign))
    access.require_role(request.member, Role.MEMBER)
    given = answers.body(request)
    try:
        by = access.actor(request.member)
        saved = drafts.save(campaign, document=given.get("document"), revision=revision_of(given), by=by)
    except Stale as error:
        return conflict(campaign, error)
    campaign.draft = saved
    return JsonResponse(loaded(campaign) | {"document": None})


@require_POST
@member_required(Role.VIEWER)
@answers.speaks_json
def problems(request: MemberRequest, campaign_id: str) -> HttpResponse:
    """Return what keeps a document from running that is not saved: `{"document"}`."""
    campaign = finding.campaign(request.workspace, campaign_id)
    document = answers.body(request).get("document")
    drafts.require_drawable(document)
    return JsonResponse(_told(campaign, answers.as_object(document)))


@require_GET
@member_required(Role.VIEWER)
@answers.speaks_json
def palette(request: MemberRequest, campaign_id: str) -> HttpResponse:
    """Return the node types that may be drawn."""
    campaign = finding.campaign(request.workspace, campaign_id)
    return JsonResponse({"palette": panels.palette(campaign.workspace)})


@require_GET
@member_required(Role.VIEWER)
@answers.speaks_json
def counts(request: MemberRequest, campaign_id: str) -> HttpResponse:
    """Return how many people wait at each node, and what left it."""
    return JsonResponse(traffic.of(finding.campaign(request.workspace, campaign_id)))


def loaded(campaign: Campaign) -> dict[str, Any]:
    """Return the document that is shown, with all that the island draws of it."""
    document = drafts.shown(campaign)
    return {
        "document": document,
        "revision": campaign.draft.revision,
        "savedAt": campaign.draft.updated_at.isoformat(),
        "savedBy": campaign.draft.saved_by,
        **_told(campaign, document),
    }


def conflict(campaign: Campaign, error: Stale) -> HttpResponse:
    """Answer a save that came too late with what is there now."""
    campaign.draft = error.draft
    return JsonResponse({"message": str(error), "theirs": loaded(campaign)}, status=409)


def revision_of(given: Mapping[str, Any]) -> int:
    """Return the revision that a save began with; 0, which none has, when it is not said."""
    revision = given.get("revision")
    return revision if isinstance(revision, int) else 0


def _told(campaign: Campaign, document: Mapping[str, Any]) -> dict[str, Any]:
    found = drafts.problems(campaign, document) if campaign.is_editable else []
    return {
        "problems": [
            {"node": one.node, "field": one.field, "label": str(one.label), "text": str(one.text)} for one in found
        ],
        "cards": {
            node: {"title": card.title, "summary": card.summary}
            for node, card in drafts.cards(campaign, document).items()
        },
    }


def _config(request: MemberRequest, campaign: Campaign) -> dict[str, Any]:
    """Return all that the island begins with, so that it draws without asking anything."""
    known = panels.palette(campaign.workspace)
    may_edit = campaign.is_editable and access.allows(request.member.role, Role.MEMBER)
    return {
        **loaded(campaign),
        "editable": may_edit,
        "me": access.actor(request.member),
        "zone": timezone.get_current_timezone_name(),
        "live": campaign.status == CampaignStatus.ACTIVE,
        "palette": known,
        "icons": icons.drawings(entry["icon"] for entry in known),
        "traffic": traffic.of(campaign) if campaign.started_at else {},
        "variables": [{"key": key, "label": str(label)} for key, label in variables.words(campaign.workspace).items()],
        "urls": _urls(campaign),
        "words": words() | {"read_only": why_fixed(campaign)},
        "go": _go(campaign) if may_edit else None,
    }


def _deeds(request: MemberRequest, campaign: Campaign) -> list[Deed]:
    """Return the pause of what runs: the workflow can be changed then. Other deeds are on the overview."""
    if campaign.status != CampaignStatus.ACTIVE or not access.allows(request.member.role, Role.MEMBER):
        return []
    far = progress.of([campaign])[campaign.pk]
    return deeds.of(campaign, people=far.people, under_way=far.under_way)


def _urls(campaign: Campaign) -> dict[str, str]:
    names = ("draft", "counts", "panel", "preview", "mail", "versions")
    return {name: _url(campaign, f"workflow-{name}") for name in names} | {
        "values": _url(campaign, "workflow-values", kind="KIND"),
        "restore": _url(campaign, "workflow-restore", number=0),
        "snippets": reverse("campaigns:snippets-menu"),
        "snippetPage": reverse("campaigns:snippets"),
        "previewPage": _url(campaign, "preview"),
        "simulator": _url(campaign, "simulator"),
    }


def _url(campaign: Campaign, name: str, **more: Any) -> str:
    return reverse(f"campaigns:{name}", kwargs={"campaign_id": campaign.public_id, **more})


def _go(campaign: Campaign) -> dict[str, str]:
    """Return the way on: the resume of what is paused, else the page that starts it."""
    if campaign.status == CampaignStatus.PAUSED:
        return {"label": _("Resume"), "url": _url(campaign, "workflow-resume")}
    return {"label": _("Launch"), "url": _url(campaign, "launch")}
