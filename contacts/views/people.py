"""The list of contacts, and what is done to the chosen ones."""

import uuid
from datetime import datetime

from django.db.models import Prefetch
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from contacts import grouping, people, stages, standing, tagging
from contacts.forms import ContactFilters
from contacts.models import Contact, ContactQuerySet, PipelineStage, Tagging
from contacts.views import finding
from fluenzr.core import htmx, listing
from fluenzr.core.errors import Invalid
from fluenzr.core.listing import Column
from fluenzr.workspaces import access, lists
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required

SORTS = {
    "email": "email_key",
    "name": "last_name",
    "company": "company",
    "status": "status",
    "stage": "stage__position",
    "country": "country",
    "added": "created_at",
}
# So many are changed in one go: more would be too many for one statement.
MOST = 10_000
COLUMNS = (
    Column("email", gettext_lazy("Email"), sort="email", is_fixed=True),
    Column("name", gettext_lazy("Name"), sort="name"),
    Column("company", gettext_lazy("Company"), sort="company"),
    Column("status", gettext_lazy("Status"), sort="status"),
    Column("tags", gettext_lazy("Tags")),
    Column("job_title", gettext_lazy("Job title"), is_extra=True),
    Column("phone", gettext_lazy("Phone"), is_extra=True),
    Column("country", gettext_lazy("Country"), sort="country", is_extra=True),
    Column("stage", gettext_lazy("Stage"), sort="stage", is_extra=True),
    Column("added", gettext_lazy("Added"), sort="added"),
)


@require_GET
@member_required(Role.VIEWER)
def listed(request: MemberRequest) -> HttpResponse:
    """Show the contacts that the address asks for."""
    form = ContactFilters(request.GET, workspace=request.workspace)
    tags = Prefetch("taggings", Tagging.objects.select_related("tag").order_by("tag__name"))
    found = finding.searched(request.workspace, form, most=listing.MOST_COUNTED)
    shown = lists.read(
        request,
        found.rows.select_related("stage").prefetch_related(tags),
        columns=COLUMNS,
        sorts=SORTS,
        default="-added",
        filters=form,
        total=found.number,
        # All of them are counted along an index.
        most=listing.MOST_COUNTED if any(form.wanted()) else None,
    )
    context = {
        "listing": shown,
        "groups": form.groups,
        "stages": PipelineStage.objects.in_workspace(request.workspace).order_by("position", "pk"),
        "may_edit": access.allows(request.member.role, Role.MEMBER),
    }
    return htmx.page(request, "contacts/list.html", context, part="list")


@require_POST
@member_required(Role.MEMBER)
def bulk(request: MemberRequest) -> HttpResponse:
    """Do `act`, with the `group`, `tag` or `stage` that it needs, to those `chosen` or to `all` that match `query`."""
    act = _ACTS.get(request.POST.get("act", ""))
    if act is None:
        raise Invalid(_("There is no such action"))
    keys = finding.asked_for(request.workspace, request.POST)
    if len(keys) > MOST and act not in _UNBOUNDED:
        raise Invalid(
            _("At most %(most)s contacts at once. Narrow the filters, then go on with the rest.") % {"most": MOST}
        )
    if not keys:
        return htmx.go(request, htmx.way_back(request, "contacts:list"), said=_("Choose contacts first."), tone="amber")
    return htmx.go(request, htmx.way_back(request, "contacts:list"), said=act(request, keys, timezone.now()))


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


def _move(request: MemberRequest, keys: list[uuid.UUID], now: datetime) -> str:
    stage = finding.stage(request.workspace, request.POST.get("stage", ""))
    number = stages.move(_rows(keys), to=stage, by=access.actor(request.member), now=now)
    said = ngettext("%(number)s contact moved to %(stage)s.", "%(number)s contacts moved to %(stage)s.", number)
    return said % {"number": number, "stage": stage.name}


def _unsubscribe(request: MemberRequest, keys: list[uuid.UUID], now: datetime) -> str:
    number = standing.unsubscribe(contacts=_rows(keys), source=access.actor(request.member), now=now)
    said = ngettext("%(number)s contact unsubscribed.", "%(number)s contacts unsubscribed.", number)
    return said % {"number": number}


def _block(request: MemberRequest, keys: list[uuid.UUID], now: datetime) -> str:
    number = standing.block(contacts=_rows(keys), source=access.actor(request.member), now=now)
    return ngettext("%(number)s contact blocked.", "%(number)s contacts blocked.", number) % {"number": number}


def _rows(keys: list[uuid.UUID]) -> ContactQuerySet:
    return Contact.objects.filter(pk__in=keys).select_related("workspace")


def _delete(request: MemberRequest, keys: list[uuid.UUID], now: datetime) -> str:
    number = people.delete(workspace=request.workspace, contact_ids=keys, by=access.actor(request.member), now=now)
    return ngettext("%(number)s contact deleted.", "%(number)s contacts deleted.", number) % {"number": number}


_ACTS = {
    "join": _join,
    "part": _part,
    "tag": _tag,
    "untag": _untag,
    "move": _move,
    "unsubscribe": _unsubscribe,
    "block": _block,
    "delete": _delete,
}
# These take any number in pieces.
_UNBOUNDED = (_join, _delete)
