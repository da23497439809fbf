"""The list of contacts, and what is done to the chosen ones."""

import uuid
from datetime import datetime

from django.db.models import Prefetch
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from contacts import filters, grouping, people, tagging
from contacts.forms import ContactFilters
from contacts.models import Contact, Tagging
from contacts.views import finding
from fluenzr.core import htmx, listing
from fluenzr.core.errors import Invalid
from fluenzr.workspaces import access
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required

SORTS = {"email": "email_key", "name": "last_name", "company": "company", "status": "status", "added": "created_at"}


@require_GET
@member_required(Role.VIEWER)
def listed(request: MemberRequest) -> HttpResponse:
    """Show the contacts that the address asks for."""
    form = ContactFilters(request.GET, workspace=request.workspace)
    query, wanted = form.wanted()
    rows = filters.narrowed(Contact.objects.in_workspace(request.workspace), request.workspace, wanted)
    tags = Prefetch("taggings", Tagging.objects.select_related("tag").order_by("tag__name"))
    rows = filters.matching(rows, query).prefetch_related(tags)
    context = {
        "listing": listing.read(request, rows, sorts=SORTS, default="-added", filters=form),
        "groups": form.groups,
        "may_edit": access.allows(request.member.role, Role.MEMBER),
    }
    return htmx.page(request, "contacts/list.html", context, part="list")


@require_POST
@member_required(Role.MEMBER)
def bulk(request: MemberRequest) -> HttpResponse:
    """Do `act` to the contacts `chosen`, with the `group` or `tag` that it needs."""
    act = _ACTS.get(request.POST.get("act", ""))
    if act is None:
        raise Invalid(_("There is no such action"))
    keys = finding.chosen(request.workspace, request.POST.getlist("chosen"))
    if not keys:
        return htmx.go(request, finding.way_back(request), said=_("Choose contacts first."), tone="amber")
    return htmx.go(request, finding.way_back(request), said=act(request, keys, timezone.now()))


def _join(request: MemberRequest, keys: list[uuid.UUID], now: datetime) -> str:
    group = finding.group(request.workspace, request.POST.get("group", ""))
    number = grouping.add(group=group, contact_ids=keys, now=now)
    said = ngettext("%(number)s contact added to %(group)s.", "%(number)s contacts added to %(group)s.", number)
    return said % {"number": number, "group": group.name}


def _part(request: MemberRequest, keys: list[uuid.UUID], now: datetime) -> str:
    group = finding.group(request.workspace, request.POST.get("group", ""))
    number = grouping.remove(group=group, contact_ids=keys)
    said = ngettext("%(number)s contact taken out of %(group)s.", "%(number)s contacts taken out of %(group)s.", number)
    return said % {"number": number, "group": group.name}


def _tag(request: MemberRequest, keys: list[uuid.UUID], now: datetime) -> str:
    names = tagging.clean([request.POST.get("tag", "")])
    tagging.add(workspace=request.workspace, names=dict.fromkeys(keys, names), now=now)
    said = ngettext("%(number)s contact tagged %(tag)s.", "%(number)s contacts tagged %(tag)s.", len(keys))
    return said % {"number": len(keys), "tag": names[0]}


def _untag(request: MemberRequest, keys: list[uuid.UUID], now: datetime) -> str:
    names = tagging.clean([request.POST.get("tag", "")])
    number = tagging.remove(workspace=request.workspace, contact_ids=keys, names=names)
    said = ngettext("Tag %(tag)s taken off %(number)s contact.", "Tag %(tag)s taken off %(number)s contacts.", number)
    return said % {"number": number, "tag": names[0]}


def _delete(request: MemberRequest, keys: list[uuid.UUID], now: datetime) -> str:
    number = people.delete(workspace=request.workspace, contact_ids=keys, by=access.actor(request.member), now=now)
    return ngettext("%(number)s contact deleted.", "%(number)s contacts deleted.", number) % {"number": number}


_ACTS = {"join": _join, "part": _part, "tag": _tag, "untag": _untag, "delete": _delete}
