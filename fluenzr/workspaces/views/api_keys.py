"""API keys: made, shown once, revoked."""

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from fluenzr.core import htmx, listing, problems
from fluenzr.core.errors import DomainError, NotFound
from fluenzr.workspaces import access, keys, plans
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required
from fluenzr.workspaces.models import ApiKey
from fluenzr.workspaces.settings_forms import KeyForm

_SORTS = {"name": "name", "created": "created_at", "used": "last_used_at"}


@require_http_methods(["GET", "POST"])
@never_cache
@member_required(Role.ADMIN)
def listed(request: MemberRequest) -> HttpResponse:
    """The keys of the workspace; a POST makes one and answers with its secret, this once."""
    form, secret = KeyForm(request.POST or None), ""
    if form.is_valid():
        try:
            secret = keys.create(
                workspace=request.workspace,
                by=access.actor(request.member),
                now=timezone.now(),
                created_by=request.user,
                **form.cleaned_data,
            )[1]
            form = KeyForm()
        except DomainError as error:
            problems.add_to(form, error)
    rows = ApiKey.objects.in_workspace(request.workspace).select_related("created_by")
    context = {
        "form": form,
        "secret": secret,
        "listing": listing.read(request, rows, sorts=_SORTS, default="-created"),
        "has_api": plans.limits(request.workspace).allows(plans.Feature.API),
        "now": timezone.now(),
    }
    return htmx.page(request, "workspaces/api_keys.html", context, part="list", status=422 if form.errors else 200)


@require_POST
@member_required(Role.ADMIN)
def revoke(request: MemberRequest, key_id: str) -> HttpResponse:
    """End a key."""
    key: ApiKey | None = ApiKey.objects.in_workspace(request.workspace).filter(pk=ApiKey.key_of(key_id)).first()
    if key is None:
        raise NotFound(_("There is no such key"))
    keys.revoke(key, by=access.actor(request.member), now=timezone.now())
    return htmx.go(request, "workspaces:api-keys", said=_("%(name)s is revoked") % {"name": key.name})
