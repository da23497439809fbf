from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts import facts, standing, suppression
from contacts.models import Contact, CustomField, FieldChange, PipelineStage, StageMove
from fluenzr.workspaces.models import AuditEntry, Member, Workspace
from tests.builders import NOW, make_contact, make_field, make_group, make_member, make_stage
from tests.clients import SHELL_TABLES, ApiClient, count_queries
from tests.listening import heard


def data(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.content
    return answer.json()["data"]


def emails(answer: Any) -> list[str]:
    return [item["email"] for item in data(answer)]


def test_create_and_get_return_the_whole_contact(workspace: Workspace, api: ApiClient) -> None:
    group = make_group(workspace, "Leads")
    stage = make_stage(workspace, "Lead")
    body = {
        "email": "Jane@Example.com",
        "firstName": "Jane",
        "lastName": "Doe",
        "company": "Acme",
        "jobTitle": "CTO",
        "phone": "01 23 45 67 89",
        "website": "https://acme.example",
        "country": "fr",
        "groupIds": [group.public_id],
        "tags": ["vip", "beta", "vip"],
        "customFields": {"sector": "Fintech"},
        "pipelineStageId": stage.public_id,
    }

    created = data(api.post("/contacts", body), 201)

    contact = Contact.objects.get()
    assert created == {
        "id": contact.public_id,
        "email": "Jane@example.com",
        "firstName": "Jane",
        "lastName": "Doe",
        "company": "Acme",
        "jobTitle": "CTO",
        "phone": "+33123456789",
        "website": "https://acme.example",
        "country": "FR",
        "timezone": None,
        "language": None,
        "notes": None,
        "status": "active",
        "customFields": {"sector": "Fintech"},
        "tags": ["beta", "vip"],
        "groups": [{"id": group.public_id, "name": "Leads"}],
        "pipelineStage": {"id": stage.public_id, "name": "Lead"},
        "dealValue": None,
        "owner": None,
        "holdUntil": None,
        "createdAt": created["createdAt"],
        "updatedAt": created["updatedAt"],
    }
    assert data(api.get(f"/contacts/{contact.public_id}")) == created
    assert created["createdAt"][-1] == "Z"


def test_create_makes_unknown_fields_as_text(workspace: Workspace, api: ApiClient) -> None:
    data(api.post("/contacts", {"email": "a@x.org", "customFields": {"employees": 12}}), 201)

    assert list(CustomField.objects.values_list("key", "kind", "label")) == [("employees", "text", "employees")]
    assert Contact.objects.get().custom == {"employees": "12"}


def test_create_of_a_known_address_is_409(workspace: Workspace, api: ApiClient) -> None:
    make_contact(workspace, "jane@example.com")

    answer = api.post("/contacts", {"email": "JANE@example.com"})

    assert answer.status_code == 409
    assert answer.json()["error"] == {"code": "CONFLICT", "message": "A contact with this email exists already"}


def test_create_keeps_an_address_of_another_workspace_apart(other_workspace: Workspace, api: ApiClient) -> None:
    make_contact(other_workspace, "jane@example.com")

    data(api.post("/contacts", {"email": "jane@example.com"}), 201)


def test_create_takes_one_group_id(workspace: Workspace, api: ApiClient) -> None:
    group = make_group(workspace)

    with heard(facts.GroupJoined, facts.ContactsCreated) as told:
        data(api.post("/contacts", {"email": "a@x.org", "groupId": group.public_id}), 201)

    assert {type(fact) for fact in told} == {facts.GroupJoined, facts.ContactsCreated}


@pytest.mark.parametrize(
    ("extra", "path"),
    [
        ({"groupIds": ["grp_nope"]}, "groupIds.0"),
        ({"pipelineStageId": "stg_nope"}, "pipelineStageId"),
        ({"country": "FRA"}, "country"),
        ({"timezone": "Mars"}, "timezone"),
        ({"firstName": "x" * 201}, "firstName"),
        ({"customFields": {"size": "many"}}, "customFields.size"),
        ({"customFields": {"Bad Name": "x"}}, "customFields.Bad Name"),
        ({"customFields": {"firstName": "x"}}, "customFields.firstName"),
        ({"tags": [" "]}, "tags.0"),
        ({"status": "unsubscribed"}, "status"),
        ({"groupId": "grp_a", "groupIds": []}, "groupId"),
    ],
)
def test_create_refuses_what_does_not_fit(workspace: Workspace, api: ApiClient, extra: Any, path: str) -> None:
    make_field(workspace, "size", "number")

    answer = api.post("/contacts", {"email": "a@x.org", **extra})

    assert answer.status_code == 400
    assert list(answer.json()["error"]["details"]) == [path]
    assert not Contact.objects.exists()


def test_create_of_a_suppressed_address_is_not_active(workspace: Workspace, api: ApiClient) -> None:
    jane = make_contact(workspace, "jane@example.com")
    standing.unsubscribe(contacts=[jane], source="mail", now=NOW)
    api.delete(f"/contacts/{jane.public_id}")

    assert data(api.post("/contacts", {"email": "jane@example.com"}), 201)["status"] == "unsubscribed"


def test_put_changes_only_what_is_given(workspace: Workspace, api: ApiClient) -> None:
    make_field(workspace, "sector")
    make_field(workspace, "size", "number")
    jane = make_contact(
        workspace, "jane@example.com", first_name="Jane", company="Acme", custom={"sector": "Fintech", "size": 3}
    )
    body = {"company": None, "customFields": {"size": 4}}

    shown = data(api.put(f"/contacts/{jane.public_id}", body))

    assert (shown["firstName"], shown["company"]) == ("Jane", None)
    assert shown["customFields"] == {"sector": "Fintech", "size": 4}
    changes = FieldChange.objects.order_by("field").values_list("field", "old", "new", "by")
    assert list(changes) == [("company", "Acme", "", "api key Zapier"), ("size", 3, 4, "api key Zapier")]


def test_put_clears_a_custom_field_with_null(workspace: Workspace, api: ApiClient) -> None:
    make_field(workspace, "sector")
    jane = make_contact(workspace, custom={"sector": "Fintech"})

    assert data(api.put(f"/contacts/{jane.public_id}", {"customFields": {"sector": None}}))["customFields"] == {}


def test_put_replaces_lists(workspace: Workspace, api: ApiClient) -> None:
    old, new = make_group(workspace, "Old"), make_group(workspace, "New")
    jane = data(api.post("/contacts", {"email": "a@x.org", "groupIds": [old.public_id], "tags": ["a", "b"]}), 201)

    shown = data(api.put(f"/contacts/{jane['id']}", {"groupIds": [new.public_id], "tags": ["b", "c"]}))

    assert ([group["name"] for group in shown["groups"]], shown["tags"]) == (["New"], ["b", "c"])


def test_put_moves_the_stage(workspace: Workspace, api: ApiClient) -> None:
    stage = make_stage(workspace, "Won")
    jane = make_contact(workspace)

    shown = data(api.put(f"/contacts/{jane.public_id}", {"pipelineStageId": stage.public_id}))

    assert shown["pipelineStage"]["name"] == "Won"
    assert StageMove.objects.get().to_stage == stage
    assert data(api.put(f"/contacts/{jane.public_id}", {"pipelineStageId": None}))["pipelineStage"] is None


def test_put_takes_back_what_get_gave(workspace: Workspace, api: ApiClient) -> None:
    group, stage = make_group(workspace), make_stage(workspace)
    jane = make_contact(workspace, first_name="Jane", stage=stage, status="replied")
    data(api.post(f"/contacts/{jane.public_id}/groups", {"groupIds": [group.public_id]}))
    shown = data(api.get(f"/contacts/{jane.public_id}"))

    assert data(api.put(f"/contacts/{jane.public_id}", shown)) == shown


def test_put_of_another_contacts_address_is_409(workspace: Workspace, api: ApiClient) -> None:
    make_contact(workspace, "joe@example.com")
    jane = make_contact(workspace, "jane@example.com")

    answer = api.put(f"/contacts/{jane.public_id}", {"email": "Joe@example.com", "firstName": "Joe"})

    jane.refresh_from_db()
    assert (answer.status_code, jane.email, jane.first_name) == (409, "jane@example.com", "")


def test_put_of_a_status_names_the_call(workspace: Workspace, api: ApiClient) -> None:
    jane = make_contact(workspace)

    answer = api.put(f"/contacts/{jane.public_id}", {"status": "blocked"})

    assert "POST /v1/suppressions" in answer.json()["error"]["details"]["status"][0]


def test_new_address_makes_a_bounced_contact_active(workspace: Workspace, api: ApiClient) -> None:
    jane = make_contact(workspace, "jane@exmaple.com", status="bounced")

    assert data(api.put(f"/contacts/{jane.public_id}", {"email": "jane@example.com"}))["status"] == "active"


def test_delete_tells_before_the_row_goes(workspace: Workspace, api: ApiClient) -> None:
    jane = make_contact(workspace)

    with heard(facts.ContactsDeleted) as told:
        assert data(api.delete(f"/contacts/{jane.public_id}")) == {"id": jane.public_id, "deleted": True}

    assert [fact.contact_ids for fact in told] == [(jane.pk,)]
    assert not Contact.objects.exists()
    assert AuditEntry.objects.filter(action="contact.deleted", actor="api key Zapier", ip="127.0.0.1").exists()


def test_list_filters(workspace: Workspace, api: ApiClient) -> None:
    jane = make_contact(workspace, "jane@acme.example", status="replied")
    joe = make_contact(workspace, "joe@example.com")
    group = make_group(workspace, members=(jane,))
    data(api.post(f"/contacts/{joe.public_id}/tags", {"tags": ["vip"]}))

    for query, expected in {
        "email=ACME": ["jane@acme.example"],
        "email=%25": [],
        "status=replied": ["jane@acme.example"],
        "status=replied,active": ["joe@example.com", "jane@acme.example"],
        f"groupId={group.public_id}": ["jane@acme.example"],
        f"group={group.public_id}": ["jane@acme.example"],
        "tag=vip": ["joe@example.com"],
        "tag=vip&email=acme": [],
    }.items():
        assert emails(api.get(f"/contacts?{query}")) == expected, query


def test_list_sorts(workspace: Workspace, api: ApiClient) -> None:
    for number, name in enumerate(["b", "a", "b"]):
        contact = make_contact(workspace, f"{number}@x.org", company=name)
        Contact.objects.filter(pk=contact.pk).update(created_at=datetime(2026, 1, 1 + number, tzinfo=UTC))

    for query, expected in {
        "": "210",
        "?order=asc": "012",
        "?sort=createdAt": "012",
        "?sort=company": "102",
        "?sort=company&order=desc": "201",
        "?sort=email&order=desc&perPage=2": "21",
        "?sort=email&perPage=2&page=2": "2",
    }.items():
        assert "".join(email[0] for email in emails(api.get(f"/contacts{query}"))) == expected, query


def test_list_has_meta(workspace: Workspace, api: ApiClient) -> None:
    for _number in range(3):
        make_contact(workspace)

    assert api.get("/contacts?perPage=2").json()["meta"] == {"page": 1, "perPage": 2, "total": 3, "totalPages": 2}


def test_list_makes_a_fixed_number_of_queries(workspace: Workspace, api: ApiClient) -> None:
    group = make_group(workspace)
    body = {"groupIds": [group.public_id], "tags": ["a"]}
    api.post("/contacts", {"email": "a@x.org", **body})
    one = count_queries(api, "/contacts")
    for number in range(2):
        api.post("/contacts", {"email": f"b{number}@x.org", **body})

    # The contacts with their stages and owners, their tags and groups.
    assert (one, count_queries(api, "/contacts")) == (2, 2)


def test_bulk_reports_each_row(workspace: Workspace, api: ApiClient) -> None:
    make_contact(workspace, "known@x.org", first_name="Old")
    group = make_group(workspace)
    rows = [
        {"email": "new@x.org", "tags": ["a"], "customFields": {"sector": "Fintech"}},
        {"email": "Known@x.org", "firstName": "New"},
        {"email": "nobody"},
        {"firstName": "No address"},
        {"email": "b@x.org", "groupIds": ["grp_x"]},
        {"email": "c@x.org", "what": 1},
        {"email": "NEW@x.org", "firstName": "Twice"},
        {"email": "d@x.org", "customFields": {"Bad Name": 1}},
    ]

    answer = data(api.post("/contacts/bulk", {"contacts": rows, "groupIds": [group.public_id]}))

    errors = answer.pop("errors")
    assert answer == {"created": 1, "updated": 0, "skipped": 2}
    assert [(error["index"], error["email"], list(error["details"])) for error in errors] == [
        (2, "nobody", ["email"]),
        (3, None, ["email"]),
        (4, "b@x.org", ["groupIds.0"]),
        (5, "c@x.org", ["what"]),
        (7, "d@x.org", ["customFields.Bad Name"]),
    ]
    assert group.memberships.count() == 2
    assert Contact.objects.get(email_key="known@x.org").first_name == "Old"


def test_bulk_updates_duplicates(workspace: Workspace, api: ApiClient) -> None:
    jane = make_contact(workspace, "known@x.org", first_name="Old", last_name="Doe")
    stage = make_stage(workspace)
    rows = [
        {"email": "known@x.org", "firstName": "New", "tags": ["a"]},
        {"email": "known@x.org", "company": "Acme", "pipelineStageId": stage.public_id, "tags": ["b"]},
        {"email": "new@x.org"},
        {"email": "new@x.org", "firstName": "Twice"},
    ]

    answer = data(api.post("/contacts/bulk", {"contacts": rows, "onDuplicate": "update"}))

    assert answer == {"created": 1, "updated": 1, "skipped": 0, "errors": []}
    jane.refresh_from_db()
    assert (jane.first_name, jane.last_name, jane.company, jane.stage) == ("New", "Doe", "Acme", stage)
    assert sorted(jane.taggings.values_list("tag__name", flat=True)) == ["a", "b"]
    assert Contact.objects.get(email_key="new@x.org").first_name == "Twice"


def bulk_queries(api: ApiClient, prefix: str, rows: int) -> int:
    contacts = [
        {"email": f"{prefix}{number}@x.org", "tags": [f"t{number}"], "customFields": {"a": number}}
        for number in range(rows)
    ]
    with CaptureQueriesContext(connection) as captured:
        data(api.post("/contacts/bulk", {"contacts": contacts, "onDuplicate": "update"}))
    return sum(not any(table in query["sql"] for table in SHELL_TABLES) for query in captured.captured_queries)


def test_bulk_makes_a_fixed_number_of_queries(workspace: Workspace, api: ApiClient) -> None:
    make_field(workspace, "a")

    # Beyond 40 rows SQLite's limit of parameters cuts the statements, as the thousand does on PostgreSQL.
    assert bulk_queries(api, "a", 2) == bulk_queries(api, "b", 35)
    assert bulk_queries(api, "a", 2) == bulk_queries(api, "b", 35)


@pytest.mark.parametrize("contacts", [[], [{"email": "a@x.org"}] * 1001, ["a@x.org"], "a@x.org", None])
def test_bulk_refuses_a_bad_list(api: ApiClient, contacts: Any) -> None:
    answer = api.post("/contacts/bulk", {"contacts": contacts})

    assert answer.status_code == 400
    assert next(iter(answer.json()["error"]["details"])).startswith("contacts")


def test_search_words_and_filters(workspace: Workspace, api: ApiClient) -> None:
    make_field(workspace, "sector")
    make_field(workspace, "contains", "number")
    jane = make_contact(workspace, "jane@x.org", first_name="Jane", company="Acme", custom={"sector": "Fintech"})
    make_contact(workspace, "joe@x.org", first_name="Joe", company="Acme", custom={"contains": 5}, status="replied")
    group = make_group(workspace, members=(jane,))
    data(api.post(f"/contacts/{jane.public_id}/tags", {"tags": ["vip"]}))

    for body, expected in [
        ({"query": "acme jane"}, ["jane@x.org"]),
        ({"query": "acme"}, ["joe@x.org", "jane@x.org"]),
        ({"query": ""}, ["joe@x.org", "jane@x.org"]),
        ({"filters": {"status": "replied"}}, ["joe@x.org"]),
        ({"filters": {"status": ["replied", "active"]}}, ["joe@x.org", "jane@x.org"]),
        ({"filters": {"tags": ["vip", "x"]}}, ["jane@x.org"]),
        ({"filters": {"groups": [group.public_id]}}, ["jane@x.org"]),
        ({"filters": {"customFields": {"sector": "Fintech"}}}, ["jane@x.org"]),
        ({"filters": {"customFields": {"contains": 5}}}, ["joe@x.org"]),
        ({"filters": {"customFields": {"contains": None}}}, ["jane@x.org"]),
        ({"filters": {"customFields": {"sector": "Fintech"}, "status": "replied"}}, []),
        ({"sort": {"field": "firstName"}}, ["jane@x.org", "joe@x.org"]),
        ({"sort": {"field": "firstName", "order": "desc"}}, ["joe@x.org", "jane@x.org"]),
    ]:
        assert emails(api.post("/contacts/search", body)) == expected, body


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"filters": {"stauts": "active"}}, "filters.stauts"),
        ({"filters": {"status": "nope"}}, "filters.status"),
        ({"filters": {"groups": ["grp_nope"]}}, "filters.groups.0"),
        ({"filters": {"customFields": {"nope": 1}}}, "filters.customFields.nope"),
        ({"filters": {"customFields": {"size": "x"}}}, "filters.customFields.size"),
        ({"filters": {"tags": 5}}, "filters.tags"),
        ({"filters": []}, "filters"),
        ({"sort": {"field": "password"}}, "sort.field"),
        ({"page": "1"}, "page"),
        ({"query": 5}, "query"),
    ],
)
def test_search_refuses_what_does_not_fit(workspace: Workspace, api: ApiClient, body: Any, path: str) -> None:
    make_field(workspace, "size", "number")

    assert list(api.post("/contacts/search", body).json()["error"]["details"]) == [path]


def test_groups_of_a_contact(workspace: Workspace, api: ApiClient) -> None:
    jane, group = make_contact(workspace), make_group(workspace)
    path = f"/contacts/{jane.public_id}/groups"

    assert len(data(api.post(path, {"groupIds": [group.public_id]}))["groups"]) == 1
    assert data(api.delete(path, {"groupIds": [group.public_id]}))["groups"] == []


def test_lists_in_the_query_of_a_delete(workspace: Workspace, api: ApiClient) -> None:
    jane = make_contact(workspace)
    first, second = make_group(workspace, members=(jane,)), make_group(workspace, members=(jane,))

    shown = data(api.delete(f"/contacts/{jane.public_id}/groups?groupIds={first.public_id},{second.public_id}"))

    assert shown["groups"] == []


def test_tags_of_a_contact(workspace: Workspace, api: ApiClient) -> None:
    jane = make_contact(workspace)
    path = f"/contacts/{jane.public_id}/tags"

    assert data(api.post(path, {"tags": ["b", "a"]}))["tags"] == ["a", "b"]
    assert data(api.delete(path, {"tags": ["a", "c"]}))["tags"] == ["b"]


def test_group_is_made_filled_changed_and_deleted(workspace: Workspace, api: ApiClient) -> None:
    jane, joe = make_contact(workspace), make_contact(workspace)
    group = data(api.post("/groups", {"name": "Leads", "type": "dynamic"}), 201)
    assert (group["type"], group["description"], group["contactsCount"]) == ("dynamic", None, 0)

    path = f"/groups/{group['id']}"
    ids = [jane.public_id, joe.public_id, "con_nope", jane.public_id]
    added = data(api.post(f"{path}/contacts", {"contactIds": ids}))
    assert (added["added"], added["skipped"], [error["id"] for error in added["errors"]]) == (2, 0, ["con_nope"])
    assert data(api.post(f"{path}/contacts", {"contactIds": [jane.public_id]}))["skipped"] == 1
    assert data(api.get(path))["contactsCount"] == 2

    assert data(api.put(path, {"name": "Hot leads"}))["name"] == "Hot leads"
    removed = data(api.delete(f"{path}/contacts", {"contactIds": [jane.public_id]}))
    assert removed == {"removed": 1, "skipped": 0, "errors": []}
    assert data(api.delete(path)) == {"id": group["id"], "deleted": True}
    assert Contact.objects.count() == 2


def test_group_name_is_unique(workspace: Workspace, api: ApiClient) -> None:
    make_group(workspace, "Leads")

    assert api.post("/groups", {"name": "Leads"}).status_code == 409


def test_joining_a_group_is_told_once(workspace: Workspace, api: ApiClient) -> None:
    jane, group = make_contact(workspace), make_group(workspace)

    with heard(facts.GroupJoined) as told:
        for _number in range(2):
            api.post(f"/groups/{group.public_id}/contacts", {"contactIds": [jane.public_id]})

    assert [(fact.group_id, fact.contact_ids) for fact in told] == [(group.pk, (jane.pk,))]


def test_suppressions_are_made_listed_and_lifted(workspace: Workspace, api: ApiClient) -> None:
    body = {"emails": ["Jane@x.org", "joe@x.org"], "domains": ["Rival.com"]}
    assert data(api.post("/suppressions", body)) == {"added": 3, "skipped": 0, "errors": []}
    assert data(api.post("/suppressions", body)) == {"added": 0, "skipped": 3, "errors": []}

    listed = data(api.get("/suppressions?type=domain"))
    assert [(row["target"], row["reason"], row["source"]) for row in listed] == [
        ("rival.com", "by_hand", "api key Zapier")
    ]
    assert data(api.delete(f"/suppressions/{listed[0]['id']}"))["deleted"] is True
    assert suppression.barred(workspace, ["a@rival.com", "jane@x.org"]) == {"jane@x.org"}


@pytest.mark.parametrize(
    ("body", "path"),
    [({}, ""), ({"emails": ["a@x.org", "nobody"]}, "emails.1"), ({"domains": ["a b"]}, "domains.0")],
)
def test_suppressions_refuse_what_is_none(api: ApiClient, body: Any, path: str) -> None:
    assert list(api.post("/suppressions", body).json()["error"]["details"]) == [path]


def test_fields_are_made_and_changed(workspace: Workspace, api: ApiClient) -> None:
    body = {"key": "size", "type": "dropdown", "label": "Size", "options": ["S", "M"], "default": "S"}
    field = data(api.post("/fields", body), 201)
    assert {**body, "id": field["id"], "createdAt": field["createdAt"]} == field

    assert data(api.put(f"/fields/{field['id']}", {**field, "label": "T-shirt"}))["label"] == "T-shirt"
    assert api.put(f"/fields/{field['id']}", {"options": ["S"]}).status_code == 400
    assert [item["key"] for item in data(api.get("/fields"))] == ["size"]


def test_stages_are_made_changed_and_deleted(workspace: Workspace, api: ApiClient) -> None:
    lead = make_stage(workspace, "Lead", position=0)
    jane = make_contact(workspace, stage=lead)
    won = data(api.post("/stages", {"name": "Won", "colour": "green"}), 201)
    assert (won["position"], won["contactsCount"]) == (1, 0)

    assert data(api.put(f"/stages/{won['id']}", {"position": 5}))["position"] == 5
    assert api.delete(f"/stages/{lead.public_id}").status_code == 409
    assert data(api.delete(f"/stages/{lead.public_id}?moveTo={won['id']}"))["deleted"] is True
    jane.refresh_from_db()
    assert jane.stage == PipelineStage.objects.get()


def test_choices_are_french_when_asked(api: ApiClient) -> None:
    answer = api.post("/groups", {"name": "Leads", "type": "x"}, Accept_Language="fr")

    assert answer.json()["error"]["message"] == "Valeurs possibles\u00a0: static, dynamic"


def test_error_is_french_when_asked(api: ApiClient) -> None:
    answer = api.post("/contacts", {}, Accept_Language="fr-FR,fr;q=0.9")

    assert answer.json()["error"] == {
        "code": "VALIDATION_ERROR",
        "message": "«\u00a0E-mail\u00a0» est obligatoire",
        "details": {"email": ["«\u00a0E-mail\u00a0» est obligatoire"]},
    }


def test_deal_value_is_a_number_of_two_decimals(api: ApiClient, workspace: Workspace) -> None:
    made = data(api.post("/contacts", {"email": "jo@x.org", "dealValue": 99.9}), status=201)
    assert made["dealValue"] == 99.9
    url = f"/contacts/{made['id']}"
    for bad in ("99", -1, 1.234, True, 1e15):
        answer = api.put(url, {"dealValue": bad})
        assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, ["dealValue"])
    assert data(api.put(url, {"dealValue": None}))["dealValue"] is None


def test_stages_have_a_meaning(api: ApiClient) -> None:
    first, second = (data(api.post("/stages", {"name": name, "role": "won"}), status=201) for name in ("A", "B"))
    assert data(api.get(f"/stages/{first['id']}"))["role"] is None
    assert data(api.put(f"/stages/{second['id']}", {"role": None}))["role"] is None
    assert api.put(f"/stages/{second['id']}", {"role": "king"}).status_code == 400


def test_an_owner_is_given_shown_and_taken_back(workspace: Workspace, api: ApiClient, teammate: Member) -> None:
    body = {"email": "a@x.org", "dealValue": 12500, "ownerId": teammate.user.public_id}
    made = data(api.post("/contacts", body), 201)
    assert (made["dealValue"], made["owner"]["email"]) == (12500.0, teammate.user.email)
    path = f"/contacts/{made['id']}"
    assert data(api.put(path, data(api.get(path))))["owner"] == made["owner"]
    assert data(api.put(path, {"ownerId": None}))["owner"] is None
    change = FieldChange.objects.get(field="owner")
    assert (change.old, change.new) == (teammate.user.email, None)


def test_bulk_asks_as_often_for_three_owners_as_for_one(workspace: Workspace, api: ApiClient) -> None:
    counts = []
    for number in (1, 3):
        members = [make_member(workspace) for _each in range(number)]
        rows = [make_contact(workspace, owner=make_member(workspace).user) for _each in members]
        people = [
            {"email": row.email, "ownerId": member.user.public_id} for row, member in zip(rows, members, strict=True)
        ]
        with CaptureQueriesContext(connection) as captured:
            found = data(api.post("/contacts/bulk", {"contacts": people, "onDuplicate": "update"}))
        assert found["updated"] == number
        counts.append(sum(not any(table in one["sql"] for table in SHELL_TABLES) for one in captured))
    assert counts[0] == counts[1]


def test_hold_is_set_and_lifted(workspace: Workspace, api: ApiClient) -> None:
    path = f"/contacts/{make_contact(workspace).public_id}/hold"
    assert data(api.put(path, {"holdUntil": "2100-01-02"}))["holdUntil"] == "2100-01-02T00:00:00Z"
    assert api.put(path, {"holdUntil": "2020-01-01"}).json()["error"]["details"].keys() == {"holdUntil"}
    assert data(api.delete(path))["holdUntil"] is None


def test_members_are_listed_as_owners_name_them(api: ApiClient, owner: Member, stranger: Member) -> None:
    [found] = data(api.get("/members"))
    assert (found["id"], found["email"], found["role"]) == (owner.user.public_id, owner.user.email, "owner")
