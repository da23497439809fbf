import socket
from datetime import timedelta

import pytest
from django.core.management.base import CommandError
from django.utils import timezone

from campaigns import journal
from fluenzr.management.commands.up import owes_answer, parse_bind, parts, refuse_taken_port
from tests.builders import make_campaign, make_claim, make_enrolment, make_message, make_workspace
from tests.databases import free_port


@pytest.mark.parametrize(
    ("bind", "expected"), [("127.0.0.1:8000", ("127.0.0.1", 8000)), ("[::]:80", ("::", 80)), ("web:1", ("web", 1))]
)
def test_parse_bind_reads_host_and_port(bind: str, expected: tuple[str, int]) -> None:
    assert parse_bind(bind) == expected


@pytest.mark.parametrize("bind", ["8000", ":8000", "host:", "host:http", "host:70000", "host:0"])
def test_parse_bind_refuses_anything_else(bind: str) -> None:
    with pytest.raises(CommandError, match="is not HOST:PORT"):
        parse_bind(bind)


def test_refuse_taken_port_says_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(CommandError, match=r"choose another with PORT=\.\.\. or --bind"):
            refuse_taken_port("127.0.0.1", taken.getsockname()[1])


def test_refuse_taken_port_passes_a_free_one() -> None:
    refuse_taken_port("127.0.0.1", free_port())


def test_parts_are_web_beat_and_three_clusters() -> None:
    names = [part.name for part in parts(host="127.0.0.1", port=1)]
    assert names == ["web", "beat", "cluster send", "cluster io", "cluster work"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "lease", "is_ours", "owes"),
    [
        ("sending", 30, True, True),
        ("sending", -1, True, False),
        ("claimed", 30, True, False),
        ("sending", 30, False, False),
    ],
)
def test_owes_answer_only_while_a_live_sender_of_this_node_waits(
    state: str, lease: int, is_ours: bool, owes: bool
) -> None:
    enrolment = make_enrolment(make_campaign(make_workspace()))
    owner = str(journal.mine().owner) if is_ours else "elsewhere/boot/1-a"
    make_claim(make_message(enrolment, state=state, owner=owner), timezone.now() + timedelta(seconds=lease))
    assert owes_answer() is owes
