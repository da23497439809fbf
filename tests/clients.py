"""A client of the REST API, as an integrator's program would be."""

import json
from typing import Any

from django.http import HttpResponse
from django.test import Client


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
