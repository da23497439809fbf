"""Lists as people like them: named views of their own or of everybody, and the columns and density of each list."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import QueryDict
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from fluenzr.core import listing
from fluenzr.core.errors import Conflict, Invalid, NotFound
from fluenzr.core.listing import Look
from fluenzr.workspaces import access, choices
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import Member, SavedView

MOST = 30
MAX_NAME = 60
MAX_QUERY = 2000
# A look holds names of columns; no list has as many, and none as long.
MAX_COLUMNS, MAX_KEY = 60, 80


def of(member: Member, page: str) -> list[SavedView]:
    """Return the views of a list that the member has: their own and the shared ones, by name. One query."""
    mine = SavedView.objects.in_workspace(member.workspace_id).filter(Q(member=member) | Q(member=None), page=page)
    return list(mine.order_by("name", "pk"))


def find(member: Member, public_id: str) -> SavedView:
    """Return a view of the member's own or a shared one of their workspace.

    Raises:
        NotFound: there is none of this id, or it is somebody else's.
    """
    rows = SavedView.objects.in_workspace(member.workspace_id).filter(Q(member=member) | Q(member=None))
    found: SavedView | None = rows.filter(pk=SavedView.key_of(public_id)).first()
    if found is None:
        raise NotFound(_("There is no such view"))
    return found


def save(*, path: str, name: str, is_shared: bool, by: Member) -> SavedView:
    """Keep the list at `path` (with its query) under a name, for oneself or for the workspace.

    Raises:
        Invalid: the name is blank or too long, the path no list, or there are too many views.
        Forbidden: viewers share nothing.
        Conflict: there is a view of this name.
    """
    page, query = _read(path)
    if is_shared:
        access.require_role(by, Role.MEMBER)
    owner = None if is_shared else by
    there = SavedView.objects.in_workspace(by.workspace_id).filter(member=owner, page=page)
    if there.count() >= MOST:
        raise Invalid(_("A list keeps at most %(most)s views. Delete one first.") % {"most": MOST}, field="name")
    view = SavedView(workspace=by.workspace, member=owner, page=page, query=query)
    return _write(view, name=name)


def rename(view: SavedView, *, name: str, by: Member) -> SavedView:
    """Give a view another name; raises as `save`."""
    _require_say(view, by)
    return _write(view, name=name)


def update(view: SavedView, *, path: str, by: Member) -> SavedView:
    """Let a view show what the list at `path` shows; raises as `save`."""
    _require_say(view, by)
    page, query = _read(path)
    if page != view.page:
        raise Invalid(_("This view is of another list"))
    view.query = query
    view.save(update_fields=["query"])
    return view


def delete(view: SavedView, *, by: Member) -> None:
    """Delete a view; raises Forbidden as `save`."""
    _require_say(view, by)
    view.delete()


def look_of(member: Member, page: str) -> Look:
    """Return how the member likes a list. No query."""
    kept = member.choices.get("lists", {}).get(page, {})
    return Look(columns=kept.get("columns"), is_dense=bool(kept.get("is_dense")))


def keep_look(member: Member, *, path: str, columns: Sequence[str], is_dense: bool) -> None:
    """Remember how the member likes the list at `path`.

    Raises:
        Invalid: the path is no page of ours.
    """
    page, _query = _read(path)
    kept = {"columns": [key[:MAX_KEY] for key in columns[:MAX_COLUMNS]], "is_dense": is_dense}
    choices.keep(member, page, kept, under="lists")


def _require_say(view: SavedView, by: Member) -> None:
    if view.member_id is None:
        access.require_role(by, Role.MEMBER)


def _read(path: str) -> tuple[str, str]:
    """Return the URL name of the page at a path of ours, and what its query says of the list."""
    parts = urlsplit(path)
    try:
        page = resolve(parts.path).view_name
    except Resolver404 as error:
        raise Invalid(_("There is no such list")) from error
    query = listing.query_of(QueryDict(parts.query))
    if len(query) > MAX_QUERY:
        raise Invalid(_("These filters are too long to be kept"), field="name")
    return page, query


def _write(view: SavedView, *, name: str) -> SavedView:
    words = " ".join(name.split())
    if not words:
        raise Invalid(_("Name is required"), field="name")
    if len(words) > MAX_NAME:
        raise Invalid(_("Name has at most %(most)s characters") % {"most": MAX_NAME}, field="name")
    view.name = words
    try:
        with transaction.atomic():
            view.save(update_fields=None if view._state.adding else ["name"])
    except IntegrityError as error:
        raise Conflict(_("There is a view with this name already"), field="name") from error
    return view
