"""Nothing of another workspace shows or changes, whatever the route, the method and the place of its id.

The routes come from the URL configuration and the fields from the declared bodies and parameters, so that a new one is
tried, or fails here, from its first day on.
"""

import json
import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver

from campaigns import attachments, snippets
from campaigns.models import CampaignTotal
from contacts import notes, todo
from contacts.models import Segment, Suppression, Tag
from fluenzr.api.v1 import values
from fluenzr.api.v1.bodies import Strict
from fluenzr.api.v1.resource import Resource, Unknown
from fluenzr.core import ids
from fluenzr.workspaces.models import Workspace
from tests.builders import (
    NOW,
    make_account,
    make_campaign,
    make_contact,
    make_email_node,
    make_enrolment,
    make_field,
    make_group,
    make_import,
    make_member,
    make_stage,
    make_workflow,
)
from tests.clients import ApiClient

# Tables that hold no tenant's rows, with the reason.
WITHOUT_WORKSPACE = {
    "Blob": "content by its hash; rows that refer to it carry the workspace",
    "Kick": "jobs of the installation",
    "Claim": "a lease of a sender; the mails that it holds carry the workspace",
    "Heartbeat": "parts of the installation",
    "User": "a person may belong to several workspaces",
    "Workspace": "is one",
    "RawHit": "points at nothing, so that the public endpoint asks nothing; its message has the workspace",
}
APPS = ("core", "workspaces", "contacts", "mailboxes", "campaigns", "tracking")


def test_every_tenant_table_has_a_workspace() -> None:
    tables = [model for label in APPS for model in apps.get_app_config(label).get_models()]
    without = {model.__name__ for model in tables if not any(field.name == "workspace" for field in model._meta.fields)}

    assert without == set(WITHOUT_WORKSPACE)


# --- the routes ---

Route = tuple[str, type[Resource], str]


def routes() -> list[Route]:
    """Every route below /v1 as path, resource and method."""
    return [
        (path, resource, method)
        for path, resource in _walk(get_resolver().url_patterns, "")
        if path.startswith("v1/") and resource is not Unknown
        for method in ("get", "post", "put", "delete")
        if hasattr(resource, method) and method in resource.http_method_names
    ]


def _walk(patterns: list[Any], before: str) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern) and hasattr(pattern.callback, "view_class"):
            yield re.sub(r"<(?:\w+:)?(\w+)>", r"<\1>", path), pattern.callback.view_class


WITH_IDS = [route for route in routes() if "<" in route[0]]


def name_of(route: Route) -> str:
    return f"{route[2].upper()} {route[0]}"


# --- two workspaces with one thing of each kind ---

EVERYBODY = {"all": [{"field": "email", "operator": "is_not_blank"}]}


def things_of(workspace: Workspace) -> dict[str, Any]:
    """Return one thing of each kind by the name that routes give its id."""
    name = f"of {workspace.name}"
    stage = make_stage(workspace, f"stage {name}")
    contact = make_contact(workspace, f"{workspace.pk.hex}@example.com", stage=stage)
    account = make_account(workspace, f"me@{workspace.pk.hex}.example")
    campaign = make_campaign(workspace, account=account, name=f"campaign {name}")
    make_enrolment(campaign, contact)
    CampaignTotal.objects.filter(campaign=campaign).update(contacts=1)
    return {
        "contact_id": contact,
        "group_id": make_group(workspace, f"group {name}", members=(contact,), kind="dynamic"),
        "tag_id": Tag.objects.create(workspace=workspace, name=name),
        "other_tag_id": Tag.objects.create(workspace=workspace, name=f"other {name}"),
        "segment_id": Segment.objects.create(workspace=workspace, name=f"segment {name}", rules=EVERYBODY),
        "import_id": make_import(workspace),
        "field_id": make_field(workspace, f"field{workspace.pk.hex}"),
        "stage_id": stage,
        "suppression_id": Suppression.objects.create(workspace=workspace, target=name, target_hash=workspace.pk.hex),
        "account_id": account,
        "campaign_id": campaign,
        "owner_id": make_member(workspace).user,
        "task_id": todo.add(contact, text=name, owner=None, due=None, by="test", now=NOW),
        "note_id": notes.write(contact, text=name, by="test", now=NOW),
        "snippet_id": snippets.create(workspace=workspace, name=name, body="Hello", by="test", now=NOW),
        "attachment_id": attachments.add(workspace=workspace, name="offer.txt", content=name.encode()),
    }


@pytest.fixture
def own(workspace: Workspace) -> dict[str, Any]:
    return things_of(workspace)


@pytest.fixture
def foreign(other_workspace: Workspace) -> dict[str, Any]:
    return things_of(other_workspace)


def unknown_id(kind: str, things: dict[str, Any]) -> str:
    return f"{things[kind].prefix()}_{ids.encode(ids.uuid7())}"


def snapshot() -> dict[str, list[dict[str, Any]]]:
    """Every row of every tenant, but what each request writes about itself."""
    tables = [model for label in APPS for model in apps.get_app_config(label).get_models()]
    skipped = {"RateWindow", "ApiKey", "Heartbeat", "Kick"}
    return {
        model.__name__: list(model._default_manager.order_by("pk").values())
        for model in tables
        if model.__name__ not in skipped
    }


def url(path: str, ids_by_name: dict[str, str]) -> str:
    return "/" + re.sub(r"<(\w+)>", lambda found: ids_by_name[found[1]], path).removeprefix("v1/")


def shown(answer: Any, *hidden: str) -> tuple[int, str]:
    """Status and body, with the ids that were asked for made alike."""
    text = answer.content.decode()
    for text_id in hidden:
        text = text.replace(text_id, "ID")
    return answer.status_code, text


@pytest.mark.parametrize("route", WITH_IDS, ids=name_of)
def test_foreign_id_in_the_path_is_404_like_an_unknown_one(
    route: Route, api: ApiClient, own: dict[str, Any], foreign: dict[str, Any]
) -> None:
    path, _resource, method = route
    names = re.findall(r"<(\w+)>", path)
    before = snapshot()

    for choice in product(("own", "foreign"), repeat=len(names)):
        if "foreign" not in choice:
            continue
        things = {name: (own if side == "own" else foreign)[name] for name, side in zip(names, choice, strict=True)}
        asked = {name: thing.public_id for name, thing in things.items()}
        unknown = {
            name: asked[name] if side == "own" else unknown_id(name, own)
            for name, side in zip(names, choice, strict=True)
        }
        answer = api.request(method.upper(), url(path, asked), {})
        expected = api.request(method.upper(), url(path, unknown), {})

        assert answer.status_code == 404
        assert shown(answer) == shown(expected)
    assert snapshot() == before


@pytest.mark.parametrize("route", WITH_IDS, ids=name_of)
def test_malformed_id_in_the_path_is_404(route: Route, api: ApiClient) -> None:
    path, _resource, method = route
    names = re.findall(r"<(\w+)>", path)

    for text in ("nope", "123", "cmp_", "con_" + "z" * 22, "grp_" + "é" * 22, "%00", "a" * 5000):
        assert api.request(method.upper(), url(path, dict.fromkeys(names, text)), {}).status_code == 404, text


@pytest.mark.parametrize("route", [route for route in routes() if route[2] == "get"], ids=name_of)
def test_no_answer_shows_anything_foreign(
    route: Route, api: ApiClient, own: dict[str, Any], foreign: dict[str, Any]
) -> None:
    asked = {name: thing.public_id for name, thing in own.items()}

    answer = api.get(url(route[0], asked))

    assert answer.status_code == 200, answer.content
    text = answer.content.decode()
    assert not [thing for thing in foreign.values() if thing.public_id in text]
    assert foreign["contact_id"].workspace.pk.hex not in text


# --- ids elsewhere ---

CONDITION = {"id": "node_2", "type": "condition", "data": {"check": "group", "groupId": "$group_id"}}


def with_condition() -> dict[str, Any]:
    graph = make_workflow(make_email_node("node_1"), CONDITION, make_email_node("node_3"))
    for edge in graph["edges"]:
        if edge["from"] == "node_2":
            edge["branch"] = "yes"
    graph["edges"].append({"from": "node_2", "to": "end", "branch": "no"})
    return graph


def with_file() -> dict[str, Any]:
    return make_workflow(make_email_node("node_1", attachments=[{"id": "$attachment_id"}]))


IN_GROUP = {"all": [{"field": "groups", "operator": "has_none", "value": ["$group_id"]}]}
IN_STAGE = {"all": [{"any": [{"field": "pipelineStage", "operator": "is", "value": "$stage_id"}]}]}
SENT_BY = {"all": [{"field": "sent", "operator": "never", "campaignId": "$campaign_id"}]}
SETTINGS = {"name": "New", "emailAccountId": "$own.account_id"}
CONSENT = {"consentSource": "event", "certified": True}
UPLOAD = {**CONSENT, "text": "email\nada@x.org\n"}
# Field, method, path and body: `$name` is an id that is tried as foreign and as unknown, `$own.name` one of ours.
CASES: list[tuple[str, str, str, Any]] = [
    ("ContactQuery.group", "GET", "/contacts?group=$group_id", None),
    ("ContactQuery.groupId", "GET", "/contacts?groupId=$group_id", None),
    ("ContactBody.groupIds", "POST", "/contacts", {"email": "a@x.org", "groupIds": ["$group_id"]}),
    ("ContactBody.groupId", "POST", "/contacts", {"email": "a@x.org", "groupId": "$group_id"}),
    ("ContactBody.pipelineStageId", "POST", "/contacts", {"email": "a@x.org", "pipelineStageId": "$stage_id"}),
    ("ContactBody.ownerId", "POST", "/contacts", {"email": "a@x.org", "ownerId": "$owner_id"}),
    ("ContactBody.ownerId", "PUT", "/contacts/$own.contact_id", {"ownerId": "$owner_id"}),
    ("TaskBody.ownerId", "POST", "/contacts/$own.contact_id/tasks", {"text": "Call", "ownerId": "$owner_id"}),
    ("TaskBody.ownerId", "PUT", "/tasks/$own.task_id", {"ownerId": "$owner_id"}),
    ("TaskQuery.ownerId", "GET", "/tasks?ownerId=$owner_id", None),
    ("ContactBody.groupIds", "PUT", "/contacts/$own.contact_id", {"groupIds": ["$own.group_id", "$group_id"]}),
    ("ContactBody.pipelineStageId", "PUT", "/contacts/$own.contact_id", {"pipelineStageId": "$stage_id"}),
    ("ContactBody.groupIds", "POST", "/contacts/bulk", {"contacts": [{"email": "a@x.org", "groupIds": ["$group_id"]}]}),
    ("BulkBody.groupIds", "POST", "/contacts/bulk", {"contacts": [{"email": "a@x.org"}], "groupIds": ["$group_id"]}),
    ("SearchBody.filters", "POST", "/contacts/search", {"filters": {"groups": ["$group_id"]}}),
    ("SearchBody.filters", "POST", "/contacts/search", {"filters": {"segments": ["$segment_id"]}}),
    ("SearchBody.filters", "POST", "/contacts/search", {"filters": {"rules": IN_GROUP}}),
    ("ExportBody.filters", "POST", "/contacts/export", {"filters": {"groups": ["$group_id"]}}),
    ("ExportBody.contactIds", "POST", "/contacts/export", {"contactIds": ["$contact_id"]}),
    ("MergeBody.into", "POST", "/tags/$own.other_tag_id/merge", {"into": "$tag_id"}),
    ("SegmentBody.rules", "POST", "/segments", {"name": "New", "rules": IN_GROUP}),
    ("SegmentBody.rules", "PUT", "/segments/$own.segment_id", {"rules": SENT_BY}),
    ("RulesBody.rules", "POST", "/segments/count", {"rules": SENT_BY}),
    ("RulesBody.rules", "POST", "/segments/count", {"rules": IN_STAGE}),
    ("GroupIdsBody.groupIds", "POST", "/contacts/$own.contact_id/groups", {"groupIds": ["$group_id"]}),
    ("GroupIdsBody.groupIds", "DELETE", "/contacts/$own.contact_id/groups", {"groupIds": ["$group_id"]}),
    ("GroupIdsQuery.groupIds", "DELETE", "/contacts/$own.contact_id/groups?groupIds=$group_id", None),
    ("ContactIdsBody.contactIds", "POST", "/groups/$own.group_id/contacts", {"contactIds": ["$contact_id"]}),
    ("ContactIdsBody.contactIds", "DELETE", "/groups/$own.group_id/contacts", {"contactIds": ["$contact_id"]}),
    ("ContactIdsQuery.contactIds", "DELETE", "/groups/$own.group_id/contacts?contactIds=$contact_id", None),
    ("ImportBody.groupIds", "POST", "/imports", {**UPLOAD, "groupIds": ["$group_id"]}),
    ("ImportBody.pipelineStageId", "POST", "/imports", {**UPLOAD, "pipelineStageId": "$stage_id"}),
    ("StartBody.groupIds", "POST", "/imports/$own.import_id/start", {**CONSENT, "groupIds": ["$group_id"]}),
    ("StartBody.pipelineStageId", "POST", "/imports/$own.import_id/start", {**CONSENT, "pipelineStageId": "$stage_id"}),
    ("MoveQuery.moveTo", "DELETE", "/stages/$own.stage_id?moveTo=$stage_id", None),
    ("CampaignBody.emailAccountId", "POST", "/campaigns", {**SETTINGS, "emailAccountId": "$account_id"}),
    ("CampaignBody.emailAccountId", "PUT", "/campaigns/$own.campaign_id", {"emailAccountId": "$account_id"}),
    ("CampaignBody.workflow", "POST", "/campaigns", {**SETTINGS, "workflow": with_condition()}),
    ("CampaignBody.workflow", "PUT", "/campaigns/$own.campaign_id", {"workflow": with_condition()}),
    ("CampaignBody.groupIds", "POST", "/campaigns", {**SETTINGS, "groupIds": ["$group_id"]}),
    ("CampaignBody.groupIds", "PUT", "/campaigns/$own.campaign_id", {"groupIds": ["$group_id"]}),
    ("CampaignBody.excludeGroupIds", "PUT", "/campaigns/$own.campaign_id", {"excludeGroupIds": ["$group_id"]}),
    ("ValidateBody.workflow", "POST", "/campaigns/$own.campaign_id/validate", {"workflow": with_condition()}),
    ("PreviewBody.workflow", "POST", "/campaigns/$own.campaign_id/preview", {"workflow": with_condition()}),
    ("ValidateBody.workflow", "POST", "/campaigns/$own.campaign_id/validate", {"workflow": with_file()}),
    ("CampaignBody.workflow", "PUT", "/campaigns/$own.campaign_id", {"workflow": with_file()}),
    ("PreviewBody.contactId", "POST", "/campaigns/$own.campaign_id/preview", {"contactId": "$contact_id"}),
    ("TrialBody.contactId", "POST", "/campaigns/$own.campaign_id/test", {"contactId": "$contact_id"}),
    ("SimulateBody.contactIds", "POST", "/campaigns/$own.campaign_id/simulate", {"contactIds": ["$contact_id"]}),
    (
        "EventBody.contactId",
        "POST",
        "/campaigns/$own.campaign_id/simulate",
        {"contactIds": ["$own.contact_id"], "events": [{"on": "opened", "contactId": "$contact_id"}]},
    ),
    ("PeopleBody.contactIds", "POST", "/campaigns/$own.campaign_id/contacts", {"contactIds": ["$contact_id"]}),
    ("PeopleBody.groupIds", "POST", "/campaigns/$own.campaign_id/contacts", {"groupIds": ["$group_id"]}),
    ("PeopleBody.groupId", "POST", "/campaigns/$own.campaign_id/contacts", {"groupId": "$group_id"}),
    ("PeopleBody.filters", "POST", "/campaigns/$own.campaign_id/contacts", {"filters": {"groups": ["$group_id"]}}),
    ("RemovalBody.contactIds", "DELETE", "/campaigns/$own.campaign_id/contacts", {"contactIds": ["$contact_id"]}),
    ("RemovalQuery.contactIds", "DELETE", "/campaigns/$own.campaign_id/contacts?contactIds=$contact_id", None),
    ("ActivityQuery.contactId", "GET", "/campaigns/$own.campaign_id/activity?contactId=$contact_id", None),
]
# Objects whose content may hold ids; the others are read as they are.
OBJECTS_WITH_IDS = {"filters", "rules", "workflow"}
NO_IDS = {"nodeId": "the name of a node of the campaign's own workflow"}


def fields_with_ids() -> set[str]:
    """Every declared field that may hold an id, as `Class.field`."""
    found = set()
    for kind in _subclasses(Strict):
        for name, field in kind().fields.items():
            is_id = re.search(r"Ids?$", name) or isinstance(field, values.Reference) or name in OBJECTS_WITH_IDS
            if is_id and name not in NO_IDS and kind.__module__.startswith("fluenzr.api.v1"):
                found.add(f"{kind.__name__}.{name}")
    return found


def _subclasses(kind: type) -> Iterator[type]:
    for below in kind.__subclasses__():
        yield below
        yield from _subclasses(below)


def test_every_field_that_holds_an_id_is_tried() -> None:
    assert fields_with_ids() - {case[0] for case in CASES} == set()


def filled(template: Any, own: dict[str, Any], tried: dict[str, str]) -> Any:
    """Return the template with ids in the place of its names."""
    text = json.dumps(template)
    for name, thing in own.items():
        text = text.replace(f"$own.{name}", thing.public_id)
    for name, text_id in tried.items():
        text = text.replace(f"${name}", text_id)
    return json.loads(text)


@pytest.mark.parametrize("case", CASES, ids=[f"{case[0]} {case[1]}" for case in CASES])
def test_foreign_id_elsewhere_is_refused_like_an_unknown_one(
    case: tuple[str, str, str, Any], api: ApiClient, own: dict[str, Any], foreign: dict[str, Any]
) -> None:
    _field, method, path, body = case
    name = re.findall(r"\$(?!own\.)(\w+)", f"{path} {json.dumps(body)}")[0]
    asked = {name: foreign[name].public_id}
    unknown = {name: unknown_id(name, own)}
    before = snapshot()

    answer = api.request(method, filled(path, own, asked), filled(body, own, asked))
    expected = api.request(method, filled(path, own, unknown), filled(body, own, unknown))

    assert shown(answer, asked[name]) == shown(expected, unknown[name])
    refused = answer.status_code in (400, 404) or _refusals(answer.json()["data"])
    assert refused, answer.content
    assert {table: rows for table, rows in snapshot().items() if rows != before[table]} == {}
    # The id alone was wrong: with one of ours the same request does what it says.
    mine = {name: own[name].public_id}
    assert api.request(method, filled(path, own, mine), filled(body, own, mine)).status_code in (200, 201, 409)


def _refusals(data: Any) -> list[Any]:
    """The entries that say no: of `errors`, or the `problems` of a document that is only looked at."""
    found: list[Any] = list(data.get("errors") or data.get("problems") or [])
    return found


# --- what nobody may write ---

FORBIDDEN = {
    "workspace": "wsp_x",
    "workspaceId": "wsp_x",
    "workspace_id": "wsp_x",
    "plan": "pro",
    "isStaff": True,
    "is_superuser": True,
    "status": "completed",
    "email_key": "x",
    "objected_at": None,
    "key_hash": "x",
    "pk": "x",
    "_state": {},
    "__class__": {},
}


@pytest.mark.parametrize("route", [route for route in routes() if route[2] in ("post", "put")], ids=name_of)
def test_nobody_writes_what_is_not_theirs(route: Route, api: ApiClient, own: dict[str, Any]) -> None:
    path, _resource, method = route
    asked = {kind: thing.public_id for kind, thing in own.items()}
    before = snapshot()

    for name, value in FORBIDDEN.items():
        assert api.request(method.upper(), url(path, asked), {name: value}).status_code == 400, name
    assert snapshot() == before


def test_key_of_a_stranger_sees_only_their_own(stranger_api: ApiClient, own: dict[str, Any]) -> None:
    assert stranger_api.get("/contacts").json()["meta"]["total"] == 0
    assert stranger_api.get(f"/contacts/{own['contact_id'].public_id}").status_code == 404
