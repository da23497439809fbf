import json
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from contacts.models import Contact
from fluenzr.workspaces import keys, plans
from fluenzr.workspaces.models import ApiKey, AuditEntry, RateWindow, Workspace
from tests.builders import make_key, make_user, make_workspace
from tests.clients import ApiClient


def error(answer: HttpResponse) -> tuple[int, str, str]:
    body = answer.json()
    assert body["success"] is False
    return answer.status_code, body["error"]["code"], body["error"]["message"]


def details(answer: HttpResponse) -> dict[str, list[str]]:
    assert answer.status_code == 400, answer.content
    found: dict[str, list[str]] = answer.json()["error"]["details"]
    return found


NO_KEY = (401, "UNAUTHORIZED", "Missing or invalid API key")


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "Bearer flz_sk_" + "a" * 32, "flz_sk_x"])
def test_missing_or_bad_key_is_401(header: str) -> None:
    answer = ApiClient("").get("/contacts", Authorization=header)

    assert error(answer) == NO_KEY
    assert answer["WWW-Authenticate"] == "Bearer"


def test_revoked_key_is_401(workspace: Workspace, api: ApiClient) -> None:
    keys.revoke(ApiKey.objects.get(), by="jane@x.org", now=timezone.now())

    assert error(api.get("/contacts")) == NO_KEY


def test_eleventh_bad_key_in_a_minute_is_429(db: None) -> None:
    bad = ApiClient("flz_sk_bad")
    answers = [bad.get("/contacts") for _number in range(11)]

    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert 1 <= int(answers[-1]["Retry-After"]) <= 60
    assert AuditEntry.objects.filter(action="api_key.refused").count() == 10


def test_good_key_passes_whatever_bad_ones_came_before(api: ApiClient) -> None:
    bad = ApiClient("flz_sk_bad")
    for _number in range(11):
        bad.get("/contacts")

    assert api.get("/contacts").status_code == 200


def test_bad_keys_of_an_hour_ago_are_forgotten(db: None) -> None:
    bad = ApiClient("flz_sk_bad")
    for _number in range(10):
        bad.get("/contacts")
    AuditEntry.objects.update(at=timezone.now() - timedelta(hours=1))

    assert bad.get("/contacts").status_code == 401


@pytest.mark.parametrize("plan", ["free", "starter"])
def test_plan_without_the_api_is_403(db: None, plan: str) -> None:
    api = ApiClient(make_key(make_workspace(plan=plan))[1])

    assert error(api.get("/contacts")) == (403, "FORBIDDEN", "API access requires Pro plan")


def test_reading_key_reads(reader: ApiClient) -> None:
    assert reader.get("/contacts").status_code == 200
    assert reader.post("/contacts/search", {}).status_code == 200


@pytest.mark.parametrize(("method", "path"), [("POST", "/contacts"), ("DELETE", "/groups/x"), ("PUT", "/groups/x")])
def test_reading_key_may_not_write(reader: ApiClient, method: str, path: str) -> None:
    assert error(reader.request(method, path, {"email": "a@x.org"})) == (
        403,
        "FORBIDDEN",
        "This API key may only read",
    )
    assert not Contact.objects.exists()


@pytest.mark.parametrize("path", ["", "/", "/nope", "/contacts/", "/contacts/a/b/c", "/%00", "/contacts%2F"])
def test_unknown_path_is_404(api: ApiClient, path: str) -> None:
    assert error(api.get(path)) == (404, "NOT_FOUND", "There is no such endpoint")


@pytest.mark.parametrize("method", ["PATCH", "OPTIONS", "TRACE", "DELETE"])
def test_unknown_method_is_405(api: ApiClient, method: str) -> None:
    answer = api.request(method, "/contacts")

    assert error(answer)[:2] == (405, "METHOD_NOT_ALLOWED")
    assert answer["Allow"] == "GET, POST, HEAD"


def test_head_has_no_body(api: ApiClient) -> None:
    answer = api.request("HEAD", "/contacts")

    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_other_content_type_is_415(api: ApiClient, kind: str) -> None:
    answer = api.client.post(
        "/v1/contacts", "email=a@x.org", content_type=kind, headers={"Authorization": f"Bearer {api.secret}"}
    )

    assert error(answer)[:2] == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_content_type_may_name_a_charset(api: ApiClient) -> None:
    answer = api.client.post(
        "/v1/contacts",
        '{"email": "jane@example.com"}',
        content_type="Application/JSON; charset=utf-8",
        headers={"Authorization": f"Bearer {api.secret}"},
    )

    assert answer.status_code == 201


def test_body_without_a_length_is_read(api: ApiClient) -> None:
    # As a server hands it on: a stream, a type and no length.
    environment: dict[str, Any] = {
        "wsgi.input": BytesIO(b'{"email": "jane@example.com"}'),
        "CONTENT_TYPE": "application/json",
    }
    answer = api.client.generic(
        "POST",
        "/v1/contacts",
        headers={"Authorization": f"Bearer {api.secret}", "Transfer-Encoding": "chunked"},
        **environment,
    )

    assert answer.status_code == 201


def test_too_long_a_body_is_413(api: ApiClient) -> None:
    assert error(api.post("/contacts", '"' + "a" * 6_000_000 + '"'))[:2] == (413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize(
    "body", ["{", "{'a': 1}", '{"a": NaN}', "[" * 100_000, '{"a": ' + "1" * 5000 + "}", '{"a": 1} x', "\ufeff{"]
)
def test_malformed_json_is_400(api: ApiClient, body: str) -> None:
    assert details(api.post("/contacts", body)) == {"": ["The body is not valid JSON"]}


def test_body_that_is_no_utf8_is_400(api: ApiClient) -> None:
    answer = api.client.generic(
        "POST",
        "/v1/contacts",
        b'{"email": "\xff"}',
        "application/json",
        headers={"Authorization": f"Bearer {api.secret}"},
    )

    assert list(details(answer)) == [""]


@pytest.mark.parametrize("body", ["[]", '"text"', "1", "true"])
def test_body_that_is_no_object_is_400(api: ApiClient, body: str) -> None:
    assert details(api.post("/contacts", body)) == {"": ["Must be an object"]}


@pytest.mark.parametrize("bad", ["a\\u0000b", "\\ud800"])
def test_characters_that_no_database_keeps_are_400(api: ApiClient, bad: str) -> None:
    body = '{"email": "a@example.com", "customFields": {"a": ["' + bad + '"]}}'

    assert list(details(api.post("/contacts", body))) == ["customFields.a.0"]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({}, {"email": ["Email is required"]}),
        ({"email": None}, {"email": ["Email is required"]}),
        ({"email": ""}, {"email": ["Email is required"]}),
        ({"email": 5}, {"email": ["Not a valid string."]}),
        ({"email": "nobody"}, {"email": ["Email is not a valid address"]}),
        ({"email": "a@x.org", "workspaceId": "wsp_1"}, {"workspaceId": ["Unknown field"]}),
        ({"email": "a@x.org", "tags": ["a", 5]}, {"tags.1": ["Not a valid string."]}),
        ({"email": "a@x.org", "customFields": []}, {"customFields": ["Must be an object"]}),
    ],
)
def test_bad_body_names_each_path(api: ApiClient, body: Any, found: dict[str, list[str]]) -> None:
    answer = api.post("/contacts", body)

    assert details(answer) == found
    assert answer.json()["error"]["message"] == next(iter(found.values()))[0]
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("page=0", "page"),
        ("page=x", "page"),
        ("perPage=101", "perPage"),
        ("perPage=0", "perPage"),
        ("sort=password", "sort"),
        ("sort=email__startswith", "sort"),
        ("order=up", "order"),
        ("stauts=active", "stauts"),
        ("status=actve", "status"),
        ("status=active,nope", "status"),
        ("page=1&page=2", "page"),
        ("groupId=123", "groupId"),
        ("email=%00", "email"),
    ],
)
def test_bad_parameter_is_400_at_its_name(api: ApiClient, query: str, path: str) -> None:
    assert list(details(api.get(f"/contacts?{query}"))) == [path]


def test_each_asks_for_the_language_of_a_bad_parameter(api: ApiClient) -> None:
    said = [details(api.get("/contacts?page=0", **{"Accept-Language": code}))["page"] for code in ("en", "fr", "en")]

    assert said[0] == said[2] != said[1]


def test_parameter_of_a_call_is_gone_at_the_next(api: ApiClient) -> None:
    sizes = [api.get(f"/contacts{query}").json()["meta"]["perPage"] for query in ("?perPage=7", "", "?perPage=3")]

    assert sizes == [7, 20, 3]


@pytest.mark.parametrize("page", [2, 10**30])
def test_page_beyond_the_end_is_empty(api: ApiClient, page: int) -> None:
    answer = api.get(f"/contacts?page={page}")

    assert answer.json() == {
        "success": True,
        "data": [],
        "meta": {"page": page, "perPage": 20, "total": 0, "totalPages": 0},
    }


def test_every_answer_has_the_rate_headers(api: ApiClient) -> None:
    before = timezone.now().timestamp()
    answers = [api.get("/contacts"), api.get("/nope"), api.post("/contacts", {}), api.request("PATCH", "/contacts")]
    shown = [(answer["X-RateLimit-Limit"], answer["X-RateLimit-Remaining"]) for answer in answers]

    assert shown == [("1000", "999"), ("1000", "998"), ("1000", "997"), ("1000", "996")]
    assert before + 58 <= int(answers[0]["X-RateLimit-Reset"]) <= before + 62
    assert {answer["X-RateLimit-Reset"] for answer in answers} == {answers[0]["X-RateLimit-Reset"]}


def test_answers_without_a_key_have_the_headers_of_bad_keys(db: None) -> None:
    assert ApiClient("").get("/contacts")["X-RateLimit-Limit"] == "10"
    assert ApiClient("flz_sk_bad").get("/contacts")["X-RateLimit-Remaining"] == "9"


def test_request_over_the_limit_is_429(workspace: Workspace, api: ApiClient) -> None:
    RateWindow.objects.create(workspace=workspace, started_at=timezone.now(), taken=plans.limits(workspace).api_rate)

    answer = api.get("/contacts")

    assert error(answer)[:2] == (429, "RATE_LIMITED")
    assert answer["X-RateLimit-Remaining"] == "0"
    assert 55 <= int(answer["Retry-After"]) <= 60


def test_unexpected_error_is_a_json_500(api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fluenzr.workspaces.throttle.take", None)

    status, code, message = error(api.get("/contacts"))

    assert (status, code) == (500, "SERVER_ERROR")
    assert "NoneType" not in message


def test_foreign_host_is_a_json_400(db: None) -> None:
    answer = Client(raise_request_exception=False).get("/v1/contacts", headers={"Host": "evil.example"})

    assert answer.status_code == 400
    assert json.loads(answer.content)["error"]["code"] == "VALIDATION_ERROR"


def test_accept_header_does_not_matter(api: ApiClient) -> None:
    answer = api.get("/contacts", Accept="text/html")

    assert answer["Content-Type"] == "application/json"


def test_cookies_do_not_let_in(client: Client, db: None) -> None:
    client.force_login(make_user(is_staff=True, is_superuser=True))

    assert client.get("/v1/contacts").status_code == 401
