"""The stages of the pipeline: their names, colours, order and meaning."""

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts import contact_settings, stages
from contacts.models import Contact
from contacts.pipeline_forms import CurrencyForm, RemovalForm, StageForm
from contacts.views import finding
from fluenzr.core import htmx, problems
from fluenzr.core.errors import DomainError
from fluenzr.workspaces import access
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required

TEMPLATE = "contacts/stages.html"
FORM = "contacts/stage_edit.html"


@require_GET
@member_required(Role.VIEWER)
def listed(request: MemberRequest) -> HttpResponse:
    """Show the stages from left to right."""
    form = CurrencyForm(initial={"currency": contact_settings.of(request.workspace).currency})
    return _page(request, form)


@require_http_methods(["GET", "POST"])
@member_required(Role.MEMBER)
def new(request: MemberRequest) -> HttpResponse:
    """Add a stage at the right end."""
    form = StageForm(request.POST if request.method == "POST" else None, initial={"colour": "grey"})
    if request.method == "POST" and form.is_valid():
        by, now = access.actor(request.member), timezone.now()
        try:
            stages.create(workspace=request.workspace, by=by, now=now, **form.cleaned_data)
        except DomainError as error:
            problems.add_to(form, error)
        else:
            return htmx.go(request, "pipeline:stages", said=_("Stage added."))
    return htmx.page(request, FORM, {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@member_required(Role.MEMBER)
def edit(request: MemberRequest, stage_id: str) -> HttpResponse:
    """Change the name, colour or meaning of a stage."""
    stage = finding.stage(request.workspace, stage_id)
    name = stage.name
    values = {"name": name, "colour": stage.colour, "role": stage.role}
    form = StageForm(request.POST if request.method == "POST" else None, initial=values)
    if request.method == "POST" and form.is_valid():
        try:
            stages.update(stage, changes=form.cleaned_data, by=access.actor(request.member), now=timezone.now())
        except DomainError as error:
            problems.add_to(form, error)
        else:
            return htmx.go(request, "pipeline:stages", said=_("Saved."))
    context = {"form": form, "stage": stage, "name": name}
    return htmx.page(request, FORM, context, status=422 if form.errors else 200)


@require_POST
@member_required(Role.MEMBER)
def shift(request: MemberRequest, stage_id: str) -> HttpResponse:
    """Let a stage change places with its neighbour: `to` is left or right."""
    stage = finding.stage(request.workspace, stage_id)
    to_right = request.POST.get("to") == "right"
    stages.shift(stage, by=access.actor(request.member), now=timezone.now(), to_right=to_right)
    return htmx.go(request, "pipeline:stages")


@require_http_methods(["GET", "POST"])
@member_required(Role.MEMBER)
def delete(request: MemberRequest, stage_id: str) -> HttpResponse:
    """Delete a stage; who is in it moves to another first."""
    stage = finding.stage(request.workspace, stage_id)
    number = Contact.objects.in_workspace(request.workspace).filter(stage=stage).count()
    others = [one for one in stages.ordered(request.workspace) if one != stage]
    form = RemovalForm(request.POST if request.method == "POST" else None, others=others)
    if request.method == "POST" and (not number or form.is_valid()):
        target = form.target() if number else None
        stages.delete(stage, move_to=target, by=access.actor(request.member), now=timezone.now())
        return htmx.go(request, "pipeline:stages", said=_("Stage deleted."))
    context = {"form": form, "stage": stage, "number": number}
    return htmx.page(request, "contacts/stage_delete.html", context, status=422 if form.errors else 200)


@require_POST
@member_required(Role.MEMBER)
def currency(request: MemberRequest) -> HttpResponse:
    """Say in what the deals are counted."""
    form = CurrencyForm(request.POST)
    if form.is_valid():
        by, now = access.actor(request.member), timezone.now()
        try:
            contact_settings.change(request.workspace, by=by, now=now, **form.cleaned_data)
        except DomainError as error:
            problems.add_to(form, error)
        else:
            return htmx.go(request, "pipeline:stages", said=_("Saved."))
    return _page(request, form, status=422)


def _page(request: MemberRequest, form: CurrencyForm, *, status: int = 200) -> HttpResponse:
    context = {
        "stages": stages.with_counts(request.workspace),
        "form": form,
        "may_edit": access.allows(request.member.role, Role.MEMBER),
    }
    return htmx.page(request, TEMPLATE, context, status=status)
