"""The side panel of the editor: the form of a step, its values, and the mail as somebody would get it."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from campaigns import attachments, drafts, panels, previews
from campaigns.mail.rendering import Preview
from campaigns.models import Campaign
from campaigns.nodes.widgets import Files
from campaigns.views import answers, finding
from contacts.models import Contact
from fluenzr.core import documents, frames
from fluenzr.core.errors import Invalid
from fluenzr.workspaces import access
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required


@require_POST
@member_required(Role.VIEWER)
@answers.speaks_json
def panel(request: MemberRequest, campaign_id: str) -> HttpResponse:
    """Return the form of a node: `node`, and `document` as JSON, which may be newer than what is saved."""
    campaign = finding.campaign(request.workspace, campaign_id)
    try:
        document = documents.read(request.POST.get("document", "").encode())
    except ValueError as error:
        raise Http404 from error
    drafts.require_drawable(document)
    try:
        form = panels.form(campaign, document, request.POST.get("node", ""))
    except KeyError as error:
        raise Http404 from error
    may_edit = campaign.is_editable and access.allows(request.member.role, Role.MEMBER)
    return render(request, "campaigns/panel.html", {"form": form, "may_edit": may_edit} | _uploads(campaign))


@require_POST
@member_required(Role.MEMBER)
def attach(request: MemberRequest, campaign_id: str) -> HttpResponse:
    """Keep the files of `file` and return the part of the panel that lists those of its `field`, old and new.

    Files that cannot be kept are left out, and the first reason is told.
    """
    campaign = finding.campaign(request.workspace, campaign_id)
    name = request.POST.get("field", "")
    if not name.isidentifier():
        raise Http404
    entries, problem = Files().value_from_datadict(request.POST, {}, name), ""
    for upload in request.FILES.getlist("file"):
        try:
            entries = attachments.joined(entries, _kept(request, upload))
        except Invalid as error:
            problem = problem or str(error)
    context = {
        "id": f"node-{name}",
        "name": name,
        "files": panels.files(request.workspace, entries),
        "may_edit": True,
        "problem": problem,
    }
    return render(request, "campaigns/panel_files.html", context | _uploads(campaign))


def _kept(request: MemberRequest, upload: UploadedFile[Any]) -> dict[str, Any]:
    given = {"name": upload.name or "", "media_type": upload.content_type or ""}
    # One that is too large is not even read.
    attachments.require_fitting(given["name"], upload.size or 0)
    return attachments.entry(attachments.add(workspace=request.workspace, content=upload.read(), **given))


def _uploads(campaign: Campaign) -> dict[str, Any]:
    url = reverse("campaigns:workflow-attach", kwargs={"campaign_id": campaign.public_id})
    return {"url": url, "most": attachments.MAX_BYTES // 1024**2}


@require_GET
@member_required(Role.VIEWER)
def attachment(request: MemberRequest, attachment_id: str) -> HttpResponse:
    """Return a file that mails carry, to be saved."""
    row = attachments.find(request.workspace, attachment_id)
    return frames.download(row.name, bytes(row.blob.content))


@require_POST
@member_required(Role.VIEWER)
@answers.speaks_json
def values(request: MemberRequest, campaign_id: str, kind: str) -> HttpResponse:
    """Return what was typed into a panel as the data of its node; nothing is saved."""
    finding.campaign(request.workspace, campaign_id)
    try:
        data, errors = panels.values(kind, request.POST)
    except KeyError as error:
        raise Http404 from error
    return JsonResponse({"data": data, "errors": {key: [str(text) for text in texts] for key, texts in errors.items()}})


@require_GET
@member_required(Role.VIEWER)
@answers.speaks_json
def preview(request: MemberRequest, campaign_id: str) -> HttpResponse:
    """Return subject and text of the saved mail of `node` for the n-th `person`, and who that is."""
    campaign = finding.campaign(request.workspace, campaign_id)
    person, number, people = _person(request, campaign)
    mail = _mail(request, campaign, person)
    return JsonResponse(
        {
            "person": f"{number + 1} / {people}: {person}",
            "people": people,
            "subject": mail.subject,
            "text": mail.text,
            "missing": list(mail.missing),
            "attachments": [{"name": one["name"], "size": filesizeformat(one["size"])} for one in mail.attachments],
        }
    )


@require_GET
@member_required(Role.VIEWER)
def mail(request: MemberRequest, campaign_id: str) -> HttpResponse:
    """Return the HTML of that mail, for the frame."""
    campaign = finding.campaign(request.workspace, campaign_id)
    try:
        person, _number, _people = _person(request, campaign)
        return frames.mail(_mail(request, campaign, person).html)
    except Invalid as error:
        raise Http404 from error


def _person(request: HttpRequest, campaign: Campaign) -> tuple[Contact, int, int]:
    """Return the person that is asked for, the number, and how many there are."""
    people = previews.people(campaign)
    asked = request.GET.get("person", "")
    number = min(int(asked), len(people) - 1) if asked.isascii() and asked.isdigit() else 0
    return people[number], number, len(people)


def _mail(request: HttpRequest, campaign: Campaign, person: Contact) -> Preview:
    document: dict[str, Any] = drafts.shown(campaign)
    node = request.GET.get("node", "")
    return previews.draft_mail(campaign, document=document, node=node, contact=person, now=timezone.now())
