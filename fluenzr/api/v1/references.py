"""Ids in lists: those of the workspace become keys, all others become entries of `errors` (contract A30, A36)."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from fluenzr.workspaces.models import Workspace


def known(model: type[models.Model], workspace: Workspace, ids: Sequence[str]) -> dict[str, uuid.UUID]:
    """Return the key of each distinct id that names a row of the workspace, in the order given: one query."""
    kind: Any = model
    keys = {text: kind.key_of(text) for text in ids}
    wanted = [key for key in keys.values() if key is not None]
    found = set(kind.objects.in_workspace(workspace).filter(pk__in=wanted).values_list("pk", flat=True))
    return {text: key for text, key in keys.items() if key in found}


def unknown_entries(ids: Sequence[str], found: dict[str, uuid.UUID]) -> list[dict[str, str]]:
    """Return an entry of `errors` for each distinct id that was not found."""
    message = _("There is no such object in this workspace")
    return [{"id": text, "code": "NOT_FOUND", "message": message} for text in dict.fromkeys(ids) if text not in found]


def all_known(model: type[models.Model], workspace: Workspace, ids: Sequence[str], *, path: str) -> list[Any]:
    """Return the rows of the ids, for answers that have no `errors`: one query.

    Raises:
        ValidationError: any is not of this workspace; the details name `path.index`.
    """
    kind: Any = model
    keys = {text: kind.key_of(text) for text in ids}
    wanted = [key for key in keys.values() if key is not None]
    rows = kind.objects.in_workspace(workspace).in_bulk(wanted) if wanted else {}
    message = [_("There is no such object in this workspace")]
    problems = {f"{path}.{index}": message for index, text in enumerate(ids) if keys[text] not in rows}
    if problems:
        raise ValidationError(problems)
    return [rows[key] for key in dict.fromkeys(keys.values())]
