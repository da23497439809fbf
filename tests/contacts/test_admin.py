from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from contacts import fields, notes, people, records, stages, suppression, tagging, todo
from contacts.models import Consent, Contact, ContactSettings, Note, RejectedRow, Segment, Suppression, Tag, Task
from fluenzr.workspaces.models import ApiKey, AuditEntry, Invitation, RateWindow, SavedView, Workspace
from tests.builders import NOW, make_contact, make_group, make_import, make_key, make_member, make_user, make_workspace
from tests.counting import queries_of

APPS = ("contacts", "workspaces")
MODELS = [model for model in admin.site._registry if model._meta.app_label in APPS]


@pytest.fixture
def staff(client: Client, db: None) -> Client:
    client.force_login(make_user("root@x.org", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def full(workspace: Workspace) -> dict[str, Any]:
    """A row of every model."""
    make_member(workspace)
    key, secret = make_key(workspace)
    RateWindow.objects.create(workspace=workspace, started_at=NOW)
    stage = stages.create(workspace=workspace, name="Lead", by="x", now=NOW)
    fields.create(workspace=workspace, key="sector", kind="text", by="x", now=NOW)
    draft: Any = {
        "email": "jane@example.com",
        "firstName": "<script>Jane",
        "stage": stage,
        "groups": [make_group(workspace)],
        "tags": ["vip"],
    }
    jane = people.create(workspace=workspace, draft=draft, by="x", now=NOW)
    people.update(jane, draft={"company": "Acme"}, by="x", now=NOW)
    Consent.objects.create(workspace=workspace, contact=jane, source="event", by="x", given_at=NOW)
    Segment.objects.create(workspace=workspace, name="All")
    suppression.suppress(workspace=workspace, targets=["joe@example.com"], now=NOW)
    ContactSettings.objects.create(workspace=workspace)
    notes.write(jane, text="Met in Lyon", by="x", now=NOW)
    todo.add(jane, text="Call", owner=None, due=None, by="x", now=NOW)
    tagging.rename(Tag.objects.get(), name="VIP 2026", by="x", now=NOW)
    RejectedRow.objects.create(workspace=workspace, origin=make_import(workspace), line=2, reason="No address")
    times = {"sent_at": NOW, "expires_at": NOW}
    Invitation.objects.create(
        workspace=workspace, email="a@x.org", role="member", inviter=make_member(workspace), **times
    )
    SavedView.objects.create(workspace=workspace, page="contacts:list", name="Alive")
    return {"contact": jane, "key": key, "secret": secret}


def url(model: Any, page: str = "changelist", **arguments: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", **arguments)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_lists_and_pages_show(staff: Client, full: dict[str, Any], model: Any) -> None:
    row = model.objects.first()
    pages = [staff.get(url(model) + "?q=jane"), staff.get(url(model)), staff.get(url(model, "change", args=[row.pk]))]

    assert [page.status_code for page in pages] == [200, 200, 200]
    text = b"".join(page.content for page in pages)
    assert full["key"].key_hash.encode() not in text
    assert b"<script>Jane" not in text


def test_every_model_of_the_apps_is_shown() -> None:
    assert {model for app in APPS for model in apps.get_app_config(app).get_models()} == set(MODELS)


def run(staff: Client, row: Any, action: str) -> None:
    answer = staff.post(url(type(row)), {"action": action, "_selected_action": [row.pk]}, follow=True)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("action", "status", "suppressed"),
    [("block", "blocked", False), ("unsubscribe", "unsubscribed", True), ("restore", "active", False)],
)
def test_actions_on_contacts(staff: Client, full: dict[str, Any], action: str, status: str, suppressed: bool) -> None:
    contact: Contact = full["contact"]
    run(staff, contact, action)

    contact.refresh_from_db()
    assert contact.status == status
    assert suppression.barred(contact.workspace, ["jane@example.com"]) == (
        {"jane@example.com"} if suppressed else set()
    )


def test_lifting_a_suppression(staff: Client, full: dict[str, Any]) -> None:
    run(staff, Suppression.objects.get(), "lift")

    assert not Suppression.objects.exists()
    assert AuditEntry.objects.get(action="suppression.lifted").actor == "root@x.org"


def test_revoking_a_key(staff: Client, full: dict[str, Any]) -> None:
    run(staff, full["key"], "revoke")

    assert ApiKey.objects.get().revoked_at is not None


def test_changing_a_plan(staff: Client, full: dict[str, Any], workspace: Workspace) -> None:
    run(staff, workspace, "to_free")

    workspace.refresh_from_db()
    assert workspace.plan == "free"


def test_adding_a_user(staff: Client) -> None:
    form = {"email": "New@X.org", "name": "", "password1": "correct horse 9", "password2": "correct horse 9"}
    answer = staff.post(url(type(make_user()), "add"), form)

    assert answer.status_code == 302
    assert Client().login(username="new@x.org", password="correct horse 9")


@pytest.mark.parametrize("model", [Contact, ApiKey, AuditEntry], ids=lambda model: model.__name__)
def test_nothing_is_added_or_deleted_by_hand(staff: Client, full: dict[str, Any], model: Any) -> None:
    row = model.objects.first()

    assert staff.get(url(model, "add")).status_code == 403
    assert staff.post(url(model, "delete", args=[row.pk]), {"post": "yes"}).status_code == 403


def found(staff: Client, model: Any, query: str) -> list[str]:
    """What a list shows for a search."""
    return [str(row) for row in staff.get(url(model), {"q": query}).context["cl"].result_list]


def test_a_search_is_narrowed_to_a_workspace(staff: Client, full: dict[str, Any], other_workspace: Workspace) -> None:
    own: Workspace = full["contact"].workspace
    theirs = make_contact(other_workspace, "joe@example.com")
    todo.add(theirs, text="Call", owner=None, due=None, by="x", now=NOW)
    assert found(staff, Task, "Call") == ["Call", "Call"]
    assert found(staff, Task, f"{own.public_id} Call") == ["Call"]
    assert found(staff, Contact, own.public_id) == ["jane@example.com"]
    assert found(staff, Contact, f"{own.public_id} joe@example.com") == []


@pytest.mark.parametrize(
    ("model", "query", "row"),
    [(Note, "lyon", "Met in Lyon"), (Task, "jane@example.com", "Call"), (Tag, "2026", "VIP 2026")],
)
def test_what_staff_search_for_is_found(staff: Client, full: dict[str, Any], model: Any, query: str, row: str) -> None:
    assert found(staff, model, query) == [row]
    assert found(staff, model, "nothing of the kind") == []


def test_a_segment_is_told_in_words(staff: Client, full: dict[str, Any]) -> None:
    segment = Segment.objects.get()
    page = url(Segment, "change", args=[segment.pk])
    assert staff.get(page).status_code == 200
    Segment.objects.update(rules={"all": [{"field": "company", "operator": "is", "value": "Acme"}]})
    assert "Company is “Acme”" in staff.get(page).content.decode()


def test_an_erased_person_is_found_among_the_suppressions(staff: Client, full: dict[str, Any]) -> None:
    records.erase(full["contact"], by="x", now=NOW)
    row = Suppression.objects.get(reason="erased")
    assert found(staff, Suppression, "Jane@Example.com") == [str(row)]
    assert found(staff, Suppression, f"{make_workspace().public_id} Jane@Example.com") == []


@pytest.mark.parametrize("model", [Consent, Note, Task, Tag], ids=lambda model: model.__name__)
def test_lists_cost_the_same_for_one_and_three(staff: Client, full: dict[str, Any], model: Any) -> None:
    one = queries_of(staff, url(model))
    jane: Contact = full["contact"]
    for number in range(2):
        Consent.objects.create(workspace=jane.workspace, contact=jane, source="event", by="x", given_at=NOW)
        notes.write(jane, text="Called", by="x", now=NOW)
        todo.add(jane, text="Write", owner=None, due=None, by="x", now=NOW)
        tagging.add(workspace=jane.workspace, names={jane.pk: [f"tag {number}"]}, now=NOW)
    assert queries_of(staff, url(model)) == one
