"""Lists of members' pages: `core.listing` with the columns and the density that the member chose, and saved views."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.db.models import QuerySet

from fluenzr.core import listing
from fluenzr.core.listing import PER_PAGE, Column, Listing
from fluenzr.workspaces import access, saved_views
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest


def read(
    request: MemberRequest,
    rows: QuerySet[Any],
    *,
    columns: Sequence[Column],
    sorts: Mapping[str, str],
    default: str,
    filters: forms.Form | None = None,
    total: int | None = None,
    most: int | None = None,
    per_page: int = PER_PAGE,
) -> Listing:
    """Read a list as `core.listing.read` does, with what the member chose for it and its saved views."""
    match = request.resolver_match
    page = match.view_name if match is not None else ""
    found = listing.read(
        request,
        rows,
        sorts=sorts,
        default=default,
        filters=filters,
        total=total,
        most=most,
        per_page=per_page,
        columns=columns,
        look=saved_views.look_of(request.member, page),
    )
    views = saved_views.of(request.member, page)
    named = request.GET.get("view", "")
    return replace(
        found,
        views=views,
        view=next((view for view in views if view.public_id == named), None),
        may_share=access.allows(request.member.role, Role.MEMBER),
    )
