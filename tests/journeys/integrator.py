"""An integrator's program: speaks JSON to a running server over HTTP."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Integrator:
    """Requests as the documents print them; every one must succeed."""

    site: str
    api_key: str

    def get(self, path: str) -> Any:
        return self._send("GET", path, None)["data"]

    def post(self, path: str, body: Any = None) -> Any:
        return self._send("POST", path, body)["data"]

    def put(self, path: str, body: Any) -> Any:
        return self._send("PUT", path, body)["data"]

    def all(self, path: str) -> list[Any]:
        """Every item of a list, page by page; begun anew where it grew meanwhile."""
        for _time in range(5):
            items, total = self._pages(path)
            if len(items) == total:
                return items
        raise AssertionError(f"{path}: {len(items)} items on the pages of {total}")

    def _pages(self, path: str) -> tuple[list[Any], int]:
        items: list[Any] = []
        joint = "&" if "?" in path else "?"
        answer = {"meta": {"totalPages": 1, "total": 0}}
        for page in range(1, 100):
            answer = self._send("GET", f"{path}{joint}perPage=5&page={page}", None)
            items += answer["data"]
            if page >= answer["meta"]["totalPages"]:
                break
        return items, answer["meta"]["total"]

    def _send(self, method: str, path: str, body: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.api_key}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.site}/v1{path}", data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=15) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from error
