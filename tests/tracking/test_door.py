"""What is answered before Django, and what is left to it."""

import io
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core import signals
from django.core.handlers.wsgi import WSGIHandler
from django.db import close_old_connections

from campaigns.models import Link, Message
from fluenzr import proxies
from fluenzr.core import signing
from fluenzr.core.ids import uuid7
from tests import builders
from tracking import bounded, hits, shipping, spool, targets
from tracking.door import Door
from tracking.models import RawHit

pytestmark = pytest.mark.django_db
PROXY = "198.51.100.9"
INSIDE = (299, {}, b"inside")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, settings) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture(autouse=True)
def _without_memory() -> None:
    targets.forget()


@pytest.fixture(autouse=True)
def _open_connection() -> Iterator[None]:
    """Keep the connection of the test open, as Django's own client does."""
    ends = (signals.request_started, signals.request_finished)
    for signal in ends:
        signal.disconnect(close_old_connections)
    yield
    for signal in ends:
        signal.connect(close_old_connections)


@pytest.fixture
def link(message: Message) -> str:
    """The address of a link of Jane's mail."""
    builders.make_link(message, 1, "https://globex.example/é")
    return f"/t/c/{signing.sign('click', message.pk, 1)}"


def pixel() -> str:
    return f"/t/o/{signing.sign('open', uuid7())}.gif"


def answer(application: Any, path: str, method: str = "GET", **meta: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of what a WSGI application answers."""
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": "203.0.113.7",
        "HTTP_HOST": "testserver",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        **meta,
    }
    told: list[Any] = []
    body = b"".join(application(environ, lambda status, headers: told.extend([status, headers])))
    return int(told[0].split()[0]), dict(told[1]), body


def let_in(_environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("299 Inside", [])
    return [b"inside"]


def ask(path: str, method: str = "GET", *, trusted: tuple[str, ...] = (), inside: Any = let_in, **meta: str) -> Any:
    caller = partial(proxies.caller, trusted=proxies.networks(trusted))
    return answer(Door(inside, caller=caller), path, method, **meta)


def spooled(*names: str) -> list[Any]:
    shipping.ship(now=builders.NOW)
    return list(RawHit.objects.order_by("id").values_list(*names))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("kind", ["open", "click", "forged"])
def test_answers_as_django_does(link: str, kind: str, method: str):
    path = {"open": pixel(), "click": link, "forged": "/t/o/forged.gif"}[kind]
    status, headers, body = ask(path, method)
    django = answer(WSGIHandler(), path, method)

    assert (status, body) == (django[0], django[2])
    assert headers.items() <= django[1].items()
    # These speak of documents and their language.
    assert django[1].keys() - headers.keys() == {
        "Vary", "Content-Language", "Content-Security-Policy", "Cross-Origin-Opener-Policy", "X-Frame-Options",
    }  # fmt: skip


def test_hit_is_kept_as_django_keeps_it(link: str):
    names = ("kind", "message", "link", "method", "ip", "user_agent", "headers")
    meta = {"HTTP_USER_AGENT": 'Mozilla/5.0 "é\\\0' + "x" * 600, "HTTP_SEC_PURPOSE": "prefetch", "HTTP_COOKIE": "a=b"}
    ask(link, **meta)
    answer(WSGIHandler(), link, **meta)
    ours, djangos = spooled(*names)

    assert ours == djangos
    assert (ours[5][:19], len(ours[5]), ours[6]) == ('Mozilla/5.0 "é\\xxxx', 500, {"Sec-Purpose": "prefetch"})


@pytest.mark.parametrize(
    ("path", "method", "meta"),
    [
        ("/", "GET", {}),
        ("/t/u/x", "GET", {}),
        ("/t/o/", "GET", {}),
        ("/t/o/a/b", "GET", {}),
        ("/t/c/forged", "GET", {}),
        ("open", "POST", {}),
        ("open", "GET", {"HTTP_HOST": "evil.example"}),
        ("open", "GET", {"HTTP_HOST": ""}),
    ],
)
def test_everything_else_goes_inside_and_is_not_kept(path: str, method: str, meta: dict[str, str]):
    path = pixel() if path == "open" else path

    assert ask(path, method, **meta) == INSIDE
    assert spooled("kind") == []


def test_plain_http_goes_inside_where_https_is_asked_for(settings):
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 60

    assert ask(pixel()) == INSIDE
    assert ask(pixel(), HTTP_X_FORWARDED_PROTO="https") == INSIDE
    assert ask(pixel(), **{"wsgi.url_scheme": "https"})[1]["Strict-Transport-Security"] == "max-age=60"
    assert len(spooled("kind")) == 1


def test_address_is_that_behind_a_trusted_proxy():
    behind = {"REMOTE_ADDR": PROXY, "HTTP_X_FORWARDED_FOR": "192.0.2.1, 203.0.113.9"}
    ask(pixel(), **behind)
    ask(pixel(), trusted=(PROXY,), **behind)

    assert spooled("ip") == [(PROXY,), ("203.0.113.9",)]


def test_link_that_leads_nowhere_is_asked_for_once_and_kept_once(message: Message, django_assert_max_num_queries):
    path = f"/t/c/{signing.sign('click', message.pk, 9)}"
    with django_assert_max_num_queries(2):
        status, _headers, body = ask(path, inside=WSGIHandler())

    assert (status, body) == (404, answer(WSGIHandler(), "/t/c/forged")[2])
    assert spooled("kind") == [("click",)]


def test_click_that_nobody_can_look_up_is_kept_and_refused_for_now(link: str, monkeypatch):
    def refuse(*_args: Any, **_options: Any) -> None:
        raise bounded.Unavailable

    monkeypatch.setattr(bounded.Together, "ask", refuse)
    status, headers, _body = ask(link, inside=WSGIHandler())

    assert (status, headers["Retry-After"]) == (503, "30")
    assert spooled("kind") == [("click",)]


def test_reader_gets_the_answer_when_the_disk_is_full(link: str, monkeypatch):
    monkeypatch.setattr(spool, "_locked", lambda _path: os.open("/dev/full", os.O_WRONLY))

    assert (ask(pixel())[0], ask(link)[0]) == (200, 302)
    assert spooled("kind") == []


def test_link_is_looked_up_once(link: str, message: Message, django_assert_num_queries):
    ask(link)
    with django_assert_num_queries(0):
        again = ask(link)[1]["Location"]
    other = builders.make_sent(builders.make_enrolment(message.campaign))
    Message.objects.update(version=message.version_id)
    with django_assert_num_queries(1):
        same_link = ask(f"/t/c/{signing.sign('click', other.pk, 1)}")[1]["Location"]

    assert [again, same_link] == ["https://globex.example/%C3%A9"] * 2


def test_target_of_this_person_is_not_anothers(link: str, message: Message):
    other = builders.make_sent(builders.make_enrolment(message.campaign))
    Message.objects.filter(pk=other.pk).update(version=message.version_id, links={"1": "https://globex.example/joe"})
    found = [ask(f"/t/c/{signing.sign('click', one.pk, 1)}")[1]["Location"] for one in (message, other, message)]

    assert found == ["https://globex.example/%C3%A9", "https://globex.example/joe", "https://globex.example/%C3%A9"]


def test_link_that_appeared_since_is_found(link: str, message: Message):
    ask(link)
    builders.make_link(message, 2, "https://globex.example/two")

    assert ask(f"/t/c/{signing.sign('click', message.pk, 2)}")[1]["Location"] == "https://globex.example/two"


def test_long_targets_of_one_person_are_not_remembered(message: Message, django_assert_num_queries):
    Message.objects.filter(pk=message.pk).update(links={"1": "https://globex.example/" + "x" * targets.MOST_OWN})
    claim = signing.Claim(message.pk, 1)
    hits.target(claim)

    assert targets.remembered(claim) is None
    Link.objects.all().delete()
    with django_assert_num_queries(1):
        assert hits.target(claim)
