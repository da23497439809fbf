"""The side panel of the editor: the form of a step, its values, and the mail as somebody would get it."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from campaigns import drafts, panels, previews
from campaigns.mail.rendering import Preview
from campaigns.models import Campaign
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
    return render(request, "campaigns/panel.html", {"form": form, "may_edit": may_edit})


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
