"""Settings of the workspace itself, and its plan."""

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from fluenzr.core import htmx, problems
from fluenzr.core.errors import DomainError, PlanLimit
from fluenzr.workspaces import access, plans, usage, workspace_settings
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required
from fluenzr.workspaces.settings_forms import SettingsForm


@require_http_methods(["GET", "POST"])
@member_required(Role.VIEWER)
def settings(request: MemberRequest) -> HttpResponse:
    """Name, postal address, time zone, language, tracking and signature; admins change them."""
    workspace, may_change = request.workspace, access.allows(request.member.role, Role.ADMIN)
    if request.method == "POST":
        access.require_role(request.member, Role.ADMIN)
    initial = {name: getattr(workspace, name) for name in workspace_settings.FIELDS}
    form = SettingsForm(request.POST or None, initial=initial)
    for field in form.fields.values():
        field.disabled = not may_change
    if form.is_valid():
        by = access.actor(request.member)
        try:
            workspace_settings.change(workspace, by=by, now=timezone.now(), **form.cleaned_data)
            return htmx.go(request, "workspaces:settings", said=_("Saved"))
        except PlanLimit as error:
            form.add_error("default_signature", str(error))
        except DomainError as error:
            problems.add_to(form, error)
    context = {"form": form, "may_change": may_change}
    return htmx.page(request, "workspaces/settings.html", context, status=422 if form.errors else 200)


@require_GET
@member_required(Role.VIEWER)
def plan(request: MemberRequest) -> HttpResponse:
    """The plan, how much of its limits is used, and what it includes."""
    current = plans.limits(request.workspace)
    context = {
        "plan": current,
        "uses": usage.of(request.workspace, now=timezone.now()),
        "features": [(feature.label, current.allows(feature)) for feature in plans.Feature],
    }
    return htmx.page(request, "workspaces/plan.html", context)
