"""Pieces of text that are copied into mails: a signature line, an address, an offer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from campaigns.mail import templating, variables
from campaigns.models import Snippet
from fluenzr.core.errors import Conflict, Invalid, NotFound
from fluenzr.workspaces import audit
from fluenzr.workspaces.models import Workspace

MAX_NAME = 100
MAX_BODY = 20_000
# The menu of the editor has all of them at once.
MOST = 500


def create(*, workspace: Workspace, name: str, body: str, by: str, now: datetime) -> Snippet:
    """Make a snippet.

    Raises:
        Invalid: the name is blank or too long, the text is blank, too long, does not parse or names unknown variables,
            or there are `MOST` already.
        Conflict: there is one of this name.
    """
    if Snippet.objects.in_workspace(workspace).count() >= MOST:
        raise Invalid(_("A workspace has at most %(most)d snippets.") % {"most": MOST}, field="name")
    changes = {"name": name, "body": body}
    return _save(Snippet(workspace=workspace), changes, action="snippet.created", by=by, now=now)


def update(snippet: Snippet, *, changes: Mapping[str, Any], by: str, now: datetime) -> Snippet:
    """Change `name` or `body`; mails that were written with it stay as they are. Raises as `create`."""
    return _save(snippet, changes, action="snippet.updated", by=by, now=now)


def delete(snippet: Snippet, *, by: str, now: datetime) -> None:
    """Delete a snippet; mails that were written with it stay as they are."""
    with transaction.atomic():
        changes = {"name": snippet.name}
        audit.record(
            workspace=snippet.workspace, by=by, action="snippet.deleted", obj=snippet, changes=changes, now=now
        )
        snippet.delete()


def find(workspace: Workspace, public_id: str) -> Snippet:
    """Return a snippet of a workspace.

    Raises:
        NotFound: it has none with this id.
    """
    rows = Snippet.objects.in_workspace(workspace).select_related("workspace")
    row: Snippet | None = rows.filter(pk=Snippet.key_of(public_id)).first()
    if row is None:
        raise NotFound(_("There is no such snippet"))
    return row


def _save(snippet: Snippet, changes: Mapping[str, Any], *, action: str, by: str, now: datetime) -> Snippet:
    for name, value in changes.items():
        setattr(snippet, name, value.strip())
    _require_usable(snippet)
    try:
        with transaction.atomic():
            snippet.save()
            audit.record(
                workspace=snippet.workspace,
                by=by,
                action=action,
                obj=snippet,
                changes={"name": snippet.name},
                now=now,
            )
    except IntegrityError as error:
        raise Conflict(_("There is a snippet of this name already")) from error
    return snippet


def _require_usable(snippet: Snippet) -> None:
    details: dict[str, list[Any]] = {}
    for field, most in (("name", MAX_NAME), ("body", MAX_BODY)):
        value = getattr(snippet, field)
        if not value:
            details[field] = [_("This field is required.")]
        elif len(value) > most:
            details[field] = [_("At most %(most)d characters.") % {"most": most}]
    known = variables.names(snippet.workspace)
    if "body" not in details and (found := templating.problems(snippet.body, names=known)):
        details["body"] = found
    if details:
        raise Invalid(next(iter(details.values()))[0], details=details)
