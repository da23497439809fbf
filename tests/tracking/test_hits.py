import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connections
from django.test import Client

from campaigns.models import Message
from fluenzr.core import signing
from fluenzr.core.ids import uuid7
from tests import builders
from tracking import bounded, shipping
from tracking.hits import GIF
from tracking.models import RawHit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def spool(tmp_path: Path, settings) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path / "spool"


def hits() -> list[tuple[str, int, str]]:
    shipping.ship(now=builders.NOW)
    return list(RawHit.objects.order_by("id").values_list("kind", "link", "method"))


def test_pixel_is_the_same_43_bytes_for_anything(client: Client):
    answers = [
        client.get(f"/t/o/{token}") for token in ("x", signing.sign("open", uuid7()) + ".gif", "%00", "a" * 3000)
    ]

    assert [(a.status_code, len(a.content), a["Content-Type"]) for a in answers] == [(200, 43, "image/gif")] * 4
    assert GIF.startswith(b"GIF89a")


def test_pixel_spools_a_hit_for_our_own_token_only(client: Client):
    key = uuid7()
    client.get(f"/t/o/{signing.sign('open', key)}.gif")
    client.get(f"/t/o/{signing.sign('click', key)}.gif")
    client.get("/t/o/forged.gif")

    assert hits() == [("open", 0, "GET")]


def test_pixel_sets_no_cookie_and_forbids_storing(client: Client):
    answer = client.get("/t/o/x.gif")

    assert not answer.cookies
    assert answer["Cache-Control"] == "no-store, private"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["X-Robots-Tag"] == "noindex, nofollow"


def test_pixel_needs_no_database(client: Client, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get(f"/t/o/{signing.sign('open', uuid7())}.gif")


def test_click_leads_to_the_published_link(client: Client, message: Message):
    builders.make_link(message, 2, "https://globex.example/path?a=1&b=é")
    answer = client.get(f"/t/c/{signing.sign('click', message.pk, 2)}?url=https://evil.example")

    assert (answer.status_code, answer["Location"]) == (302, "https://globex.example/path?a=1&b=%C3%A9")
    assert hits() == [("click", 2, "GET")]


def test_click_leads_to_the_target_of_this_message_where_it_is_its_own(client: Client, message: Message):
    builders.make_link(message, 1, "https://globex.example/{{firstName}}")
    Message.objects.filter(pk=message.pk).update(links={"1": "https://globex.example/jane"})

    assert client.get(f"/t/c/{signing.sign('click', message.pk, 1)}")["Location"] == "https://globex.example/jane"


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "https://a.example/\r\nSet-Cookie: a=b", "//evil.example", ""]
)
def test_click_never_leads_to_another_scheme(client: Client, message: Message, url: str):
    builders.make_link(message, 1, url)

    assert client.get(f"/t/c/{signing.sign('click', message.pk, 1)}").status_code == 404


def test_click_on_a_template_without_a_value_leads_nowhere(client: Client, message: Message):
    builders.make_link(message, 1, "https://{{website}}")

    assert client.get(f"/t/c/{signing.sign('click', message.pk, 1)}").status_code == 404


def test_unknown_clicks_are_one_constant_page(client: Client, message: Message):
    tokens = [
        "x",
        signing.sign("open", message.pk),
        signing.sign("click", uuid7()),
        signing.sign("click", message.pk, 9),
    ]
    answers = [client.get(f"/t/c/{token}") for token in tokens]

    assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}


def test_head_and_options_are_answered(client: Client, message: Message):
    builders.make_link(message, 0, "https://globex.example/")
    path = f"/t/c/{signing.sign('click', message.pk, 0)}"

    assert [client.head(path).status_code, client.options(path).status_code, client.post(path).status_code] == [
        302,
        200,
        405,
    ]
    assert hits() == [("click", 0, "HEAD")]


@pytest.mark.django_db(transaction=True)
def test_click_works_over_its_own_connection(client: Client, message: Message):
    builders.make_link(message, 0, "https://globex.example/")
    assert client.get(f"/t/c/{signing.sign('click', message.pk, 0)}").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_click_is_refused_in_time_while_the_database_says_nothing(
    client: Client, message: Message, settings, monkeypatch
):
    if connections["default"].vendor == "sqlite":
        pytest.skip("a file always answers")
    silent = socket.create_server(("127.0.0.1", 0))
    for name in ("HOST", "PORT"):
        monkeypatch.setitem(connections.settings["default"], name, str(silent.getsockname()[name == "PORT"]))
    # A thread that asked for an earlier test still has its connection to the database that answers.
    monkeypatch.setattr(bounded, "_pool", ThreadPoolExecutor(max_workers=1))
    began = time.monotonic()
    answer = client.get(f"/t/c/{signing.sign('click', message.pk, 0)}")
    silent.close()

    # Two seconds are promised (reliability.md T6); the rest is for a machine that is busy with other tests.
    assert (answer.status_code, time.monotonic() - began < 5) == (503, True)
