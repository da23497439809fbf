"""Replays the requests of a page of the documentation and returns the page with the answers that really came.

A page holds a request as a fence `http` (method and path, then its body) and its answer as the fence `json` after it
(`csv` where it is a file), with the status behind the word unless it is 200. Words behind `http` are the keys of `data`
that the page shows of the answer; the rest is `...`. A comment `<!-- request ... -->` is a request that readers do not
see, for what the page takes as given. Ids are numbered as they come up (`con_1`), and stand for the real ones in
requests.
"""

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from tests.clients import ApiClient

_REQUEST = re.compile(
    r"<!-- request\n(?P<hidden>.*?)-->|<!-- given: (?P<given>.+?) -->|"
    r"```http(?P<keys>[ \w]*)\n(?P<shown>.*?)```(?P<between>\n+)```(?:json|csv)(?P<status>[ \d]*)\n(?P<answer>.*?)```",
    re.DOTALL,
)
_ID = re.compile(r"\b([a-z]+)_[0-9A-Za-z]{22}\b")
_SAMPLE = re.compile(r"\b[a-z]+_\d+\b")
_TIME = re.compile(r"\b2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")
_TOKEN = re.compile(r"(/t/[a-z]/)[\w-]{42}")
_TIME_SHOWN = "2026-03-02T10:00:00Z"
_SITE_SHOWN = "https://fluenzr.acme.example"
_REST = "..."
_REST_SHOWN = '"...": "..."'
MAX_LINE = 100


def requests(page: str) -> list[tuple[str, str]]:
    """Return method and path of each request that readers of the page see."""
    shown = (block["shown"] for block in _REQUEST.finditer(page) if block["shown"])
    return [tuple(request.partition("\n")[0].split()) for request in shown]


@dataclass
class Reader:
    """One reading of a page: an API client, and what the samples stand for. `given` are set-ups by name."""

    api: ApiClient
    given: dict[str, Callable[[], None]] = field(default_factory=dict)
    real: dict[str, str] = field(default_factory=dict)
    _numbers: Counter[str] = field(default_factory=Counter)

    def read(self, page: str) -> str:
        """Return the page as its answers would have it."""
        return _REQUEST.sub(self._block, page)

    def _block(self, block: re.Match[str]) -> str:
        if block["given"]:
            self.given[block["given"]]()
            return block[0]
        if block["hidden"]:
            status, answer = self._ask(block["hidden"])
            assert status < 300, answer
            return block[0]
        status, answer = self._ask(block["shown"])
        if isinstance(answer, str):
            return f"```http\n{block['shown']}```{block['between']}```csv\n{answer}```"
        code = "" if status == 200 else f" {status}"
        if block["keys"] and "data" in answer:
            answer["data"] = _cut(answer["data"], block["keys"].split())
        if block["status"].strip() == code.strip() and _parsed(block["answer"]) == answer:
            return block[0]  # PostgreSQL gives the keys of a stored document back in an order of its own
        return f"```http{block['keys']}\n{block['shown']}```{block['between']}```json{code}\n{laid_out(answer)}\n```"

    def _ask(self, request: str) -> tuple[int, Any]:
        """Status and answer: the text of a file, else what the JSON says."""
        real = _SAMPLE.sub(lambda sample: self.real.get(sample[0], sample[0]), request)
        line, _newline, body = real.partition("\n")
        method, path = line.split()
        content = body.strip() or None
        if content is not None:
            json.loads(content)
        answer = self.api.request(method, path.removeprefix("/v1"), content)
        text = _ID.sub(self._sample, answer.getvalue().decode("utf-8-sig").replace("\r\n", "\n"))
        text = _TOKEN.sub(r"\1...", _TIME.sub(_TIME_SHOWN, text)).replace(settings.SITE_URL, _SITE_SHOWN)
        return answer.status_code, text if answer["Content-Type"].startswith("text/csv") else json.loads(text)

    def _sample(self, found: re.Match[str]) -> str:
        known = {real: sample for sample, real in self.real.items()}
        if found[0] not in known:
            self._numbers[found[1]] += 1
            known[found[0]] = f"{found[1]}_{self._numbers[found[1]]}"
            self.real[known[found[0]]] = found[0]
        return known[found[0]]


def _cut(data: Any, keys: list[str]) -> Any:
    """Only these keys of an object, or of each object of a list."""
    if isinstance(data, list):
        return [_cut(item, keys) for item in data]
    return {key: data[key] for key in keys} | {_REST: _REST}


def _parsed(printed: str) -> Any:
    """A printed answer as JSON, None where there is none yet."""
    try:
        return json.loads(re.sub(r"(^ *|, )\.\.\.(?=$|})", rf"\1{_REST_SHOWN}", printed, flags=re.MULTILINE))
    except ValueError:
        return None


def laid_out(value: Any, indent: int = 0, lead: int = 0) -> str:
    """JSON as a person would write it: what fits on a line stays on it. `lead` is what stands before it there."""
    line = json.dumps(value, ensure_ascii=False).replace(_REST_SHOWN, _REST)
    if len(line) + indent + lead < MAX_LINE or not isinstance(value, dict | list) or not value:
        return line
    pad = " " * (indent + 2)
    if isinstance(value, list):
        opening, items, closing = "[", [laid_out(item, indent + 2) for item in value], "]"
    else:
        keys = {json.dumps(key) + ": ": item for key, item in value.items()}
        items = [(key + laid_out(item, indent + 2, len(key))).replace(_REST_SHOWN, _REST) for key, item in keys.items()]
        opening, closing = "{", "}"
    return "\n".join([opening, ",\n".join(pad + item for item in items), " " * indent + closing])
