"""What a member does to lists themselves: saved views, columns, density. Each goes back to the list at `next`."""

from urllib.parse import urlencode, urlsplit

from django.http import HttpResponse, QueryDict
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from fluenzr.core import htmx
from fluenzr.core.errors import Conflict, Invalid
from fluenzr.workspaces import saved_views
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required


@require_POST
@member_required(Role.VIEWER)
def save(request: MemberRequest) -> HttpResponse:
    """Keep the list at `next` under a name."""
    path = htmx.way_back(request, "home")
    name, is_shared = request.POST.get("name", ""), bool(request.POST.get("shared"))
    try:
        view = saved_views.save(path=path, name=name, is_shared=is_shared, by=request.member)
    except (Conflict, Invalid) as error:
        return htmx.go(request, path, said=str(error.message), tone="red")
    return htmx.go(request, _at(path, view.query, view=view.public_id), said=_("Saved as %(name)s") % {"name": view})


@require_POST
@member_required(Role.VIEWER)
def change(request: MemberRequest, view_id: str) -> HttpResponse:
    """Rename a saved view, let it show what the list shows now, or delete it: `act` is rename, update or delete."""
    path, view = htmx.way_back(request, "home"), saved_views.find(request.member, view_id)
    name = view.name
    try:
        match request.POST.get("act"):
            case "rename":
                saved_views.rename(view, name=request.POST.get("name", ""), by=request.member)
            case "update":
                saved_views.update(view, path=path, by=request.member)
            case "delete":
                saved_views.delete(view, by=request.member)
                said = _("The view %(name)s is deleted") % {"name": name}
                return htmx.go(request, _at(path, view.query), said=said)
            case _other:
                raise Invalid(_("There is no such action"))
    except (Conflict, Invalid) as error:
        return htmx.go(request, path, said=str(error.message), tone="red")
    return htmx.go(request, _at(path, view.query, view=view_id), said=_("Saved"))


@require_POST
@member_required(Role.VIEWER)
def look(request: MemberRequest) -> HttpResponse:
    """Remember the columns and the density of the list at `next`."""
    path = htmx.way_back(request, "home")
    columns = request.POST.getlist("columns")
    saved_views.keep_look(request.member, path=path, columns=columns, is_dense=bool(request.POST.get("dense")))
    address = QueryDict(urlsplit(path).query, mutable=True)
    if "view" in address:
        # A saved view has columns of its own, which would hide what was chosen just now.
        address["columns"] = ",".join(columns)
    else:
        address.pop("columns", None)
    return htmx.go(request, _at(path, address.urlencode()))


def _at(path: str, query: str, *, view: str = "") -> str:
    said = "&".join(part for part in (query, urlencode({"view": view}) if view else "") if part)
    return urlsplit(path).path + (f"?{said}" if said else "")
