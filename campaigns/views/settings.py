"""The settings of a campaign: its name, when it sends, how much, and from which account."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from campaigns import campaign_settings, lifecycle, linked_groups, workflows
from campaigns.forms import SettingsForm
from campaigns.models import Campaign
from campaigns.views import finding
from campaigns.views.wording import why_fixed
from fluenzr.core import htmx, problems
from fluenzr.core.errors import DomainError
from fluenzr.workspaces import access
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required

# The field of the form behind each path that the domain refuses.
_PATHS = {f"settings.{key}": field for key, field in campaign_settings.FIELDS.items()} | {
    "emailAccountId": "account",
    "groupIds": "feeding",
    "excludeGroupIds": "excluded",
}


@require_http_methods(["GET", "POST"])
@member_required(Role.VIEWER)
def page(request: MemberRequest, campaign_id: str) -> HttpResponse:
    """Show the settings, and let members change those of a draft or a paused campaign."""
    campaign = finding.campaign(request.workspace, campaign_id)
    account = workflows.sender(campaign)
    given = request.POST if request.method == "POST" else None
    linked, initial = linked_groups.of(campaign), _initial(campaign)
    form = SettingsForm(given, workspace=request.workspace, account=account, linked=linked, initial=initial)
    if given is not None:
        access.require_role(request.member, Role.MEMBER)
        if form.is_valid() and _saved(request, campaign, form):
            return htmx.go(request, "campaigns:settings", campaign.public_id, said=_("Saved."))
    may_edit = campaign.is_editable and access.allows(request.member.role, Role.MEMBER)
    if not may_edit:
        for field in form.fields.values():
            field.disabled = True
    context = {"campaign": campaign, "form": form, "may_edit": may_edit, "why_fixed": why_fixed(campaign)}
    return htmx.page(request, "campaigns/settings.html", context, status=422 if form.errors else 200)


def _initial(campaign: Campaign) -> dict[str, Any]:
    shown = {field: getattr(campaign, field) for field in campaign_settings.FIELDS.values()}
    account = workflows.sender(campaign)
    return {"name": campaign.name, "description": campaign.description or "", "account": account.pk, **shown}


def _saved(request: MemberRequest, campaign: Campaign, form: SettingsForm) -> bool:
    """Hand the form to the domain; what it refuses is put at the fields."""
    by = access.actor(request.member)
    try:
        lifecycle.update(campaign, changes=form.changes(), by=by, now=timezone.now())
    except DomainError as error:
        problems.add_to(form, error, fields=_PATHS)
        return False
    return True
