"""Tasks about contacts over the API."""

from datetime import date
from typing import Any

from contacts import todo
from contacts.models import Contact, Task
from fluenzr.workspaces.models import AuditEntry, Member, Workspace
from tests.api.test_contacts import data
from tests.builders import NOW, make_contact
from tests.clients import ApiClient, count_queries


def noted(contact: Contact, text: str = "Call", **options: Any) -> Task:
    return todo.add(contact, **{"text": text, "owner": None, "due": None, "by": "jo", "now": NOW} | options)


def texts(answer: Any) -> list[str]:
    return [task["text"] for task in data(answer)]


def test_a_task_is_noted_and_shown(api: ApiClient, workspace: Workspace, teammate: Member) -> None:
    contact = make_contact(workspace)
    body = {"text": " Call ", "dueDate": "2026-03-04", "ownerId": teammate.user.public_id}
    made = data(api.post(f"/contacts/{contact.public_id}/tasks", body), 201)
    assert made == {
        "id": Task.objects.get().public_id,
        "contactId": contact.public_id,
        "text": "Call",
        "dueDate": "2026-03-04",
        "owner": {"id": teammate.user.public_id, "name": None, "email": teammate.user.email},
        "by": "api key Zapier",
        "createdAt": made["createdAt"],
        "doneAt": None,
    }
    assert data(api.get(f"/tasks/{made['id']}")) == made


def test_the_most_urgent_come_first(api: ApiClient, workspace: Workspace) -> None:
    contact = make_contact(workspace)
    for text, due in (("whenever", None), ("later", date(2026, 3, 4)), ("first", date(2026, 3, 3))):
        noted(contact, text, due=due)
    noted(make_contact(workspace), "other")
    assert texts(api.get(f"/contacts/{contact.public_id}/tasks?perPage=2")) == ["first", "later"]
    assert texts(api.get("/tasks")) == ["first", "later", "whenever", "other"]


def test_tasks_are_narrowed(api: ApiClient, workspace: Workspace, teammate: Member) -> None:
    contact = make_contact(workspace)
    noted(contact, "mine", owner=teammate.user)
    todo.finish(noted(contact, "done"), now=NOW)
    assert texts(api.get("/tasks?done=false")) == ["mine"]
    assert texts(api.get(f"/contacts/{contact.public_id}/tasks?done=true")) == ["done"]
    assert texts(api.get(f"/tasks?ownerId={teammate.user.public_id}")) == ["mine"]


def test_list_costs_the_same_for_one_and_three(api: ApiClient, workspace: Workspace, teammate: Member) -> None:
    noted(make_contact(workspace), owner=teammate.user)
    one = count_queries(api, "/tasks")
    for _number in range(2):
        noted(make_contact(workspace), owner=teammate.user)
    assert count_queries(api, "/tasks") == one


def test_only_what_is_given_changes(api: ApiClient, workspace: Workspace, teammate: Member) -> None:
    task = noted(make_contact(workspace), owner=teammate.user, due=date(2026, 3, 4))
    path = f"/tasks/{task.public_id}"
    assert data(api.put(path, {"text": "Write"}))["dueDate"] == "2026-03-04"
    changed = data(api.put(path, {"dueDate": None, "ownerId": None}))
    assert (changed["text"], changed["dueDate"], changed["owner"]) == ("Write", None, None)
    assert data(api.put(path, changed)) == changed


def test_a_task_is_finished_once(api: ApiClient, workspace: Workspace) -> None:
    path = f"/tasks/{noted(make_contact(workspace)).public_id}/finish"
    assert data(api.post(path))["doneAt"] is not None
    assert api.post(path).status_code == 409


def test_the_record_of_a_deleted_task_does_not_say_what_it_said(api: ApiClient, workspace: Workspace) -> None:
    contact = make_contact(workspace)
    task = noted(contact, "Ask about the illness")
    assert data(api.delete(f"/tasks/{task.public_id}")) == {"id": task.public_id, "deleted": True}
    assert AuditEntry.objects.get(action="task.deleted").changes == {"contact": contact.public_id}


def test_what_does_not_fit_is_refused(api: ApiClient, workspace: Workspace, stranger: Member) -> None:
    path = f"/tasks/{noted(make_contact(workspace)).public_id}"
    wrong = ({"text": " "}, {"text": "x" * 201}, {"dueDate": "soon"}, {"ownerId": stranger.user.public_id})
    for body in wrong:
        answer = api.put(path, body)
        assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, list(body))
