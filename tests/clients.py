"""Clients: a member at the pages, and an integrator's program at the REST API."""

import json
from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from fluenzr.workspaces.models import Member

# What every request asks, and not always as often.
SHELL_TABLES = ("workspaces_apikey", "workspaces_ratewindow")


def signed_in(member: Member) -> Client:
    """Return a client of that member."""
    client = Client()
    client.force_login(member.user)
    return client


class ApiClient:
    """Speaks JSON with an API key; `""` sends none."""

    def __init__(self, secret: str, prefix: str = "/v1") -> None:
        self.secret = secret
        self.prefix = prefix
        self.client = Client(raise_request_exception=False)

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        """Send one request; `body` is text as it is, or anything else as JSON."""
        if self.secret:
            headers.setdefault("Authorization", f"Bearer {self.secret}")
        content = body if isinstance(body, str) else json.dumps(body)
        return self.client.generic(
            method,
            self.prefix + path,
            "" if body is None else content,
            content_type="application/json",
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.request("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self.request("POST", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self.request("PUT", path, body, **headers)

    def delete(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self.request("DELETE", path, body, **headers)


def count_queries(api: ApiClient, path: str) -> int:
    """Return how many queries a GET makes, but for those of the key and of the rate limit, which come in blocks."""
    with CaptureQueriesContext(connection) as captured:
        answer = api.get(path)
    assert answer.status_code == 200, answer.content
    return sum(not any(table in query["sql"] for table in SHELL_TABLES) for query in captured.captured_queries)
