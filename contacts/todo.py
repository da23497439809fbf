"""What is to be done about contacts, by whom and until when."""

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from contacts.models import Contact, Task
from fluenzr.core.errors import Conflict, Invalid
from fluenzr.workspaces import audit
from fluenzr.workspaces.models import User, Workspace

MAX_TEXT = 200


def add(contact: Contact, *, text: str, owner: User | None, due: date | None, by: str, now: datetime) -> Task:
    """Note what is to be done about a contact; `due` is a day of the owner's zone.

    Raises:
        Invalid: there is no text, or it is too long; the details name `text`. The owner is nobody of the workspace; the
            details name `owner`.
    """
    text = _checked(text)
    _require_member(contact.workspace, owner)
    row: Task = Task.objects.create(
        workspace_id=contact.workspace_id,
        contact=contact,
        text=text,
        owner=owner,
        due_date=due,
        by=by,
        created_at=now,
    )
    return row


def change(task: Task, *, changes: Mapping[str, Any]) -> None:
    """Change `text`, `owner` or `due_date` of a task; raises as `add`."""
    values = dict(changes)
    if "text" in values:
        values["text"] = _checked(values["text"])
    _require_member(task.workspace, values.get("owner"))
    for name, value in values.items():
        setattr(task, name, value)
    task.save(update_fields=list(values))


def delete(task: Task, *, by: str, now: datetime) -> None:
    """Delete a task, done or not; the record says about whom it was, not what it said."""
    with transaction.atomic():
        changes = {"contact": task.contact.public_id}
        audit.record(workspace=task.workspace, by=by, action="task.deleted", obj=task, changes=changes, now=now)
        task.delete()


def finish(task: Task, *, now: datetime) -> None:
    """Note that a task is done.

    Raises:
        Conflict: it is done already.
    """
    if not Task.objects.filter(pk=task.pk, done_at=None).update(done_at=now):
        raise Conflict(_("This task is done already"))
    task.done_at = now


def mine(workspace: Workspace | uuid.UUID, user: User) -> "QuerySet[Task]":
    """Return the open tasks of somebody in a workspace, with their contacts, the most urgent first."""
    rows: QuerySet[Task] = Task.objects.in_workspace(workspace).filter(owner=user).open().select_related("contact")
    return rows


def _checked(text: str) -> str:
    text = text.strip()
    if not 1 <= len(text) <= MAX_TEXT:
        raise Invalid(_("A task has between 1 and %(max)s characters") % {"max": MAX_TEXT}, field="text")
    return text


def _require_member(workspace: Workspace, owner: User | None) -> None:
    if owner is not None and not workspace.members.filter(user=owner).exists():
        raise Invalid(_("There is no such member"), field="owner")
