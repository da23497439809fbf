from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from contacts import fields, people, stages, suppression
from contacts.models import Consent, Contact, Segment, Suppression
from fluenzr.workspaces.models import ApiKey, AuditEntry, RateWindow, Workspace
from tests.builders import NOW, make_group, make_key, make_member, make_user

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
