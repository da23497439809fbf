"""`/v1/tasks` and `/v1/contacts/:id/tasks`: what is to be done about contacts."""

from typing import Any, ClassVar

from django.db.models import F
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from contacts import todo
from contacts.models import Task
from fluenzr.api.v1 import answers
from fluenzr.api.v1.bodies import Body, Nothing, Paged
from fluenzr.api.v1.contact_bodies import show_owner
from fluenzr.api.v1.privacy import OneContact
from fluenzr.api.v1.resource import Resource
from fluenzr.api.v1.values import Choice, Colleague, Text
from fluenzr.core import clock

TASKS = Task.objects.select_related("workspace", "contact", "owner")


class TaskBody(Body):
    """What may be written."""

    ignored: ClassVar[tuple[str, ...]] = ("id", "contactId", "owner", "by", "createdAt", "doneAt")

    text = Text(max_length=todo.MAX_TEXT)
    dueDate = serializers.DateField(required=False, allow_null=True, source="due_date")  # noqa: N815 - the API's names
    ownerId = Colleague(required=False, allow_null=True, source="owner")  # noqa: N815


class TaskQuery(Paged):
    """What a list of tasks may be asked for; the most urgent come first, those without a date last."""

    default_ordering: ClassVar[tuple[Any, ...]] = (F("due_date").asc(nulls_last=True), "pk")
    done = Choice(("true", "false"), required=False)
    ownerId = Colleague(required=False)  # noqa: N815 - the API's name


class ContactTasks(OneContact):
    """`/v1/contacts/:id/tasks`."""

    def get(self, request: Request, contact_id: str) -> Response:
        """List what is to be done about a contact, and what was done."""
        rows = TASKS.filter(contact=self.contact(contact_id))
        return _page(rows, self.parameters(TaskQuery))

    def post(self, request: Request, contact_id: str) -> Response:
        """Note what is to be done."""
        contact, given = self.contact(contact_id), self.body(TaskBody)
        owner, due = given.get("owner"), given.get("due_date")
        task = todo.add(contact, text=given["text"], owner=owner, due=due, by=self.by, now=self.now)
        return answers.created(show(task))


class TaskList(Resource):
    """`/v1/tasks`."""

    def get(self, request: Request) -> Response:
        """List the tasks about all contacts."""
        return _page(TASKS.in_workspace(self.workspace), self.parameters(TaskQuery))


class TaskOne(Resource):
    """`/v1/tasks/:id`."""

    def get(self, request: Request, task_id: str) -> Response:
        """Show a task."""
        return answers.one(show(self.find(TASKS, task_id)))

    def put(self, request: Request, task_id: str) -> Response:
        """Change the given fields of a task."""
        task: Task = self.find(TASKS, task_id)
        todo.change(task, changes=self.body(TaskBody, partial=True))
        return answers.one(show(task))

    def delete(self, request: Request, task_id: str) -> Response:
        """Delete a task, done or not."""
        todo.delete(self.find(TASKS, task_id), by=self.by, now=self.now)
        return answers.one({"id": task_id, "deleted": True})


class TaskFinish(Resource):
    """`/v1/tasks/:id/finish`."""

    def post(self, request: Request, task_id: str) -> Response:
        """Note that a task is done."""
        task: Task = self.find(TASKS, task_id)
        self.body(Nothing)
        todo.finish(task, now=self.now)
        return answers.one(show(task))


def show(task: Task) -> dict[str, Any]:
    """Return a task of `TASKS` as the API shows it."""
    return {
        "id": task.public_id,
        "contactId": task.contact.public_id,
        "text": task.text,
        "dueDate": task.due_date and task.due_date.isoformat(),
        "owner": show_owner(task.owner),
        "by": task.by,
        "createdAt": clock.to_iso(task.created_at),
        "doneAt": clock.to_iso(task.done_at),
    }


def _page(rows: Any, asked: dict[str, Any]) -> Response:
    if "done" in asked:
        rows = rows.filter(done_at__isnull=asked["done"] == "false")
    if "ownerId" in asked:
        rows = rows.filter(owner=asked["ownerId"])
    return answers.page(rows, asked, show)
